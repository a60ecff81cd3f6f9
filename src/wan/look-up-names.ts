// The addresses of the servers' names, as the host itself resolves them (/etc/hosts, its resolver).
import { lookup } from 'node:dns/promises';
import { parseAddress } from '../base/address.ts';
import type { NameAnswers } from './known-servers.ts';

/** Names without an answer are left out; whoever needs them says so. */
export async function lookUpNames(names: readonly string[]): Promise<NameAnswers> {
  const found = await Promise.all(
    names.map(async (name) => {
      const answers = await lookup(name, { all: true }).catch(() => []);
      return [name, answers.map(({ address }) => parseAddress(address))] as const;
    }),
  );
  return new Map(found.filter(([, addresses]) => addresses.length > 0));
}
