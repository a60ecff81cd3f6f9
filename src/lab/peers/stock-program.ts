// Programs of others in a lab host, as Debian has them: started, and ready when they listen.
import type { Host } from '../host.ts';
import type { LabProcess } from '../lab-process.ts';
import { waitUntil } from '../wait-until.ts';

/** Until the lab ends. @param port that it has to listen on, over TCP */
export async function startStock(host: Host, argv: readonly string[], port: number): Promise<LabProcess> {
  const started = host.spawn(argv, { label: `${argv.join(' ').slice(0, 60)} on ${host.name}` });
  await waitUntil(`${started.label} listens on port ${port}`, async () => {
    if (started.exit)
      throw started.error('stock-program-ended', 'ended: is its package (TEST_PACKAGES) there?');
    return (await host.must(['ss', '-Hltn', `sport = :${port}`])) !== '';
  });
  return started;
}
