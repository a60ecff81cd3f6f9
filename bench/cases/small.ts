// Requests and answers of one size, one after another on a flow that is open: what the way adds to each.
import type { BenchCase, Variant } from '../bench-case.ts';
import { runPings } from '../load-programs.ts';

const SECONDS = 1.5;

function variant(name: string, bytes: number): Variant {
  return {
    name,
    async measure({ client, target }) {
      const { p50Us, p99Us } = await runPings(client, target, { bytes, seconds: SECONDS });
      if (p50Us === undefined || p99Us === undefined) throw new Error('no answer came');
      return { p50Us, p99Us };
    },
  };
}

export const small: BenchCase = {
  name: 'small',
  suits: () => true,
  setups: [
    {
      wans: ['unshaped', 'unshaped'],
      variants: [
        variant('1 B', 1),
        variant('64 B', 64),
        variant('1 KiB', 1024),
        variant('16 KiB', 16 * 1024),
        variant('64 KiB', 64 * 1024),
      ],
    },
  ],
};
