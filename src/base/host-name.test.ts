import { expect, test } from 'vitest';
import { isHostName } from './host-name.ts';

test.each(['vps', 'vps.example.org', 'VPS.example.org.', '1-2.example', '_vps.my_home.lan', 'a'.repeat(63)])(
  '%s is one',
  (text) => {
    expect(isHostName(text)).toBe(true);
  },
);

const LONG = `${'a'.repeat(60)}.`.repeat(5);

test.each(['', '.', 'a..b', '-a', 'a-', 'a-.b', 'a b', 'a/b', 'vps\n', 'a'.repeat(64), LONG])(
  '%j is none',
  (text) => {
    expect(isHostName(text)).toBe(false);
  },
);
