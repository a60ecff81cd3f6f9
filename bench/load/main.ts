// Entry of the load programs, which the bench runs inside the lab's hosts; they print one JSON object a line.
import { Command, Option } from 'commander';
import { clientTarget, type ClientTarget } from './client-flow.ts';
import { holdFlows, type Traffic } from './held-flows.ts';
import { runOrigin } from './origin.ts';
import { runPings } from './pings.ts';
import { runVisits } from './visits.ts';

const print = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

const program = new Command('load');

interface PortOptions {
  readonly port: number;
  readonly mptcp?: true;
}

function command(name: string): Command {
  return program
    .command(name)
    .requiredOption('--port <n>', 'of the origin', Number)
    .option('--mptcp', 'speak MPTCP oneself');
}

interface ClientOptions extends PortOptions {
  readonly address: string;
}

const client = (name: string): Command => command(name).requiredOption('--address <ip>', 'of the origin');
const targetOf = ({ address, port, mptcp }: ClientOptions): ClientTarget =>
  clientTarget(address, port, mptcp ?? false);

command('origin').action(({ port, mptcp }: PortOptions) => {
  runOrigin(port, mptcp ?? false, () => print({ ready: true }));
});

client('visits')
  .requiredOption('--at-a-time <n>', 'connections', Number)
  .requiredOption('--seconds <n>', 'after the warm-up', Number)
  .action((options: ClientOptions & { atATime: number; seconds: number }) => {
    print({ result: runVisits(targetOf(options), options, (window) => print({ window })) });
  });

client('pings')
  .requiredOption('--bytes <n>', 'each way', Number)
  .requiredOption('--seconds <n>', 'after the warm-up', Number)
  .action((options: ClientOptions & { bytes: number; seconds: number }) => {
    print({ result: runPings(targetOf(options), options.bytes, options.seconds) });
  });

client('hold')
  .requiredOption('--count <n>', 'flows', Number)
  .addOption(new Option('--traffic <what>').choices(['none', 'down', 'up']).makeOptionMandatory())
  .action((options: ClientOptions & { count: number; traffic: Traffic }) => {
    holdFlows(targetOf(options), options, (sample) => print({ sample }));
  });

program.parse();
