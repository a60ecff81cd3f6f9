// A browser of today on the LAN, and a site that offers HTTP/3: over TCP, which is bonded, where QUIC is refused, and
// over UDP where it is left alone. Browser, origin and packets tell the same. A browser is too heavy a neighbour for
// other tests.
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { BACKBONE, ORIGIN, type WanAddresses } from '../../src/lab/addresses.ts';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import { browse, type PageLoad, type PageStep } from '../support/browser.ts';
import { type Counts, countPackets, growth } from '../support/packet-counts.ts';
import { stopCleanly, stopLeftRouters } from '../support/stop-router.ts';
import { H3_NAME, PLAIN_ADDRESS, PLAIN_NAME, startWebOrigin, type WebOrigin } from '../support/web-origin.ts';

const H3 = `https://${H3_NAME}/`;
const PLAIN = `https://${PLAIN_NAME}/`;
// A browser that knows nothing of a port unreachable would wait for QUIC as long as this and longer.
const LONG_MS = 3000;

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

let lab: Lab;
let wan: WanAddresses;
let web: WebOrigin;
let lanCounts: () => Promise<Counts<'quic' | 'refused'>>;
let originCounts: () => Promise<Counts<'quic' | 'tcp'>>;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  wan = lab.wans[0] as WanAddresses;
  web = await startWebOrigin(lab);
  lanCounts = await countPackets(lab.hosts.lan, {
    quic: { hook: 'output', match: 'udp dport 443' },
    refused: { hook: 'input', match: 'icmp type destination-unreachable icmp code port-unreachable' },
  });
  originCounts = await countPackets(lab.hosts.origin, {
    quic: { hook: 'input', match: 'udp dport 443' },
    tcp: { hook: 'input', match: 'tcp dport 443' },
  });
  await lab.startServer();
});
afterAll(() => lab?.close());
afterEach(() => stopLeftRouters(lab));

interface Visit {
  readonly loads: readonly PageLoad[];
  /** `HTTP/2.0 from ADDRESS`, each once, as the origin sees the name with HTTP/3. */
  readonly seen: readonly string[];
  /** By what they count, what came in the meantime. */
  readonly lan: Counts<'quic' | 'refused'>;
  readonly origin: Counts<'quic' | 'tcp'>;
}

async function visit(profile: string, steps: readonly PageStep[]): Promise<Visit> {
  const from = web.requests().length;
  const [lan, origin] = await Promise.all([lanCounts(), originCounts()]);
  const loads = await browse(lab, profile, steps, [
    `--ignore-certificate-errors-spki-list=${web.keyHash}`,
    `--host-resolver-rules=MAP ${H3_NAME} ${ORIGIN.address4}, MAP ${PLAIN_NAME} ${PLAIN_ADDRESS}, MAP * ~NOTFOUND`,
    // Chromium takes HTTP/3 only from certificates of public authorities, and from names that are listed here; which
    // port is forced does not matter to that, and nobody asks for this one.
    `--origin-to-force-quic-on=${H3_NAME}:4433`,
  ]);
  const requests = web.requests().slice(from);
  return {
    loads,
    seen: [
      ...new Set(
        requests
          .filter(({ host }) => host === H3_NAME)
          .map(({ protocol, peer }) => `${protocol} from ${peer}`),
      ),
    ],
    lan: growth(lan, await lanCounts()),
    origin: growth(origin, await originCounts()),
  };
}

const protocolsOf = (loads: readonly PageLoad[]): string[] => [
  ...new Set(loads.flatMap(({ protocols, error }) => protocols ?? [error ?? 'nothing'])),
];

test('"leave": the browser learns of HTTP/3 and loads the page over UDP, which one WAN takes', async () => {
  const router = await lab.startRouter({ overrides: { quic: 'leave' } });
  const { loads, seen, lan, origin } = await visit('learned', [{ url: H3, until: 'h3', times: 20 }]);
  expect(loads.at(-1)).toMatchObject({ text: 'all of it' });
  expect(protocolsOf(loads.slice(-1))).toEqual(['h3']);
  // The first page tells of HTTP/3.
  expect(seen).toEqual([`HTTP/2.0 from ${BACKBONE.server4}`, `HTTP/3.0 from ${wan.router4}`]);
  expect(lan.refused).toBe(0);
  expect(origin.quic).toBeGreaterThan(20);
  await stopCleanly(router);
});

test('by default QUIC is refused: the page comes over TCP and no later, also where the browser knows that QUIC works', async () => {
  const router = await lab.startRouter();
  for (const profile of ['learned', 'new']) {
    const steps = [{ url: H3 }, { url: H3 }, { url: PLAIN }];
    const { loads, seen, lan, origin } = await visit(profile, steps);
    expect(loads.map(({ text }) => text)).toEqual(steps.map(() => 'all of it'));
    expect(protocolsOf(loads)).toEqual(['h2']);
    expect(seen).toEqual([`HTTP/2.0 from ${BACKBONE.server4}`]);
    // It did try.
    expect(lan.quic).toBeGreaterThan(0);
    expect(lan.refused).toBeGreaterThan(0);
    expect(origin.quic).toBe(0);
    expect(origin.tcp).toBeGreaterThan(20);
    const [first, second, plain] = loads.map(({ loadMs }) => loadMs ?? Number.POSITIVE_INFINITY);
    expect(first).toBeLessThan((plain ?? 0) + LONG_MS);
    expect(second).toBeLessThan((plain ?? 0) + LONG_MS);
  }
  await stopCleanly(router);
});
