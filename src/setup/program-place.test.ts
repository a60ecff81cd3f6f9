import { expect, it } from 'vitest';
import { placeObstacle } from './program-place.ts';

const PROGRAM = '/usr/lib/node_modules/wanbond/dist/main.js';
const open = (): number => 0o755;

it('finds nothing against a global install', () => {
  expect(placeObstacle(PROGRAM, 'server', open)).toBeUndefined();
  expect(placeObstacle('/root/wanbond/dist/main.js', 'router', open)).toBeUndefined();
});

it.each([
  ['/root/wanbond/dist/main.js', /home folder/],
  ['/home/me/.nvm/versions/node/v20/bin/node', /home folder/],
  ['/tmp/wanbond/dist/main.js', /temporary/],
])('says what is against %s', (path, reason) => {
  expect(placeObstacle(path, 'server', open)).toMatch(reason);
});

it('says which folder or file is closed', () => {
  const closed = (one: string) => (path: string) => (path === one ? 0o700 : 0o755);
  expect(placeObstacle(PROGRAM, 'server', closed('/usr/lib/node_modules'))).toBe(
    '/usr/lib/node_modules is closed to other users',
  );
  expect(placeObstacle(PROGRAM, 'server', closed(PROGRAM))).toBe(`${PROGRAM} cannot be read by other users`);
});

it('a router is not run from /tmp either: PrivateTmp hides it', () => {
  expect(placeObstacle('/var/tmp/wanbond/main.js', 'router', open)).toMatch(/temporary/);
});
