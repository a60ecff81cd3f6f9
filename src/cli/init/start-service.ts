// The last step of `init`: start the service, or say how.
import type { Role } from '../../config/load.ts';
import { configFile, unitName } from '../../setup/places.ts';
import { type Systemd, systemctl } from './systemd.ts';

/** Returns what the operator is to know, as one line. */
export function startService(role: Role, systemd: Systemd, now: boolean): string {
  const unit = unitName(role);
  if (systemd === 'missing') {
    return `no systemd here, so no service was made; by hand: wanbond ${role} -c ${configFile(role)}`;
  }
  if (systemd === 'running') {
    systemctl('daemon-reload');
    if (!now) return `not started yet: systemctl enable --now ${unit}`;
    systemctl('enable', '--now', unit);
    return `${unit} is running, and starts at every boot`;
  }
  return `systemd does not run here now; once it does: systemctl enable --now ${unit}`;
}
