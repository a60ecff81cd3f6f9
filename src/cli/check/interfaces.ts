// Whether an interface that a config names is there.
import { suggest } from '../../config/suggest.ts';
import type { InterfaceFacts } from '../../linux/features.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Of one that needs no address. */
export function interfaceFinding(
  subject: string,
  name: string,
  interfaces: readonly InterfaceFacts[],
): Finding {
  const found = interfaces.find((one) => one.name === name);
  if (!found) return missingInterface(subject, name, interfaces);
  if (!found.isUp) return warn(subject, 'is down', `Run \`ip link set ${name} up\`.`);
  return ok(subject, found.addresses.join(', ') || 'up');
}

export function missingInterface(
  subject: string,
  name: string,
  interfaces: readonly InterfaceFacts[],
): Finding {
  const names = interfaces.map((one) => one.name).filter((one) => one !== 'lo');
  const close = suggest(name, names);
  const hint = close ? `Did you mean ${close}?` : `This host has: ${names.join(', ') || 'none'}.`;
  return fail(subject, `there is no interface ${name}`, hint);
}
