// Runs cases round by round, every method once a round in a fresh lab, and gathers what they measure.
import { ORIGIN } from '../src/lab/addresses.ts';
import { describe } from '../src/base/error.ts';
import { buildLab } from '../src/lab/lab.ts';
import type { BenchCase, Failed, Metrics, Setup } from './bench-case.ts';
import { startLoadOrigin } from './load-programs.ts';
import type { Method } from './method.ts';
import type { Result } from './results.ts';

export interface RoundsInput {
  readonly cases: readonly BenchCase[];
  readonly methods: readonly Method[];
  readonly rounds: number;
}

export interface RoundsHandlers {
  /** Before each lab. */
  onStep(step: number, of: number, text: string): void;
  /** After each measurement. */
  onMeasured(text: string): void;
  onVersion(method: string, version: string): void;
}

/** One measurement of one round. */
interface Look {
  readonly round: number;
  readonly caseName: string;
  readonly variant: string;
  readonly method: string;
  readonly metrics: Metrics;
  readonly failure: string | undefined;
}

/** Never throws for what a method cannot do: that is a result. */
export async function runRounds(input: RoundsInput, handlers: RoundsHandlers): Promise<Result[]> {
  const steps = Array.from({ length: input.rounds }, (_, round) =>
    input.cases.flatMap((benchCase) =>
      benchCase.setups.flatMap((setup) =>
        input.methods
          .filter((method) => benchCase.suits(method) && (method.cases?.includes(benchCase.name) ?? true))
          .map((method) => ({ round, benchCase, setup, method })),
      ),
    ),
  ).flat();
  const looks: Look[] = [];
  for (const [i, { round, benchCase, setup, method }] of steps.entries()) {
    const of = `${benchCase.name}, ${setup.wans.join(' + ')}, ${method.name}`;
    handlers.onStep(i + 1, steps.length, `round ${round + 1}: ${of}`);
    for (const look of await measureOnce(setup, method, handlers)) {
      looks.push({ ...look, round, caseName: benchCase.name, method: method.name });
    }
  }
  return gather(looks, input.rounds);
}

const LOAD_PORT = 5001;
// What a program said last is shown when something failed.
const SAID_LINES = 5;

async function measureOnce(
  setup: Setup,
  method: Method,
  handlers: RoundsHandlers,
): Promise<Pick<Look, 'variant' | 'metrics' | 'failure'>[]> {
  const looks: Pick<Look, 'variant' | 'metrics' | 'failure'>[] = [];
  let close = (): Promise<void> => Promise.resolve();
  try {
    const { wans, cuttable = false } = setup;
    const lab = await buildLab({ wans, cuttable, ...method.lab });
    close = () => lab.close();
    const target = { address: ORIGIN.address4, port: LOAD_PORT, mptcp: method.isNative ?? false };
    await startLoadOrigin(lab.hosts.origin, target);
    const carrier = await method.start(lab);
    handlers.onVersion(method.name, carrier.version);
    const running = { lab, carrier, target, client: carrier.client ?? lab.hosts.lan };
    await setup.warmUp?.(running);
    for (const variant of setup.variants) {
      const look = await measureVariant(() => variant.measure(running));
      looks.push({ variant: variant.name, ...look });
      handlers.onMeasured(`${variant.name}: ${look.failure ?? words(look.metrics)}`);
      if (look.failure !== undefined) {
        for (const program of [...carrier.router, ...carrier.server]) {
          for (const line of program.stderr.slice(-SAID_LINES))
            handlers.onMeasured(`${program.label}: ${line}`);
        }
      }
    }
  } catch (error) {
    const failure = describe(error);
    handlers.onMeasured(failure);
    looks.push(...setup.variants.map(({ name }) => ({ variant: name, metrics: {}, failure })));
  } finally {
    await close();
  }
  return looks;
}

async function measureVariant(measure: () => Promise<Metrics>): Promise<Pick<Look, 'metrics' | 'failure'>> {
  try {
    return { metrics: await measure(), failure: undefined };
  } catch (error) {
    return { metrics: {}, failure: describe(error) };
  }
}

const words = (metrics: Metrics): string =>
  Object.entries(metrics)
    .map(
      ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(3)) : value.failed}`,
    )
    .join(', ');

/** One result for each variant, method and metric, with a value for each round. */
export function gather(looks: readonly Look[], rounds: number): Result[] {
  return [...grouped(looks, ({ caseName, variant }) => [caseName, variant])].flatMap((ofVariant) =>
    [...grouped(ofVariant, ({ method }) => [method])].flatMap((group) => {
      const own = metricsOf(group);
      // A method that never worked has failed at what the others were measured for.
      const metrics = own.length > 0 ? own : metricsOf(ofVariant);
      return (metrics.length > 0 ? metrics : ['failures']).map((metric) => resultOf(group, metric, rounds));
    }),
  );
}

const metricsOf = (looks: readonly Look[]): string[] => [
  ...new Set(looks.flatMap(({ metrics }) => Object.keys(metrics))),
];

function resultOf(group: readonly Look[], metric: string, rounds: number): Result {
  const { caseName, variant, method } = group[0] as Look;
  const figures = Array.from({ length: rounds }, (_, round): number | Failed | undefined => {
    const look = group.find((one) => one.round === round);
    return look?.metrics[metric] ?? (look?.failure === undefined ? undefined : { failed: look.failure });
  });
  const failed = figures.find((figure) => typeof figure === 'object');
  return {
    case: caseName,
    variant,
    method,
    metric,
    values: figures.map((figure) => (typeof figure === 'number' ? figure : undefined)),
    ...(typeof failed === 'object' && { failure: failed.failed }),
  };
}

function grouped(looks: readonly Look[], by: (look: Look) => readonly string[]): Look[][] {
  const groups = new Map<string, Look[]>();
  for (const look of looks) {
    const key = JSON.stringify(by(look));
    groups.set(key, [...(groups.get(key) ?? []), look]);
  }
  return [...groups.values()];
}
