// Reverse path filtering, where packets of one sender rightly come in by more than one interface.
import type { HostFacts } from './host-facts.ts';
import type { Step } from './step.ts';

export function rpFilter(device: string): string {
  return `net.ipv4.conf.${device.replaceAll('.', '/')}.rp_filter`;
}

/** Strict filtering drops what comes in by any interface but the one of the best route; the larger of two values counts. */
export function looseReversePath(device: string, facts: HostFacts): Step[] {
  const name = rpFilter(device);
  const isStrict = [facts.sysctls.get(rpFilter('all')), facts.sysctls.get(name)].includes('1');
  return isStrict ? [{ kind: 'sysctl', name, value: '2' }] : [];
}
