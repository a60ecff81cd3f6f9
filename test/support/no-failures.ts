// That no flow failed on either daemon.
import { expect } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { readFailures } from './daemon-status.ts';

// A server that has just started answers everyone with a cookie, counted as `clock`: those flows went on.
const WENT_ON = 'clock';

/** @param allowed reasons that the server may count besides, where no flow of the test had them */
export async function expectNoFailures(lab: Lab, allowed: readonly string[] = []): Promise<void> {
  const counted = Object.entries(await readFailures(lab, 'server'));
  const server = Object.fromEntries(counted.filter(([one]) => one !== WENT_ON && !allowed.includes(one)));
  expect({ router: await readFailures(lab, 'router'), server }).toEqual({ router: {}, server: {} });
}
