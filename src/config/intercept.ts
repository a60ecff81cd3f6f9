// A [[listen]] of the server that waits for connections to others: transport "intercept", an in-path gateway.
import * as z from 'zod';
import type { Prefix } from '../base/prefix.ts';
import { fault, integer, interfaceName, keyDocs, prefixList } from './field.ts';
import { checkMark, type MarkConfig, markConfig, markShape } from './mark.ts';
import type { ListenConfig } from './server.ts';

export interface InterceptConfig {
  /** Where clients come in; at least one. */
  readonly interfaces: readonly string[];
  /** Of targets; at least one. */
  readonly ports: readonly number[];
  /** Empty: all. */
  readonly targets: readonly Prefix[];
  /** The target sees the client's address. */
  readonly isSourcePreserved: boolean;
  /** By which its answers come in then. */
  readonly targetInterfaces: readonly string[];
}

const interfaces = () => z.array(interfaceName()).min(1).optional();

export const interceptShape = {
  interfaces: interfaces().register(keyDocs, {
    type: 'list of interface names',
    description:
      'Of "intercept", and required for it: by which the connections come in that are taken; no others are.',
  }),
  ports: z
    .array(integer({ min: 1, max: 65_535 }))
    .min(1)
    .optional()
    .register(keyDocs, {
      type: 'list of integers, 1 to 65535',
      description: 'Of "intercept", and required for it: the ports of the targets.',
    }),
  targets: prefixList().optional().register(keyDocs, {
    type: 'list of prefixes',
    description: 'Of "intercept": only connections to these targets are taken; all when not given.',
  }),
  'preserve-source': z.boolean().optional().register(keyDocs, {
    type: 'true or false',
    default: 'false',
    description:
      'Of "intercept": the target sees the address of its client. It has to answer through this host.',
  }),
  'target-interfaces': interfaces().register(keyDocs, {
    type: 'list of interface names',
    description: 'Of "intercept" with `preserve-source`, and required then: by which the targets answer.',
  }),
};

export const isIntercept = (one: ListenConfig | InterceptConfig): one is InterceptConfig => 'ports' in one;

interface ReadIntercept {
  readonly interfaces?: readonly string[] | undefined;
  readonly ports?: readonly number[] | undefined;
  readonly targets?: readonly Prefix[] | undefined;
  readonly 'preserve-source'?: boolean | undefined;
  readonly 'target-interfaces'?: readonly string[] | undefined;
}

export function interceptConfig(read: ReadIntercept, context: z.RefinementCtx): InterceptConfig {
  const isSourcePreserved = read['preserve-source'] ?? false;
  const answering = read['target-interfaces'];
  if (!read.interfaces) {
    const hint = 'Add interfaces = ["eth1"], with the interface that clients come in by.';
    return fault(context, 'is missing: nothing is taken by accident', hint, ['interfaces']);
  }
  if (!read.ports)
    return fault(context, 'is missing', 'Add the ports of the targets, like ports = [80, 443].', ['ports']);
  if (isSourcePreserved && !answering) {
    const hint = 'Add target-interfaces = ["eth2"], with the interface that the targets answer by.';
    return fault(context, 'is missing: their answers have to be led here', hint, ['target-interfaces']);
  }
  if (!isSourcePreserved && answering) {
    const hint = 'Remove it, or set preserve-source = true.';
    return fault(context, 'has no meaning without `preserve-source`', hint, ['target-interfaces']);
  }
  return {
    interfaces: read.interfaces,
    ports: [...new Set(read.ports)],
    targets: read.targets ?? [],
    isSourcePreserved,
    targetInterfaces: answering ?? [],
  };
}

export const interceptMark = z
  .strictObject(markShape('intercepted flows', { mark: 0x2000_0000, table: 7781, rulePriority: 801 }))
  .superRefine(checkMark, { when: () => true })
  .transform((read): MarkConfig => markConfig(read))
  .prefault({})
  .register(keyDocs, {
    type: 'table',
    description: 'How the connections of "intercept" listeners reach the relay.',
  });
