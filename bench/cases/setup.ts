// Short connections: how many a second, and how long until the first byte of an answer.
import type { CpuTime } from '../../src/lab/measure/proc-files.ts';
import type { BenchCase, Running, Variant } from '../bench-case.ts';
import { runVisits } from '../load-programs.ts';
import { cpuTime } from '../process-cost.ts';

// A router runs for weeks: what counts is not how soon its code is compiled and its memory has grown.
const WARM_UP = { atATime: 64, seconds: 4 };

async function warmUp({ client, target }: Running): Promise<void> {
  await runVisits(client, target, WARM_UP, () => undefined);
}

const NONE: CpuTime = { user: 0, system: 0 };
const SECONDS = 3;
const LEAST_FOR_CPU = 500;

function variant(atATime: number, delay: string): Variant {
  return {
    name: `${atATime} at a time, ${delay}`,
    async measure({ carrier, client, target }) {
      const looks: CpuTime[][] = [];
      const amount = { atATime, seconds: SECONDS };
      const programs = [carrier.router, carrier.server];
      const result = await runVisits(client, target, amount, () => {
        // One that has ended is found out by its connections.
        if (programs.flat().every(({ exit }) => exit === undefined)) looks.push(programs.map(cpuTime));
      });
      const { failure, connections, firstByteP50Ms, firstByteP99Ms, ...figures } = result;
      if (connections === 0 || firstByteP50Ms === undefined)
        throw new Error(failure ?? 'no connection came to its end');
      const [[routerBefore, serverBefore] = [], [routerAfter, serverAfter] = []] = looks;
      const per = (a = NONE, b = NONE): number =>
        ((b.user + b.system - a.user - a.system) / connections) * 1000;
      return {
        ...figures,
        firstByteP50Ms,
        ...(firstByteP99Ms !== undefined && { firstByteP99Ms }),
        // Of few connections it is the programs' idling.
        ...(connections >= LEAST_FOR_CPU &&
          carrier.router.length > 0 && {
            routerCpuMsPerConnection: per(routerBefore, routerAfter),
            serverCpuMsPerConnection: per(serverBefore, serverAfter),
          }),
      };
    },
  };
}

// The round trip between router and server; the origin is beside the server. The rate is more than connections need.
const FAR = '1gbit,delay=10ms';

export const setup: BenchCase = {
  name: 'setup',
  suits: () => true,
  setups: [
    { wans: ['unshaped', 'unshaped'], warmUp, variants: [variant(1, 'no delay'), variant(64, 'no delay')] },
    { wans: [FAR, FAR], warmUp, variants: [variant(1, '20 ms'), variant(64, '20 ms')] },
  ],
};
