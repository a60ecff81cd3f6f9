import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { acquireLock } from './instance-lock.ts';

const NAME = `test-${process.pid}`;

test('one at a time, and free again after its release', async () => {
  const lock = await acquireLock(NAME);
  await expect(acquireLock(NAME)).rejects.toMatchObject({ code: 'already-running' });
  await lock.release();
  await (await acquireLock(NAME)).release();
});

test('a stranger who connects and stays does not hold up the release', async () => {
  const lock = await acquireLock(NAME);
  const stranger = connect(`\0wanbond-${NAME}`);
  stranger.on('error', () => undefined);
  await new Promise((resolve) => stranger.once('connect', resolve));
  await lock.release();
  stranger.destroy();
});
