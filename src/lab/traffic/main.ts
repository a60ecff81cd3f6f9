// Entry of the traffic programs, which the lab runs inside its hosts: origin, download, upload, flows, alongside.
// They print JSON lines: samples while they work, one result at the end.
import { Command, InvalidArgumentError } from 'commander';
import { describe } from '../../base/error.ts';
import { runAlongside } from './alongside.ts';
import { download, upload } from './client.ts';
import { runFlows } from './flows.ts';
import { listenBanner, listenOrigin } from './origin.ts';

interface TransferOptions {
  readonly address: string;
  readonly port: number;
  readonly bytes?: number;
  readonly seconds?: number;
  readonly seed: number;
  readonly rate?: number;
}

function number(text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('a number is wanted');
  return value;
}

const print = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
const withTarget = (command: Command): Command =>
  command.requiredOption('--address <ip>').requiredOption('--port <n>', 'target port', number);
const withAmount = (command: Command): Command =>
  withTarget(command)
    .option('--bytes <n>', 'so many bytes, hashed', number)
    .option('--seconds <n>', 'for so long', number)
    .option('--seed <n>', 'which content', number, 0)
    .option('--rate <bps>', 'at most so many bits a second, evenly', number);

const program = new Command('traffic');

program
  .command('origin')
  .requiredOption('--port <n>', 'listening port', number)
  .option('--banner-port <n>', 'port of the server that speaks first', number)
  .action(async (options: { port: number; bannerPort?: number }) => {
    await listenOrigin(options.port, (sample) => print({ sample }));
    if (options.bannerPort !== undefined) await listenBanner(options.bannerPort);
    print({ ready: true });
  });

withAmount(program.command('download')).action(async (options: TransferOptions) => {
  const { bytes, seconds = 10, seed, rate } = options;
  const paced = rate === undefined ? {} : { rateBps: rate };
  const request =
    bytes === undefined
      ? ({ kind: 'get-seconds', seconds, ...paced } as const)
      : ({ kind: 'get-bytes', bytes, seed, ...paced } as const);
  print({ result: await download(options, request, (sample) => print({ sample })) });
});

withAmount(program.command('upload')).action(async (options: TransferOptions) => {
  const { bytes, seconds = 10, seed, rate } = options;
  const paced = rate === undefined ? {} : { rateBps: rate };
  const request =
    bytes === undefined
      ? ({ kind: 'put-seconds', seconds, ...paced } as const)
      : ({ kind: 'put-bytes', bytes, ...paced } as const);
  print({ result: await upload(options, request, seed, (sample) => print({ sample })) });
});

withTarget(program.command('flows'))
  .requiredOption('--count <n>', 'flows in all', number)
  .option('--concurrency <n>', 'flows at a time', number, 1)
  .option('--bytes <n>', 'bytes of each', number, 1000)
  .option('--direction <get|put>', 'which way', 'get')
  .option('--rate <bps>', 'flows begin so that all together have about this rate', number)
  .action(
    async (
      options: TransferOptions & { count: number; concurrency: number; bytes: number; direction: string },
    ) => {
      const direction = options.direction === 'put' ? 'put' : 'get';
      const { rate: rateBps } = options;
      print({ result: await runFlows({ ...options, target: options, direction, rateBps }) });
    },
  );

withTarget(program.command('alongside'))
  .description('until SIGTERM')
  .requiredOption('--banner-port <n>', 'port of the server that gives back what it is sent', number)
  .option('--talks <n>', 'flows that stay open', number, 4)
  .option('--visit-interval <ms>', 'between new connections', number, 100)
  .action(async (options: TransferOptions & { bannerPort: number; talks: number; visitInterval: number }) => {
    const stop = new AbortController();
    process.on('SIGTERM', () => stop.abort());
    const { bannerPort, talks, visitInterval: visitIntervalMs } = options;
    print({
      result: await runAlongside({ target: options, bannerPort, talks, visitIntervalMs }, stop.signal),
    });
    // A visit that never ended would keep the program.
    process.exit();
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${(error as NodeJS.ErrnoException).code ?? 'error'}: ${describe(error)}\n`);
  process.exitCode = 1;
}
