// Carries out a plan step by step, each recorded before it is done, and takes all of it back.
import { isDeepStrictEqual } from 'node:util';
import { WanbondError } from '../base/error.ts';
import { type HostFacts, isSatisfied, refuseConflicts, undoOf } from '../plan/host-facts.ts';
import { endpointToChange, isMadeAs } from '../plan/endpoint-facts.ts';
import type { Journal } from '../plan/journal.ts';
import {
  endpointFlags,
  type EndpointStep,
  type Step,
  type LimitsUndo,
  type SysctlUndo,
  type Undo,
} from '../plan/step.ts';
import { ENOENT, SyscallError } from './errno.ts';
import { listEndpointFacts } from './host-facts.ts';
import type { MptcpEndpoint } from './netlink/endpoint-message.ts';
import {
  addEndpoint,
  deleteEndpoint,
  getLimits,
  setEndpointFlags,
  setLimits,
} from './netlink/path-manager.ts';
import { interfaceIndex } from './netlink/read-links.ts';
import {
  addDefaultRoute,
  addLocalRoute,
  addRule,
  deleteDefaultRoute,
  deleteLocalRoute,
  deleteRule,
} from './netlink/routing.ts';
import { Nftables } from './nftables.ts';
import { readSysctl, writeSysctl } from './sysctl.ts';

/**
 * Applies what is not so already; what was there before and is equal is adopted, not recorded. When a step fails,
 * the steps of this call are taken back before the error is thrown.
 */
export function applyPlan(
  steps: readonly Step[],
  facts: HostFacts,
  journal: Journal,
  nftables: Nftables | undefined,
): void {
  refuseConflicts(steps, facts, journal.entries);
  const done: Undo[] = [];
  try {
    for (const step of steps) {
      if (isSatisfied(step, facts)) continue;
      const there = step.kind === 'endpoint' && endpointToChange(step, facts.endpoints, journal.entries);
      if (there) {
        // What takes it back is recorded already, and does not ask for its flags.
        setEndpointFlags(there.id, endpointFlags(step.isBackup));
        continue;
      }
      const undo = undoOf(step, facts);
      // An interface that was made anew has its settings from before again, and what takes them back is known.
      const isKnown = journal.entries.some((one) => isDeepStrictEqual(one, undo));
      if (undo && !isKnown) {
        journal.add(undo);
        done.push(undo);
      }
      applyStep(step, nftables);
    }
  } catch (error) {
    takeBack(done.toReversed(), journal);
    throw error;
  }
}

/** Takes back all that the journal knows. What fails stays recorded; the first failure is thrown at the end. */
export function undoAll(journal: Journal): void {
  const failures = takeBack(journal.entries.toReversed(), journal);
  if (failures.length > 0) throw failures[0];
}

/** Takes back what of `undos` is still ours, in their order, and strikes it from the journal. Returns the failures. */
export function takeBack(undos: readonly Undo[], journal: Journal): unknown[] {
  const failures: unknown[] = [];
  for (const undo of undos) {
    try {
      applyUndo(undo);
      journal.remove(undo);
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

function applyStep(step: Step, nftables: Nftables | undefined): void {
  switch (step.kind) {
    case 'sysctl':
      writeSysctl(step.name, step.value);
      return;
    case 'rule':
      addRule(step);
      return;
    case 'local-route':
      addLocalRoute(step);
      return;
    case 'limits':
      setLimits(step);
      return;
    case 'endpoint':
      addEndpoint(toEndpoint(step));
      return;
    case 'default-route':
      addDefaultRoute(step);
      return;
    case 'table':
    case 'owner-table':
      if (!nftables) throw noNftables();
      nftables.run(step.text);
  }
}

/** Only what is still as we left it is changed: another program may have taken it over since. What cannot be read is a failure. */
function applyUndo(undo: Undo): void {
  switch (undo.kind) {
    case 'sysctl':
      undoSysctl(undo);
      return;
    case 'table':
      deleteTable(undo.family, undo.name);
      return;
    case 'rule':
      deleteRule(undo.rule);
      return;
    case 'local-route':
      deleteLocalRoute(undo.route);
      return;
    case 'limits':
      undoMptcp(() => undoLimits(undo));
      return;
    case 'endpoint':
      undoMptcp(() => {
        if (listEndpointFacts().some((one) => isMadeAs(one, undo))) deleteEndpoint(undo.id);
      });
      return;
    case 'default-route':
      deleteDefaultRoute(undo.route);
  }
}

function toEndpoint({ id, address, device, isBackup }: EndpointStep): MptcpEndpoint {
  const index = interfaceIndex(device);
  return { id, address, port: undefined, flags: endpointFlags(isBackup), index };
}

/** A kernel without MPTCP that was booted since has nothing of ours. */
function undoMptcp(act: () => void): void {
  try {
    act();
  } catch (error) {
    const cause = error instanceof WanbondError ? error.cause : undefined;
    if (!(cause instanceof SyscallError && cause.errno === ENOENT)) throw error;
  }
}

function undoLimits({ ours, before }: LimitsUndo): void {
  const now = getLimits();
  const isOurs = now.subflows === ours.subflows && now.addAddrAccepted === ours.addAddrAccepted;
  if (isOurs) setLimits(before);
}

function undoSysctl(undo: SysctlUndo): void {
  if (readSysctl(undo.name) !== undo.ours) return;
  const dragged = (undo.dragged ?? []).map(({ name, ours, before }) => {
    const now = readSysctl(name);
    return { name, value: now === ours ? before : now };
  });
  writeSysctl(undo.name, undo.before);
  for (const { name, value } of dragged) {
    if (value !== undefined && readSysctl(name) !== value) writeSysctl(name, value);
  }
}

function deleteTable(family: string, name: string): void {
  const nftables = new Nftables();
  try {
    if (nftables.listing(family, name) !== undefined) nftables.run(`delete table ${family} ${name}`);
  } finally {
    nftables.close();
  }
}

function noNftables(): WanbondError {
  return new WanbondError({
    code: 'no-nftables',
    message: 'the plan has an nftables table, but nobody to hold it',
    hint: 'This is a bug: please report it.',
  });
}
