// V2Ray in a lab host, as Debian has it, with a config of its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host.ts';
import type { Lab } from '../lab.ts';
import type { LabProcess } from '../lab-process.ts';
import { runDirectory } from '../reap.ts';
import { startStock } from './stock-program.ts';

/** Its own JSON. */
export interface V2rayConfig {
  /** The first is waited for. */
  readonly inbounds: readonly [Inbound, ...Inbound[]];
  readonly outbounds: readonly object[];
  readonly log: object;
  readonly policy?: object;
}

interface Inbound {
  readonly port: number;
  readonly protocol: string;
  readonly listen?: string;
  readonly settings: object;
  readonly streamSettings?: object;
}

export function startV2ray(lab: Lab, host: Host, config: V2rayConfig): Promise<LabProcess> {
  const [{ port }] = config.inbounds;
  const file = join(runDirectory(lab.run), `v2ray-${host.name}-${port}.json`);
  writeFileSync(file, JSON.stringify(config));
  return startStock(host, ['v2ray', '-config', file], port);
}
