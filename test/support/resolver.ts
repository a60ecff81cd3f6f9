// A resolver as homes have it: Debian's dnsmasq on the lab's router, which knows some names itself or passes all
// questions on; and programs on the LAN that ask it as their host's configuration tells them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAN } from '../../src/lab/addresses.ts';
import type { Host } from '../../src/lab/host.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { runDirectory } from '../../src/lab/reap.ts';

export interface ResolverOptions {
  /** Addresses by name; names below it have the same. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** Where all other questions go. Nothing is kept in between. */
  readonly upstream?: string;
}

/** On every address of the host, until the lab ends. */
export async function startResolver(host: Host, { names = {}, upstream }: ResolverOptions): Promise<void> {
  const records = Object.entries(names).flatMap(([name, all]) =>
    all.map((one) => `--address=/${name}/${one}`),
  );
  const started = host.spawn(
    [
      'dnsmasq',
      '--keep-in-foreground',
      '--log-facility=-',
      '--conf-file=/dev/null',
      '--pid-file',
      '--user=root',
    ].concat(
      ['--no-resolv', '--no-hosts', '--cache-size=0', ...records],
      upstream === undefined ? [] : [`--server=${upstream}`],
    ),
    { label: `resolver on ${host.name}` },
  );
  await started.waitFor(/started, version/, 20_000);
}

/** The command, with the resolver of the router and the family that the host prefers (RFC 6724). */
export function asLanClient(lab: Lab, argv: readonly string[], prefers: 4 | 6 = 6): string[] {
  const file = (name: string, text: string): string => {
    const path = join(runDirectory(lab.run), name);
    writeFileSync(path, text);
    return path;
  };
  const resolv = file('resolv.conf', `nameserver ${LAN.router4}\n`);
  const gai = file(`gai${prefers}.conf`, prefers === 4 ? 'precedence ::ffff:0:0/96 100\n' : '');
  const mounts = `mount --bind '${resolv}' /etc/resolv.conf && mount --bind '${gai}' /etc/gai.conf`;
  return ['unshare', '--mount', 'sh', '-c', `${mounts} && exec "$@"`, 'sh', ...argv];
}

/** Programs of the host ask the resolver at `address`. Returns what takes that back. */
export function useResolver(host: Host, address: string): () => void {
  // Where `ip netns exec` looks for what stands in /etc of a host.
  const etc = `/etc/netns/${host.namespace}`;
  mkdirSync(etc, { recursive: true });
  writeFileSync(join(etc, 'resolv.conf'), `nameserver ${address}\n`);
  return () => rmSync(etc, { recursive: true, force: true });
}
