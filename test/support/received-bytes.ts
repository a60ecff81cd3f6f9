// What each link of a host has brought in so far.
import type { Host } from '../../src/lab/host.ts';

/** Bytes since the link exists, in the order of `devices`. */
export function receivedBytes(host: Host, devices: readonly string[]): Promise<number[]> {
  return Promise.all(
    devices.map(async (device) =>
      Number(await host.must(['cat', `/sys/class/net/${device}/statistics/rx_bytes`])),
    ),
  );
}
