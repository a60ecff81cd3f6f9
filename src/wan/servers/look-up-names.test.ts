import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { resolveHost } from '../../base/resolve-host.ts';
import { lookUpNames } from './look-up-names.ts';

test('the host itself is asked first', async () => {
  expect(await lookUpNames(['192.0.2.7'])).toEqual(new Map([['192.0.2.7', [parseAddress('192.0.2.7')]]]));
});

// As Node gives an entry of /etc/hosts that has a scope.
test('an address that is good on one link alone is no answer, and no end of the look-up', async () => {
  const found = await lookUpNames(['fe80::1%lo', 'fe80::1', '2001:db8::1']);
  expect(found).toEqual(new Map([['2001:db8::1', [parseAddress('2001:db8::1')]]]));
});

test('a scope is taken off; what is not found is no error', async () => {
  expect(await resolveHost('fe80::1%lo')).toEqual([parseAddress('fe80::1')]);
  expect(await resolveHost('no such name')).toEqual([]);
});
