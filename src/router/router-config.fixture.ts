// The config of a router with two WANs, for tests.
import { parseRouterConfig } from '../config/load.ts';
import type { RouterConfig } from '../config/router.ts';

export const KEY = Buffer.alloc(32, 7).toString('base64');

const SERVER = `[[server]]
address = "203.0.113.1"
key = "${KEY}"
`;

interface Parts {
  /** Lines before the first table. */
  readonly top?: string;
  readonly lans?: readonly string[];
  readonly servers?: string;
  readonly dslDevice?: string;
}

/** `dsl` on eth1 and `lte` on wwan0. */
export function routerConfig(parts: Parts = {}): RouterConfig {
  const { top = '', lans = ['br-lan'], servers = SERVER, dslDevice = 'eth1' } = parts;
  const text = `${top}
[lan]
interfaces = ${JSON.stringify(lans)}
${servers}
[[wan]]
name = "dsl"
interface = "${dslDevice}"
[[wan]]
name = "lte"
interface = "wwan0"
`;
  return parseRouterConfig(text, 'test.toml').config;
}
