// Follows what the server's host can reach while it runs: an IPv6 prefix may come minutes after the boot.
import { describe } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { ServerConfig } from '../config/server.ts';
import type { EgressPolicy } from '../relay/server/egress.ts';
import { type Families, sameFamilies } from '../transport/handshake.ts';
import { readEgressPolicy } from './egress-policy.ts';

// A few questions to the kernel each time. Flows do not wait for it: the kernel itself is asked at each dial.
const INTERVAL_MS = 5000;

export interface EgressWatch {
  /** As last seen. */
  readonly policy: EgressPolicy;
  /** Told to `onChange` at once. @throws WanbondError when the host cannot be looked at */
  reconfigure(next: ServerConfig): void;
  stop(): void;
}

export function watchEgress(
  initial: ServerConfig,
  first: EgressPolicy,
  log: Log,
  onChange: (policy: EgressPolicy) => void,
): EgressWatch {
  let config = initial;
  let policy = first;
  tell(policy.families, log);
  const timer = setInterval(() => {
    try {
      const next = readEgressPolicy(config);
      if (textOf(next) === textOf(policy)) return;
      if (!sameFamilies(next.families, policy.families)) tell(next.families, log);
      policy = next;
      onChange(next);
    } catch (error) {
      log.warn(`cannot look what this host reaches: ${describe(error)}`);
    }
  }, INTERVAL_MS);
  timer.unref();
  return {
    get policy() {
      return policy;
    },
    reconfigure: (next) => {
      policy = readEgressPolicy(next);
      config = next;
      onChange(policy);
    },
    stop: () => clearInterval(timer),
  };
}

const textOf = ({ families, own }: EgressPolicy): string =>
  JSON.stringify([families, own.map((address) => Buffer.from(address).toString('hex'))]);

function tell(families: Families, log: Log): void {
  const text = 'address families with a global address and a way to the Internet';
  if (families.v4 && families.v6) log.info(families, text);
  else log.warn(families, `${text}: routers are told to keep the other one to themselves`);
}
