// A preload (node --require) that breaks the daemon from outside: it waits for the file that FAULT_FILE names and
// does what it says, "main throw", "worker throw" or "worker loop", in the main thread or in the relay worker that takes it
// first.
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { isMainThread, workerData } = require('node:worker_threads');

const CHECK_MS = 20;
const file = process.env.FAULT_FILE;
// Only a worker of the relay has a role.
const mine = isMainThread ? 'main' : workerData?.role ? 'worker' : 'other';

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

setInterval(() => {
  const what = take();
  if (what === undefined) return;
  writeFileSync(`${file}.fired.new`, String(Number(process.hrtime.bigint()) / 1e6));
  renameSync(`${file}.fired.new`, `${file}.fired`);
  if (what === 'throw') throw new Error(`a fault injected into ${mine}`);
  for (;;);
}, CHECK_MS).unref();
