// Crafted hellos on their way to the lab's server, and how it answers.
import { ORIGIN, SERVER } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { CONVERT_PORT } from '../../src/lab/program-config.ts';
import type { ClientStep } from '../../src/transport/handshake.ts';
import { type CraftedHello, craftHello } from './craft-hello.ts';
import { probeAll } from './tcp-probe.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

/** Sends each on a plain TCP connection of its own from the router's host; what a router makes of the replies. */
export async function sendHellos(lab: Lab, hellos: readonly CraftedHello[]): Promise<ClientStep[]> {
  const to = { address: SERVER.address4, port: CONVERT_PORT };
  const results = await probeAll(
    lab.hosts.router,
    hellos.map(({ bytes }) => ({ ...to, send: bytes })),
  );
  return hellos.map(({ handshake }, i) => handshake.receive(results[i]?.received ?? Buffer.alloc(0)));
}

/** Right after its start a server asks every hello for a cookie; resolves when it has stopped to. */
export async function awaitNoCookie(lab: Lab): Promise<void> {
  await waitUntil('the server takes hellos without a cookie', async () => {
    // Nobody listens there.
    const [step] = await sendHellos(lab, [craftHello(lab, { address: ORIGIN.address4, port: 1 })]);
    return step?.kind === 'refused' && step.reason === 'refused-by-target';
  });
}
