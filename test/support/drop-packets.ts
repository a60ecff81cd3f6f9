// Silent loss, as a broken path or a firewall makes it: an nft rule in a lab host.
import type { Host } from '../../src/lab/host.ts';

let tables = 0;

/** Drops what matches `match` at the hook of `host`; the returned function lets it pass again. */
export async function dropPackets(
  host: Host,
  hook: 'input' | 'output' | 'forward',
  match: string,
): Promise<() => Promise<void>> {
  const name = `drop${++tables}`;
  const chain = `type filter hook ${hook} priority 0\n${match} drop\n`;
  const text = `table inet ${name} {\nchain loss {\n${chain}}\n}\n`;
  await host.must(['nft', '-f', '-'], { input: text });
  return async () => {
    await host.must(['nft', 'delete', 'table', 'inet', name]);
  };
}
