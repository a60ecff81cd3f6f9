// The text of a fresh router config.
import type { ChosenWan } from './choose-interfaces.ts';
import type { Join } from './join.ts';

export interface RouterConfigInput {
  readonly lanInterfaces: readonly string[];
  readonly wans: readonly ChosenWan[];
  readonly join: Join;
}

const list = (texts: readonly string[]): string =>
  `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;

export function routerConfigText({ lanInterfaces, wans, join }: RouterConfigInput): string {
  return `# The config of the wanbond router, made by \`wanbond init router\`. It holds a key: keep it private.
# Every setting is in docs/config.md. After a change: wanbond reload, or systemctl reload wanbond-router

# While the server cannot be reached, new connections leave without it ("direct") or are refused ("block").
# on-server-loss = "direct"
# Forwarding, and address translation on every WAN, for what is not carried; where this host does not do so already:
# nat = true
# QUIC, which would be left with one WAN, is refused, so that browsers take TCP ("reject"), or let out ("leave").
# quic = "reject"

# The interfaces whose devices are bonded.
[lan]
interfaces = ${list(lanInterfaces)}

[server]
address = ${list(join.hosts)}
port = ${join.port}
id = ${JSON.stringify(join.serverId)}
key-id = ${join.keyId}
key = "${Buffer.from(join.key).toString('base64')}"

# The uplinks. All carry; new connections start on the one with the shortest round trip.
${wans.map((wan) => `[[wan]]\nname = ${JSON.stringify(wan.name)}\ninterface = ${JSON.stringify(wan.interface)}\n`).join('\n')}
# Which traffic is left alone, besides what goes to private addresses:
# [redirect]
# bypass = ["203.0.113.0/24"]
# bypass-ports = [22]
`;
}
