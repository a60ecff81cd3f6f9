// Follows the kernel's events in a lab namespace and prints each batch with the time it arrived, as JSON lines.
// Its argument: options of the monitor as JSON, and `leaveAtOnce` to end without stopping it. SIGTERM stops the monitor,
// SIGUSR1 prints the links; ../support/link-monitor.ts is its other half.
import { startLinkMonitor } from '../../src/linux/netlink/monitor.ts';
import { readLinks } from '../../src/linux/netlink/read-links.ts';

const options = JSON.parse(process.argv[2] ?? '{}');
const hex = (_key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value);
const print = (line) => process.stdout.write(`${JSON.stringify({ atMs: Date.now(), ...line }, hex)}\n`);

const monitor = await startLinkMonitor({
  ...options,
  onEvents: (events) => print({ events }),
  onOverrun: () => print({ overrun: true }),
  onFatal: (error) => print({ fatal: error.message }),
});
if (!options.leaveAtOnce) {
  const timer = setInterval(() => undefined, 1000);
  process.on('SIGUSR1', () => print({ links: readLinks() }));
  process.on('SIGTERM', async () => {
    const startMs = Date.now();
    const isStopped = await monitor.stop();
    clearInterval(timer);
    print({ isStopped, tookMs: Date.now() - startMs });
  });
}
print({ ready: true });
