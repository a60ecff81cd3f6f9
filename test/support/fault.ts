// Breaks a daemon from outside: the preload of fault.cjs waits in it for an order.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../src/lab/wait-until.ts';

const PRELOAD = fileURLToPath(new URL('fault.cjs', import.meta.url));

/** How a daemon is started that takes its orders from `file`. */
export function underFault(file: string): { nodeArguments: string[]; env: Record<string, string> } {
  return { nodeArguments: ['--require', PRELOAD], env: { FAULT_FILE: file } };
}

/** @param order such as `worker throw`, see fault.cjs; a thread that starts later takes it as well */
export function orderFault(file: string, order: string): void {
  writeFileSync(`${file}.new`, order);
  renameSync(`${file}.new`, file);
}

/** When the daemon has acted, in monotonic ms. */
export async function faultDone(file: string): Promise<number> {
  await waitUntil('the fault', () => existsSync(`${file}.fired`));
  return Number(readFileSync(`${file}.fired`, 'utf8'));
}
