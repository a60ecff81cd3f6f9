// The text of a fresh server config, and of another router's key in one that exists.
import type { ServerConfig } from '../config/server.ts';

export interface ServerConfigInput {
  readonly port: number;
  readonly routerName: string;
  readonly key: Uint8Array;
}

/** Ours: what the first router is called when nobody says. */
export const FIRST_ROUTER = 'router-1';
export const FIRST_KEY_ID = 1;

export function serverConfigText({ port, routerName, key }: ServerConfigInput): string {
  return `# The config of the wanbond server, made by \`wanbond init server\`. It holds keys: keep it private.
# Every setting is in docs/config.md. After a change: wanbond reload, or systemctl reload wanbond-server

# Where routers connect to. This port has to be open in the firewall, here and at the provider: TCP, and UDP for probes.
[[listen]]
port = ${port}
# address = ["0.0.0.0", "::"]

# Private targets and those of this host are refused, unless they are allowed here:
# [egress]
# allow = ["10.0.0.0/8"]

# One [[key]] for each router. \`wanbond init server --add-router NAME\` adds one.
${keyBlock(FIRST_KEY_ID, routerName, key)}`;
}

/** `text` with one more [[key]] at its end; all that is there stays as it is. */
export function withKey(text: string, id: number, routerName: string, key: Uint8Array): string {
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${end}\n${keyBlock(id, routerName, key)}`;
}

/** Above all that are there, so that the id of a removed router is not given to another by accident. */
export function nextKeyId(config: ServerConfig): number {
  return Math.max(0, ...config.keys.map(({ id }) => id)) + 1;
}

function keyBlock(id: number, routerName: string, key: Uint8Array): string {
  return `[[key]]
id = ${id}
name = ${JSON.stringify(routerName)}
key = "${Buffer.from(key).toString('base64')}"
`;
}
