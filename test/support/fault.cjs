// A preload (node --require) that breaks the daemon from outside: it waits for the file that FAULT_FILE names and
// does what it says, "main throw", "worker throw", "worker loop", "watch throw" and so on, in the main thread or in the
// first thread of its kind that takes it; one that starts later takes it before it has begun.
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { isMainThread, workerData } = require('node:worker_threads');

const CHECK_MS = 20;
const file = process.env.FAULT_FILE;

/** Told by what each kind is started with: a worker of the relay has a role, the other one watches the WANs. */
const kindOf = ({ role }) => (role ? 'worker' : 'watch');

const mine = isMainThread ? 'main' : kindOf(workerData ?? {});

function take() {
  try {
    const [thread, what] = readFileSync(file, 'utf8').split(' ');
    if (thread !== mine) return undefined;
    // Only one of several threads gets to rename it.
    renameSync(file, `${file}.taken`);
    return what;
  } catch {
    return undefined;
  }
}

function look() {
  const what = take();
  if (what === undefined) return;
  writeFileSync(`${file}.fired.new`, String(Number(process.hrtime.bigint()) / 1e6));
  renameSync(`${file}.fired.new`, `${file}.fired`);
  if (what === 'throw') throw new Error(`a fault injected into ${mine}`);
  if (what === 'exit') process.exit();
  for (;;);
}

look();
setInterval(look, CHECK_MS).unref();
