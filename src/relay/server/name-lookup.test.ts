import { expect, test } from 'vitest';
import { type Address, parseAddress } from '../../base/address.ts';
import { NameLookups } from './name-lookup.ts';

/** Answers when it is told to. */
class Resolver {
  readonly asked: string[] = [];
  readonly #answers = new Map<string, (addresses: readonly Address[]) => void>();

  readonly lookUp = (name: string): Promise<readonly Address[]> => {
    this.asked.push(name);
    return new Promise((resolve) => this.#answers.set(name, resolve));
  };

  answer(name: string): void {
    this.#answers.get(name)?.([parseAddress('192.0.2.1')]);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('two at a time, in order; the same name is asked for once', async () => {
  const resolver = new Resolver();
  const names = new NameLookups(resolver.lookUp);
  const answers = ['a', 'b', 'a', 'c'].map((name) => names.ask(name));
  await settled();
  expect(resolver.asked).toEqual(['a', 'b']);
  resolver.answer('b');
  await settled();
  expect(resolver.asked).toEqual(['a', 'b', 'c']);
  resolver.answer('a');
  resolver.answer('c');
  const [address] = [parseAddress('192.0.2.1')];
  expect(await Promise.all(answers)).toEqual([[address], [address], [address], [address]]);
  void names.ask('a');
  await settled();
  expect(resolver.asked.at(-1)).toBe('a');
});

test('when too many wait, who comes later is told at once', async () => {
  const names = new NameLookups(new Resolver().lookUp);
  for (let i = 0; i < 258; i++) void names.ask(`n${i}`);
  expect(await names.ask('late')).toEqual([]);
});

test('names whose servers are silent hold up the others for ten seconds at most', async () => {
  const resolver = new Resolver();
  let nowMs = 0;
  const names = new NameLookups(resolver.lookUp, () => nowMs);
  const dead = Array.from({ length: 258 }, (_, i) => names.ask(`dead${i}`));
  nowMs = 11_000;
  void names.ask('good');
  expect(await Promise.all(dead.slice(2))).toEqual(Array.from({ length: 256 }, () => []));
  resolver.answer('dead0');
  await settled();
  expect(resolver.asked).toEqual(['dead0', 'dead1', 'good']);
});

test('what cannot be a name is not asked for', async () => {
  const resolver = new Resolver();
  expect(await new NameLookups(resolver.lookUp).ask('a b\n')).toEqual([]);
  expect(resolver.asked).toEqual([]);
});

test('the address of this host by the name that every host has', async () => {
  expect((await new NameLookups().ask('localhost')).length).toBeGreaterThan(0);
  expect(await new NameLookups().ask('no-such-name.invalid')).toEqual([]);
});
