// Short connections: how many a second, and how long until the first byte of an answer.
import type { BenchCase, Variant } from '../bench-case.ts';
import { runVisits } from '../load-programs.ts';
import { type CpuTime, cpuTime } from '../process-cost.ts';

const NONE: CpuTime = { user: 0, system: 0 };
const SECONDS = 3;

function variant(atATime: number, delay: string): Variant {
  return {
    name: `${atATime} at a time, ${delay}`,
    async measure({ carrier, client, target }) {
      const look = () => [carrier.router, carrier.server].map(cpuTime);
      const [routerBefore, serverBefore] = look();
      const { failure, ...result } = await runVisits(client, target, { atATime, seconds: SECONDS });
      const [routerAfter, serverAfter] = look();
      if (failure !== undefined && result.connectionsPerSecond === 0) throw new Error(failure);
      const { connections, ...figures } = result;
      const per = (a = NONE, b = NONE): number | undefined =>
        connections > 0 && carrier.router.length > 0
          ? ((b.user + b.system - a.user - a.system) / connections) * 1000
          : undefined;
      return {
        ...figures,
        routerCpuMsPerConnection: per(routerBefore, routerAfter),
        serverCpuMsPerConnection: per(serverBefore, serverAfter),
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
    { wans: ['unshaped', 'unshaped'], variants: [variant(1, 'no delay'), variant(64, 'no delay')] },
    { wans: [FAR, FAR], variants: [variant(1, '20 ms'), variant(64, '20 ms')] },
  ],
};
