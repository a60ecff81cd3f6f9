// A question to the operator, where there is one.
import { createInterface } from 'node:readline/promises';

/** The exit code when nothing was done, because nobody agreed to it. */
export const NOT_CONFIRMED = 2;

export function canAsk(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** Only a yes is a yes. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-D closes it without an answer.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
