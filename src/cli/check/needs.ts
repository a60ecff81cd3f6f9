// What the given configs need of the host; the strictest of several, and a guess without any.
import type { Role } from '../../config/load.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { ServerConfig } from '../../config/server.ts';
import { firstBufferLimit } from '../../router/in-step/buffer-limits.ts';
import { serverBufferLimit } from '../../server/server-plan.ts';
import { bufferLimit } from '../../wan/buffer-limit.ts';

export interface Needs {
  /** With neither role, everything is looked at, but nothing is required. */
  readonly isRouter: boolean;
  readonly isServer: boolean;
  /** A server with an "intercept" listener. */
  readonly isGateway: boolean;
  readonly redirectMethod: 'auto' | 'tproxy' | 'redirect';
  /** Congestion controls asked for by name. */
  readonly congestions: readonly string[];
  /** What the maxima are raised to, by whom may do it. */
  readonly bufferMaxBytes: number;
  /** With less, WANs as most have them are slower. */
  readonly bufferLeastBytes: number;
  readonly fastOpen: { readonly client: boolean; readonly server: boolean };
  readonly pipeSizeBytes: number;
  readonly maxFlows: number;
}

// Ours: what a config says when it says nothing (see config/relay.ts).
const DEFAULTS = { pipeSizeBytes: 2 ** 20, maxFlows: 20_000 };

/** `roles` counts files whose mistakes leave no config, too. @param memoryBytes of the host */
export function needsOf(
  roles: readonly (Role | undefined)[],
  routers: readonly RouterConfig[],
  servers: readonly ServerConfig[],
  memoryBytes: number,
): Needs {
  const relays = [...routers, ...servers].map((config) => config.relay);
  const most = (key: keyof typeof DEFAULTS): number =>
    relays.length === 0 ? DEFAULTS[key] : Math.max(...relays.map((relay) => relay[key]));
  const least = bufferLimit([], memoryBytes).bytes;
  const asked = [
    ...routers.map((config) => firstBufferLimit(config, memoryBytes).bytes),
    ...servers.map((config) => serverBufferLimit(config, memoryBytes).bytes),
  ];
  const fixed = relays.map(({ bufferMaxBytes }) => bufferMaxBytes ?? least);
  const named = relays.map((relay) => relay.congestion).filter((name) => name !== 'auto');
  const isGateway = servers.some(({ intercepts }) => intercepts.length > 0);
  const methods = routers.map((config) => config.redirect.method);
  return {
    isRouter: roles.includes('router'),
    isServer: roles.includes('server'),
    isGateway,
    redirectMethod: isGateway ? 'tproxy' : (methods.find((method) => method !== 'auto') ?? 'auto'),
    congestions: [...new Set(named)],
    bufferMaxBytes: asked.length === 0 ? least : Math.max(...asked),
    bufferLeastBytes: fixed.length === 0 ? least : Math.max(...fixed),
    fastOpen: { client: routers.some(asksFastOpen), server: servers.some(asksFastOpen) },
    pipeSizeBytes: most('pipeSizeBytes'),
    maxFlows: most('maxFlows'),
  };
}

const asksFastOpen = ({ relay }: RouterConfig | ServerConfig): boolean => relay.fastOpen;
