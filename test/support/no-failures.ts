// That no flow failed on either daemon.
import { expect } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { readFailures } from './daemon-status.ts';

// A server that has just started answers everyone with a cookie, counted as `clock`: those flows went on.
const WENT_ON = 'clock';

export async function expectNoFailures(lab: Lab): Promise<void> {
  const counted = Object.entries(await readFailures(lab, 'server'));
  const server = Object.fromEntries(counted.filter(([one]) => one !== WENT_ON));
  expect({ router: await readFailures(lab, 'router'), server }).toEqual({ router: {}, server: {} });
}
