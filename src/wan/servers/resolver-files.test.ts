import { expect, test } from 'vitest';
import { formatAddress } from '../../base/address.ts';
import { nameservers, readResolvers } from './resolver-files.ts';

test('nameservers of a resolv.conf, without this host itself', () => {
  const text = `# made by dhclient
search example.net
nameserver 192.0.2.53
nameserver\t2001:db8::53
 nameserver 127.0.0.53
nameserver ::1
nameserver fe80::1%eth0
nameserver
options edns0
`;
  expect(nameservers(text).map(formatAddress)).toEqual(['192.0.2.53', '2001:db8::53']);
});

test('files that are not there say nothing', () => {
  expect(readResolvers(['/nonexistent/resolv.conf'])).toEqual([]);
});
