import { expect, it } from 'vitest';
import { ConfigError } from './problem.ts';
import { parseRouterConfig } from './load.ts';

function problemsOf(wan: string): string[] {
  const text = `[server]\ntransport = "direct"\n[lan]\ninterfaces = ["lan"]\n[[wan]]\nname = "a"\ninterface = "eth1"\n`;
  try {
    parseRouterConfig(text + wan, 'r.toml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

it.each([
  // Quotes alone would be refused next.
  [
    'rate-up = 50',
    'rate-up: is a number, not a string; put it in quotes, and write a number and one of gbit, mbit, kbit, bit, like 50mbit.',
  ],
  [
    'monthly-cap = "1GB"\ncap-warn = 80',
    'cap-warn: is a number, not a string; put it in quotes, and write a number and %, like 80%.',
  ],
  [
    'monthly-cap = 2020-01-01',
    'monthly-cap: is a date, not a string; put it in quotes, and write a number and one of TB, GB, MB, kB, B, like 50GB.',
  ],
  ['source = 5', 'source: is a number, not a string; put it in quotes, and write an IPv4 address'],
  // Here they are all that lacks.
  ['[[wan]]\ninterface = "eth2"\nname = 5', 'name: is a number, not a string; put it in quotes.'],
  ['[relay]\ncongestion = true', 'relay.congestion: is true or false, not a string; put it in quotes.'],
  ['cap-day = "5"', 'cap-day: is a string, not a number; remove the quotes.'],
])('%s', (line, says) => {
  expect(problemsOf(line)).toEqual([expect.stringContaining(says)]);
});

it.each([
  ['nan', 'cap-day: is nan, not a number; write a number.'],
  ['-inf', 'cap-day: is -inf, not a number; write a number.'],
  ['99999999999999999999999999999999999999', 'cap-day: is too large; use at most 28.'],
  ['-99999999999999999999999999999999999999', 'cap-day: is too small; use at least 1.'],
  ['29', 'cap-day: 29 is too large; use at most 28.'],
])('a number like %s is told as it was written, or not at all', (value, says) => {
  expect(problemsOf(`cap-day = ${value}`)).toEqual([expect.stringContaining(says)]);
});

it('repeats no value that wants quotes: it may be a password', () => {
  const said = problemsOf('[socks]\nuser = [{ name = "a", password = 123456 }]').join();
  expect(said).toContain('password: is a number, not a string; put it in quotes');
  expect(said).not.toContain('123456');
});
