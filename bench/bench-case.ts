// What a case is: links, and measurements that every method goes through on them.
import type { Lab } from '../src/lab/lab.ts';
import type { LoadTarget } from './load-programs.ts';
import type { Carrier, Method } from './method.ts';
import type { Host } from '../src/lab/host.ts';

/** A method at work in its lab. */
export interface Running {
  readonly lab: Lab;
  readonly carrier: Carrier;
  /** Where the client programs run. */
  readonly client: Host;
  readonly target: LoadTarget;
}

/** Why a figure is not there, where the others of the same measurement are. */
export interface Failed {
  readonly failed: string;
}

/** By metric name, as in results.ts; what a method does not have, like CPU of programs where there are none, is left out. */
export type Metrics = Readonly<Record<string, number | Failed>>;

export interface Variant {
  readonly name: string;
  /** @throws Error when this method cannot do it, with the reason for the table */
  measure(running: Running): Promise<Metrics>;
}

/** Variants that can follow each other in one lab. */
export interface Setup {
  /** As for `wanbond lab --wan`. */
  readonly wans: readonly string[];
  readonly cuttable?: boolean;
  /** Once in each lab, before what is measured. */
  readonly warmUp?: (running: Running) => Promise<void>;
  readonly variants: readonly Variant[];
}

export interface BenchCase {
  readonly name: string;
  readonly setups: readonly Setup[];
  suits(method: Method): boolean;
}
