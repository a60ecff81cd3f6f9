// `wanbond lab`: proves the bonding in a network of its own, which it builds, measures and removes.
import { Command, InvalidArgumentError, Option } from 'commander';
import { WanbondError } from '../base/error.ts';
import { SERVER_TRANSPORTS } from '../config/server-protocol.ts';
import { wanAddresses } from '../lab/addresses.ts';
import { checkCut, type CutSpec, parseCut } from '../lab/measure/cut-spec.ts';
import { buildLab, type Lab } from '../lab/lab.ts';
import { parseWanLink } from '../lab/link-kind.ts';
import { type Measurement, measureLab } from '../lab/measure/measure.ts';
import { SHELL } from '../lab/openwrt/root-facts.ts';
import { HOST_NAMES, type HostName } from '../lab/run-name.ts';
import { findings } from '../lab/measure/verdict.ts';
import { RENDERED_FILE, UCI_FILE } from '../openwrt/places.ts';
import { terminalProgress } from './lab/lab-progress.ts';
import { renderLabTable } from './lab/lab-table.ts';

interface LabFlags {
  readonly wan?: readonly string[];
  readonly cut?: CutSpec;
  readonly seconds: number;
  readonly transport: string;
  readonly ipv6?: boolean;
  readonly sourceSpecific?: boolean;
  readonly openwrt?: string;
  readonly package?: string;
  readonly json?: boolean;
  readonly keep?: boolean;
}

const DEFAULT_WANS: readonly string[] = ['50mbit', '50mbit'];
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

function collectWan(text: string, before: readonly string[] = []): readonly string[] {
  asArgument(() => parseWanLink(text));
  return [...before, text];
}

function oneCut(text: string, before: CutSpec | undefined): CutSpec {
  if (before) throw new InvalidArgumentError('A run has one cut.');
  return asArgument(() => parseCut(text));
}

function asArgument<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof WanbondError) throw new InvalidArgumentError(`${error.message}. ${error.hint}`);
    throw error;
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 3600)) throw new InvalidArgumentError('Give 1 to 3600 seconds.');
  return seconds;
}

export function labCommand(): Command {
  return new Command('lab')
    .description('prove the bonding in a test network of its own (root; nothing is left behind)')
    .option(
      '--wan <spec>',
      'a WAN, once per WAN: RATE[,delay=TIME][,jitter=TIME][,loss=PERCENT][,queue=TIME], or "unshaped" (default: two of 50mbit)',
      collectWan,
    )
    .option(
      '--cut <spec>',
      'then cut a WAN in a transfer: NAME@TIME[,restore=TIME][,silent|up|down][,upload], like wan1@5s,restore=10s; times count from its first byte',
      oneCut,
    )
    .option('--seconds <n>', 'how long each measurement takes; short ones are coarse', parseSeconds, 10)
    .addOption(
      new Option('--transport <name>', 'how router and server speak')
        .choices(SERVER_TRANSPORTS)
        .default('convert'),
    )
    .option('--ipv6', 'reach server and origin over IPv6')
    .option('--source-specific', 'IPv6 default routes per source prefix, as OpenWrt makes them')
    .option(
      '--openwrt <rootfs>',
      'run the router inside this root file system of OpenWrt, a folder or tar.gz',
    )
    .option('--package <file>', 'of wanbond, .ipk or .apk, to lay over the root file system of --openwrt')
    .option('--json', 'print one JSON document on standard output')
    .option('--keep', 'leave everything running until Ctrl-C and print how to enter each host')
    .action(async (flags: LabFlags) => {
      process.exitCode = await runLab(flags);
    });
}

