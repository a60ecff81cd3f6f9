// Packets that get no further, as a broken path or a firewall makes it: an nft rule in a lab host.
import type { Host } from '../../src/lab/host.ts';

let tables = 0;

type Hook = 'input' | 'output' | 'forward';

/** Drops what matches `match` at the hook of `host`; the returned function lets it pass again. */
export const dropPackets = (host: Host, hook: Hook, match: string): Promise<() => Promise<void>> =>
  stopPackets(host, hook, `${match} drop`);

/** The same for TCP, with a reset as answer. */
export const rejectPackets = (host: Host, hook: Hook, match: string): Promise<() => Promise<void>> =>
  stopPackets(host, hook, `${match} reject with tcp reset`);

async function stopPackets(host: Host, hook: Hook, rule: string): Promise<() => Promise<void>> {
  const name = `drop${++tables}`;
  const chain = `type filter hook ${hook} priority 0\n${rule}\n`;
  const text = `table inet ${name} {\nchain loss {\n${chain}}\n}\n`;
  await host.must(['nft', '-f', '-'], { input: text });
  return async () => {
    await host.must(['nft', 'delete', 'table', 'inet', name]);
  };
}
