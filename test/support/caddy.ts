// Debian's web server Caddy on the origin of a lab.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { runDirectory } from '../../src/lab/reap.ts';

/** Until the lab ends. @param name of its folder in that of the run @param sites as in a Caddyfile */
export async function startCaddy(lab: Lab, name: string, sites: string): Promise<LabProcess> {
  const folder = join(runDirectory(lab.run), name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, sites);
  const caddy = lab.hosts.origin.spawn(['caddy', 'run', '--config', file, '--adapter', 'caddyfile'], {
    label: 'caddy',
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  await caddy.waitFor(/serving initial configuration/, 20_000);
  return caddy;
}
