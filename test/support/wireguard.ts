// A VPN of the router for all of its traffic, by Debian's wg-quick and WireGuard outside the kernel; the far end is the
// lab's origin.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAN, ORIGIN } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { runDirectory } from '../../src/lab/reap.ts';

const PORT = 51820;

export interface Vpn {
  /** Of the router's end. */
  readonly device: string;
  up(): Promise<void>;
  down(): Promise<void>;
  close(): Promise<void>;
}

/** Brings up the far end; the router's is up between `up` and `down`. */
export async function prepareVpn(lab: Lab): Promise<Vpn> {
  const { origin, router } = lab.hosts;
  const [near, far] = [await newKeys(lab), await newKeys(lab)];
  // Programs outside the kernel meet in one folder of the machine, whatever their namespace.
  const device = `wgn${process.pid}`;
  const farDevice = `wgf${process.pid}`;
  const write = (name: string, text: string): string => {
    const file = join(runDirectory(lab.run), `${name}.conf`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const nearFile = write(
    device,
    `[Interface]
PrivateKey = ${near.secret}
Address = 10.8.0.2/24, fd00:8::2/64
[Peer]
PublicKey = ${far.open}
Endpoint = ${ORIGIN.address4}:${PORT}
AllowedIPs = 0.0.0.0/0, ::/0
PersistentKeepalive = 5
`,
  );
  const farFile = write(
    farDevice,
    `[Interface]
PrivateKey = ${far.secret}
ListenPort = ${PORT}
Address = 10.8.0.1/24, fd00:8::1/64
[Peer]
PublicKey = ${near.open}
AllowedIPs = 10.8.0.2/32, fd00:8::2/128, ${LAN.router4.replace(/\d+$/, '0')}/24, ${LAN.prefix6}
`,
  );
  await origin.must(['wg-quick', 'up', farFile]);
  let isUp = false;
  const down = async (): Promise<void> => {
    if (!isUp) return;
    isUp = false;
    await router.must(['wg-quick', 'down', nearFile]);
  };
  return {
    device,
    up: async () => {
      await router.must(['wg-quick', 'up', nearFile]);
      isUp = true;
    },
    down,
    close: async () => {
      await down();
      await origin.must(['wg-quick', 'down', farFile]);
    },
  };
}

async function newKeys(lab: Lab): Promise<{ secret: string; open: string }> {
  const secret = await lab.hosts.router.must(['wg', 'genkey']);
  const open = await lab.hosts.router.must(['wg', 'pubkey'], { input: secret });
  return { secret: secret.trim(), open: open.trim() };
}