async function runLab(flags: LabFlags): Promise<number> {
  const wans = flags.wan ?? DEFAULT_WANS;
  if (wans.length < 2) {
    throw new WanbondError({
      code: 'bad-wan-count',
      message: 'one WAN cannot be bonded',
      hint: 'Give --wan at least twice, or not at all.',
    });
  }
  if (flags.cut) {
    const isShaped = (text: string): boolean => parseWanLink(text).kind !== 'unshaped';
    checkCut(
      flags.cut,
      wans.map((text, i) => ({ name: wanAddresses(i + 1).name, isShaped: isShaped(text) })),
    );
  }
  if (flags.package !== undefined && flags.openwrt === undefined) {
    throw new WanbondError({
      code: 'no-rootfs',
      message: 'a package goes over the root file system of an OpenWrt',
      hint: 'Give --openwrt too, or leave --package out.',
    });
  }
  if (process.getuid?.() !== 0) {
    throw new WanbondError({
      code: 'not-root',
      message: 'the lab makes network namespaces, which only root may',
      hint: 'Run it as root. It changes nothing outside its own namespaces.',
    });
  }
  const progress = terminalProgress(process.stderr);
  const interrupt = catchSignals();
  const building = progress.step('Building the network', () =>
    buildLab({
      wans,
      family: flags.ipv6 ? 6 : 4,
      sourceSpecific: flags.sourceSpecific ?? false,
      transport: flags.transport,
      cuttable: flags.cut !== undefined,
      openwrt: flags.openwrt === undefined ? undefined : { rootfs: flags.openwrt, package: flags.package },
    }),
  );
  // Also a lab that was interrupted while it was built has to be removed.
  const lab = await building;
  let outcome: number | undefined;
  try {
    if (interrupt.code === undefined) {
      const measuring = measureLab(lab, { seconds: flags.seconds, progress, cut: flags.cut });
      const measurement = await Promise.race([measuring, interrupt.then(() => undefined)]);
      if (measurement) {
        outcome = printResult(measurement, flags.json ?? false);
        if (flags.keep) await keepRunning(lab, interrupt);
      }
    }
  } finally {
    await lab.close();
  }
  if (outcome !== undefined) return outcome;
  process.stderr.write('Interrupted; the network is removed.\n');
  // What was interrupted still waits for timers and for programs that are gone.
  process.exit(interrupt.code);
}

/** Returns the exit code. */
function printResult(measurement: Measurement, isJson: boolean): number {
  const { document } = measurement;
  if (isJson) {
    process.stdout.write(`${JSON.stringify(document)}\n`);
    for (const { verdict, reason } of findings(document)) process.stderr.write(`${verdict}: ${reason}\n`);
  } else process.stdout.write(`${renderLabTable(measurement)}\n`);
  return document.verdict === 'bonding' ? 0 : 1;
}

async function keepRunning(lab: Lab, interrupt: Promise<unknown>): Promise<void> {
  await lab.startRouter();
  process.stderr.write(enterHints(lab));
  // A pending promise alone does not keep Node alive.
  const alive = setInterval(() => undefined, 60_000);
  await interrupt;
  clearInterval(alive);
}

function enterHints(lab: Lab): string {
  const enter = HOST_NAMES.map(
    (name) => `  ${name.padEnd(7)} ip netns exec ${lab.hosts[name].namespace} ${shellOf(lab, name)}`,
  );
  const routerConfig = lab.openwrt
    ? `${UCI_FILE} and ${RENDERED_FILE} in it`
    : lab.files.configFile('router');
  return [
    'The network is still there, with router, server and origin running:',
    ...enter,
    `Configs: ${routerConfig}, ${lab.files.configFile('server')}`,
    `Origin: ${lab.target.address} port ${lab.target.port}. Ctrl-C removes everything.`,
    '',
  ].join('\n');
}

const shellOf = (lab: Lab, host: HostName): string =>
  (host === 'router' ? lab.openwrt?.enter([SHELL]).join(' ') : undefined) ?? 'bash';

/** Resolves with the exit code of the first signal, which it also keeps; later ones change nothing. */
function catchSignals(): Promise<number> & { code?: number } {
  let resolve: (code: number) => void = () => undefined;
  const caught: Promise<number> & { code?: number } = new Promise((done) => (resolve = done));
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      caught.code ??= code;
      resolve(code);
    });
  }
  return caught;
}
