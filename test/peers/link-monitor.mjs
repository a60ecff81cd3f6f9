// Follows the kernel's events in a lab namespace and prints each batch with the time it arrived, as JSON lines.
// Its argument: `carrierOf` and `receiveBufferBytes` as JSON, and `leaveAtOnce` to end without stopping the watch.
// SIGTERM stops it, SIGUSR1 prints the links; ../support/link-monitor.ts is its other half.
import { readLinks } from '../../src/linux/netlink/read-links.ts';
import { WanWatch } from '../../src/wan/watch/wan-watch.ts';

const { carrierOf = [], leaveAtOnce, ...options } = JSON.parse(process.argv[2] ?? '{}');
const hex = (_key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value);
const print = (line) => process.stdout.write(`${JSON.stringify({ atMs: Date.now(), ...line }, hex)}\n`);

const watch = await WanWatch.start(
  {
    onLinks: ({ kind, events }) => print(kind === 'events' ? { events } : { overrun: true }),
    onProber: () => undefined,
    onFatal: (error) => print({ fatal: error.message }),
  },
  options,
);
watch.setCarrierOf(carrierOf);
if (!leaveAtOnce) {
  const timer = setInterval(() => undefined, 1000);
  process.on('SIGUSR1', () => print({ links: readLinks() }));
  process.on('SIGTERM', async () => {
    const startMs = Date.now();
    const isStopped = await watch.stop();
    clearInterval(timer);
    print({ isStopped, tookMs: Date.now() - startMs });
  });
}
print({ ready: true });
