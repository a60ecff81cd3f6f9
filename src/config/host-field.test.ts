import { expect, test } from 'vitest';
import * as z from 'zod';
import { parseAddress } from '../base/address.ts';
import { address, hostOrAddress } from './host-field.ts';

/** What is wrong, and what to do. */
function said(schema: z.ZodType, text: string): unknown {
  const [issue, ...more] = schema.safeParse(text).error?.issues ?? [];
  expect(more).toEqual([]);
  return issue && [issue.message, issue.code === 'custom' && issue.params?.['hint']];
}

test.each([
  ['203.0.113.1:5124', '"203.0.113.1:5124" holds a port', 'Write "203.0.113.1", and 5124 as `port`.'],
  [
    'vps.example.org:443',
    '"vps.example.org:443" holds a port',
    'Write "vps.example.org", and 443 as `port`.',
  ],
  ['[2001:db8::1]:5124', '"[2001:db8::1]:5124" holds a port', 'Write "2001:db8::1", and 5124 as `port`.'],
  ['[2001:db8::1]', '"[2001:db8::1]" has brackets', 'Write "2001:db8::1".'],
  ['192.0.2', '"192.0.2" is not an IP address', expect.stringContaining('like 192.0.2.1')],
  ['2001:db8:::1', '"2001:db8:::1" is not an IP address', expect.stringContaining('like 2001:db8::1')],
  [
    'https://vps.example.org',
    '"https://vps.example.org" is neither an IP address nor a host name',
    'Write an IP address or a host name like vps.example.net.',
  ],
])('a server at %s', (text, message, hint) => {
  expect(said(hostOrAddress(), text)).toEqual([message, hint]);
});

test('a listener, and a source, which has no port beside it', () => {
  const at = '0.0.0.0:5124';
  expect(said(address(true), at)).toEqual([`"${at}" holds a port`, 'Write "0.0.0.0", and 5124 as `port`.']);
  expect(said(address(false), at)).toEqual([`"${at}" holds a port`, 'Write "0.0.0.0" alone.']);
  expect(said(address(false), '[::1]')).toEqual(['"[::1]" has brackets', 'Write "::1".']);
});

test.each(['192.0.2.1', '::', '2001:db8::1', '::ffff:192.0.2.1'])('%s is an address', (text) => {
  expect(address(true).parse(text)).toEqual(parseAddress(text));
  expect(hostOrAddress().parse(text)).toEqual(parseAddress(text));
});

test.each(['vps', 'vps-2.example.net', 'abc', '4u.example.org'])('%s is a name', (text) => {
  expect(hostOrAddress().parse(text)).toBe(text);
});
