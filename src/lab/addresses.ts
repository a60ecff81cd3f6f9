// The address plan of the lab: documentation addresses wherever the real thing has public ones, so that nothing
// is bypassed as private by accident. Only the LAN's IPv4 is private, as at home.

/** The kernel's limit of MPTCP endpoints, and what the /28s below leave room for. */
export const MAX_WANS = 8;

export interface WanAddresses {
  readonly name: string;
  readonly device: string;
  /** The gateway's device, in `net`. */
  readonly gatewayDevice: string;
  readonly router4: string;
  readonly gateway4: string;
  readonly length4: number;
  readonly router6: string;
  readonly gateway6: string;
  readonly prefix6: string;
  readonly length6: number;
  /** Of its default routes. */
  readonly metric: number;
}

/** `number` counts from 1, as in the name. */
export function wanAddresses(number: number): WanAddresses {
  const block = 16 * number;
  const net6 = `2001:db8:${100 + number}:`;
  return {
    name: `wan${number}`,
    device: `wan${number}`,
    gatewayDevice: `gw${number}`,
    router4: `203.0.113.${block + 2}`,
    gateway4: `203.0.113.${block + 1}`,
    length4: 28,
    router6: `${net6}:2`,
    gateway6: `${net6}:1`,
    prefix6: `${net6}:/64`,
    length6: 64,
    metric: 100 + number,
  };
}

export const LAN = {
  device: 'eth0',
  routerDevice: 'lan0',
  host4: '192.168.1.10',
  router4: '192.168.1.1',
  length4: 24,
  host6: '2001:db8:1::10',
  router6: '2001:db8:1::1',
  prefix6: '2001:db8:1::/64',
  length6: 64,
} as const;

/** The server and its uplink into the Internet. */
export const SERVER = {
  device: 'eth0',
  netDevice: 'server0',
  address4: '203.0.113.1',
  gateway4: '203.0.113.2',
  length4: 29,
  address6: '2001:db8:f::1',
  gateway6: '2001:db8:f::2',
  length6: 64,
} as const;

/** The origin and its own uplink, which direct connections take. */
export const ORIGIN = {
  device: 'eth0',
  netDevice: 'origin0',
  address4: '198.51.100.10',
  gateway4: '198.51.100.1',
  length4: 25,
  address6: '2001:db8:e::10',
  gateway6: '2001:db8:e::1',
  length6: 64,
} as const;

/** The short way between server and origin, so that carried bytes pass `net` once and not twice. */
export const BACKBONE = {
  device: 'bb0',
  server4: '198.51.100.129',
  origin4: '198.51.100.130',
  length4: 30,
  server6: '2001:db8:d::1',
  origin6: '2001:db8:d::2',
  length6: 64,
} as const;
