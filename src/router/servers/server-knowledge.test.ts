import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { KEY, routerConfig } from '../router-config.fixture.ts';
import { ServerKnowledge } from './server-knowledge.ts';

const NAMED = `[[server]]
address = "vps.example.net"
key = "${KEY}"
`;
const PROXY = `[[server]]
address = "203.0.113.9"
transport = "socks5"
`;

test('a name is nothing to connect to before it was found', () => {
  const config = routerConfig({ servers: NAMED });
  const known = new ServerKnowledge();
  expect(known.of(config)).toMatchObject([{ label: 'vps.example.net', addresses: [] }]);
  const addresses = [parseAddress('192.0.2.7')];
  known.learnNames(new Map([['vps.example.net', addresses]]));
  expect(known.of(config)).toMatchObject([{ label: 'vps.example.net', addresses }]);
});

test('what a server takes is forgotten when it leaves the config, what it reaches is not', () => {
  const [both, one] = [NAMED + PROXY, NAMED].map((servers) => routerConfig({ servers }));
  if (!both || !one) throw new Error('two configs');
  const known = new ServerKnowledge();
  const families = { v4: true, v6: false };
  known.learnPipelining('203.0.113.9', true);
  known.learnFamilies('203.0.113.9', families);
  expect(known.of(both).map(({ takesPipelined }) => takesPipelined)).toEqual([undefined, true]);
  known.keepOnly(known.of(both));
  expect(known.of(both)[1]?.takesPipelined).toBe(true);
  known.keepOnly(known.of(one));
  expect(known.of(both)[1]?.takesPipelined).toBeUndefined();
  expect(known.familiesOf('203.0.113.9')).toEqual(families);
});
