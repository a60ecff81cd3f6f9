// The cases, in the order of the report.
import type { BenchCase } from '../bench-case.ts';
import { aggregate } from './aggregate.ts';
import { failover } from './failover.ts';
import { growth } from './growth.ts';
import { many } from './many.ts';
import { relay } from './relay.ts';
import { setup } from './setup.ts';
import { small } from './small.ts';

export const CASES: readonly BenchCase[] = [relay, setup, small, many, aggregate, failover, growth];
