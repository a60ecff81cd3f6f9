// The link emulator as a process: `node main.js SPEC`, SPEC as JSON here or as the first line of stdin.
//
// It prints `ready` once the links are up, then answers each command line on stdin with one JSON line:
// {"ok":true,"atMs":...} with the time on CLOCK_MONOTONIC, {"links":...} for stats, or {"error":...}. It ends when stdin ends or on SIGTERM, and the
// links end with it. On stderr, in one line each: why it could not start, or went on without something.
import { createInterface } from 'node:readline';
import { describe, WanbondError } from '../../base/error.ts';
import { raiseToRealtime } from '../../linux/realtime.ts';
import { EmulatedLinks } from './emulator.ts';
import { startLoop } from './loop.ts';
import { parseCommand, parseEmulatorSpec } from './spec.ts';

// Any real-time priority precedes all ordinary processes; low leaves room above.
const REALTIME_PRIORITY = 5;

let links: EmulatedLinks | undefined;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(error: unknown): string {
  return error instanceof WanbondError ? `${error.message}. ${error.hint}` : describe(error);
}

function fail(error: unknown): never {
  process.stderr.write(`${complain(error)}\n`);
  process.exit(1);
}

function start(text: string): void {
  try {
    const spec = parseEmulatorSpec(text);
    links = new EmulatedLinks(spec.links);
    const refusal = spec.realtime ? raiseToRealtime(REALTIME_PRIORITY) : undefined;
    if (refusal !== undefined)
      process.stderr.write(`no real-time priority (${refusal}): packets may leave a little later\n`);
    startLoop(links.lanes);
    say('ready');
  } catch (error) {
    fail(error);
  }
}

function answer(running: EmulatedLinks, line: string): void {
  try {
    say(JSON.stringify(running.apply(parseCommand(line))));
  } catch (error) {
    say(JSON.stringify({ error: complain(error) }));
  }
}

process.on('uncaughtException', fail);
process.on('SIGTERM', () => process.exit(0));
// Ctrl-C goes to the whole foreground group: the parent cleans up and then closes stdin.
process.on('SIGINT', () => {
  if (process.stdin.isTTY) process.exit(0);
});
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (!links) start(line);
  else if (line.trim() !== '') answer(links, line);
});
lines.on('close', () => {
  if (links) process.exit(0);
  fail(new Error('stdin ended before the spec came'));
});
const argument = process.argv[2];
if (argument !== undefined) start(argument);
