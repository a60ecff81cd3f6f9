// A preload (node --require) that breaks the daemon from outside: it waits for the file that FAULT_FILE names and
// does what it says, "main throw", "worker throw", "worker loop", "prober exit" or "monitor throw", in the main thread or
// in the first thread of its kind that takes it; one that starts later takes it before it has begun. A monitor takes it then
// or not at all: it is the next one that fails, not the one that runs.
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { isMainThread, workerData } = require('node:worker_threads');

const CHECK_MS = 20;
const file = process.env.FAULT_FILE;
const mine = isMainThread ? 'main' : kindOf(workerData ?? {});

/** Told by what each kind is started with: a worker of the relay has a role, a link monitor looks at carriers. */
function kindOf({ role, carrierOf }) {
  if (role) return 'worker';
  return carrierOf ? 'monitor' : 'prober';
}

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
if (mine !== 'monitor') setInterval(look, CHECK_MS).unref();
