// What the plan of the server has to know of its host.
import type { ServerConfig } from '../config/server.ts';
import { readHostFacts } from '../linux/host-facts.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { serverSysctls } from './server-plan.ts';

export function readServerFacts(config: ServerConfig): HostFacts {
  const table = config.intercepts.length > 0 ? config.interceptMark.table : undefined;
  return readHostFacts(serverSysctls(config), table);
}
