// One way of carrying a LAN device's connections to the origin, set up as a user would: what is compared.
import type { Host } from '../src/lab/host.ts';
import type { Lab, LabOptions } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';

export interface Method {
  /** In tables, plots and data: lower case, the same for ever. */
  readonly name: string;
  /** The cases that it is for, by name; all when not given. */
  readonly cases?: readonly string[];
  /** What the lab must be built with for it. */
  readonly lab?: Pick<LabOptions, 'transport'>;
  /** Whether its upstreams are MPTCP, so that more than one WAN can help. */
  readonly bonds: boolean;
  /** Client and origin themselves speak MPTCP. */
  readonly isNative?: boolean;
  /** The lab is up, the origin listens. Resolves when flows can begin; the lab's end ends what was started. */
  start(lab: Lab): Promise<Carrier>;
}

/** A method that runs. */
export interface Carrier {
  /** Programs whose CPU time and memory count as the router's; none where the kernel alone does it. */
  readonly router: readonly LabProcess[];
  readonly server: readonly LabProcess[];
  /** Where the client program runs; undefined is the LAN host. */
  readonly client?: Host;
  /** As the program tells it, like `HAProxy 2.6.12`. */
  readonly version: string;
}
