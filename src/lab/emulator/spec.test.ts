// What the emulator process accepts on argv and stdin, and that its errors name the field.
import { expect, it } from 'vitest';
import { parseCommand, parseEmulatorSpec } from './spec.ts';

const direction = { rateBps: 50e6, delayMs: 20, jitterMs: 0, lossRatio: 0 };
const link = {
  name: 'wan1',
  a: { netns: 'x-router', device: 'wan1' },
  b: { netns: 'x-middle', device: 'wan1' },
  aToB: direction,
  bToA: { ...direction, queueMs: 50 },
};

it('reads a spec', () => {
  expect(parseEmulatorSpec(JSON.stringify({ links: [link] }))).toEqual({ realtime: false, links: [link] });
});

it.each([
  ['{', /not JSON/],
  ['{}', /links/],
  [JSON.stringify({ links: [{ ...link, aToB: { ...direction, lossRatio: 2 } }] }), /aToB\.lossRatio/],
  [JSON.stringify({ links: [{ ...link, a: { netns: 'x', device: 'longer-than-ifnamsiz' } }] }), /a\.device/],
  [JSON.stringify({ links: [link], speed: 1 }), /speed/],
])('refuses the spec %s', (text, message) => {
  expect(() => parseEmulatorSpec(text)).toThrow(message);
});

it.each([
  { link: 'wan1', set: { lossRatio: 1 } },
  { link: 'wan1', direction: 'aToB', set: { rateBps: 1e6, delayMs: 5 } },
  { link: 'wan1', carrier: false },
  { link: 'wan1', carrier: true, end: 'a' },
  { stats: true },
])('reads the command %j', (command) => {
  expect(parseCommand(JSON.stringify(command))).toEqual(command);
});

it.each([
  '',
  '[]',
  '{"link":"wan1"}',
  '{"link":"wan1","set":{"loss":1}}',
  '{"link":"wan1","set":{"rateBps":0}}',
  '{"link":"wan1","direction":"up","set":{}}',
])('refuses the command %j', (line) => {
  expect(() => parseCommand(line)).toThrow(/bad command/);
});
