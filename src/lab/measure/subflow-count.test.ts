import { expect, test } from 'vitest';
import { countSubflows } from './subflow-count.ts';

const info = (token: string): string =>
  `\n\t cubic wscale:9,9 rto:204 rtt:0.1/0.05 tcp-ulp-mptcp flags:Mec ${token} seq:1 sfseq:1 ssnoff:1 maplen:1 mss:1448`;
const established = (peer: string, facts: string): string =>
  `ESTAB 0      0      203.0.113.18%wan1:43434 ${peer}${facts}\n`;

test('subflows are grouped by the local token and counted for the busiest connection', () => {
  const text = [
    established('203.0.113.1:5124', info('token:0000(id:0)/8e6c1a2b(id:0)')),
    established('203.0.113.1:5124', info('token:77aa(id:1)/8e6c1a2b(id:1)')),
    established('203.0.113.1:5124', info('token:0000(id:0)/11112222(id:0)')),
  ].join('');
  expect(countSubflows(text, 5124)).toBe(2);
});

test('other ports, plain TCP and unfinished joins do not count', () => {
  const text = [
    established('[2001:db8:f::1]:443', info('token:0000(id:0)/1(id:0)')),
    established('203.0.113.1:5124', '\n\t cubic rto:204'),
    `SYN-SENT 0 1 203.0.113.34:1 203.0.113.1:5124${info('token:1(id:1)/2(id:1)')}\n`,
  ].join('');
  expect(countSubflows(text, 5124)).toBe(0);
  expect(countSubflows('', 5124)).toBe(0);
});
