import { expect, it } from 'vitest';
import { parseServerConfig } from '../config/load.ts';
import { nextKeyId, serverConfigText, withKey } from './server-config-text.ts';

const KEY = new Uint8Array(32).fill(7);
const OTHER = new Uint8Array(32).fill(9);
const parse = (text: string) => parseServerConfig(text, 'server.toml').config;

it('is a config of one listener and one key', () => {
  const config = parse(serverConfigText({ port: 4433, routerName: 'home', key: KEY }));
  expect(config.listens.map(({ port }) => port)).toEqual([4433]);
  expect(config.keys).toEqual([{ id: 1, name: 'home', key: KEY, egressAllow: [] }]);
});

it('takes another router and keeps everything that was written', () => {
  const edited = `${serverConfigText({ port: 5124, routerName: 'home', key: KEY })}# mine\n[egress]\nallow = ["10.0.0.0/8"] # why`;
  const text = withKey(edited, nextKeyId(parse(edited)), 'the "cabin"', OTHER);
  expect(text.startsWith(edited)).toBe(true);
  const config = parse(text);
  expect(config.keys.map(({ id, name }) => [id, name])).toEqual([
    [1, 'home'],
    [2, 'the "cabin"'],
  ]);
  expect(config.keys[1]?.key).toEqual(OTHER);
  expect(config.egress.allow).toHaveLength(1);
});

it('does not give an id twice', () => {
  const text = withKey(serverConfigText({ port: 1, routerName: 'a', key: KEY }), 70, 'b', OTHER);
  expect(nextKeyId(parse(text))).toBe(71);
});
