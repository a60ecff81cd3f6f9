// All links of one emulator process, and the commands that change them while they run.
import { WanbondError } from '../../base/error.ts';
import { setTunCarrier } from '../../linux/tun.ts';
import { monotonicMs } from '../traffic/sample.ts';
import { createLinkDevices } from './devices.ts';
import { Lane, type LaneStats, type LinkEnd } from './lane.ts';
import type { LoopLane } from './loop.ts';
import { SlotPool } from './slot-pool.ts';
import type { Command, LinkSpec } from './spec.ts';

interface RunningLink {
  readonly a: LinkEnd;
  readonly b: LinkEnd;
  readonly aToB: Lane;
  readonly bToA: Lane;
}

export interface LinkStats {
  readonly aToB: LaneStats;
  readonly bToA: LaneStats;
}

export class EmulatedLinks {
  readonly #links = new Map<string, RunningLink>();

  constructor(specs: readonly LinkSpec[]) {
    const pool = new SlotPool();
    for (const spec of specs) {
      if (this.#links.has(spec.name)) {
        throw new WanbondError({
          code: 'bad-emulator-input',
          message: `two links are named "${spec.name}"`,
          hint: 'Give each link a name of its own.',
        });
      }
      const devices = createLinkDevices(spec);
      const a: LinkEnd = { fd: devices.a.fd, carrier: true };
      const b: LinkEnd = { fd: devices.b.fd, carrier: true };
      const aToB = new Lane(spec.aToB, a, b, pool);
      const bToA = new Lane(spec.bToA, b, a, pool);
      this.#links.set(spec.name, { a, b, aToB, bToA });
    }
  }

  get lanes(): LoopLane[] {
    return [...this.#links.values()].flatMap(({ a, b, aToB, bToA }) => [
      { fd: a.fd, lane: aToB },
      { fd: b.fd, lane: bToA },
    ]);
  }

  /** What to answer. @throws WanbondError `no-such-link` */
  apply(command: Command): object {
    if ('stats' in command) return { links: this.#takeStats() };
    const link = this.#find(command.link);
    if ('set' in command) {
      if (command.direction !== 'bToA') link.aToB.change(command.set);
      if (command.direction !== 'aToB') link.bToA.change(command.set);
    } else {
      if (command.end !== 'b') setCarrier(link.a, command.carrier);
      if (command.end !== 'a') setCarrier(link.b, command.carrier);
      if (!command.carrier) {
        link.aToB.clear();
        link.bToA.clear();
      }
    }
    return { ok: true, atMs: monotonicMs() };
  }

  #takeStats(): Record<string, LinkStats> {
    const all = [...this.#links].map(([name, { aToB, bToA }]) => {
      return [name, { aToB: aToB.takeStats(), bToA: bToA.takeStats() }] as const;
    });
    return Object.fromEntries(all);
  }

  #find(name: string): RunningLink {
    const link = this.#links.get(name);
    if (link) return link;
    throw new WanbondError({
      code: 'no-such-link',
      message: `there is no link "${name}"`,
      hint: `Links: ${[...this.#links.keys()].join(', ')}.`,
    });
  }
}

function setCarrier(end: LinkEnd, carrier: boolean): void {
  setTunCarrier(end.fd, carrier);
  end.carrier = carrier;
}
