import { expect, test } from 'vitest';
import { parsePressurePages, parseUsedPages } from './tcp-memory.ts';

test('what is used, and from where on the kernel holds back', () => {
  const sockstat = 'sockets: used 9\nTCP: inuse 1 orphan 0 tw 3 alloc 2 mem 5554\nUDP: inuse 0 mem 1\n';
  expect(parseUsedPages(sockstat)).toBe(5554);
  expect(parsePressurePages('287898\t383865\t575796\n')).toBe(383_865);
});
