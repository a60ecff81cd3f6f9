// The router's SOCKS port, by curl on the LAN: carried like any other flow, told what became of it, and closed to the WANs.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BACKBONE, LAN, ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { startCaddy } from './support/caddy.ts';
import { stopLeftRouters } from './support/stop-router.ts';

const PORT = 1080;
const PAGE_PORT = 80;
const CLOSED_PORT = 81;
const PAGE = `{
  admin off
}
:${PAGE_PORT} {
  respond "{http.request.remote.host}"
}
`;
// curl's: the proxy did not do what was asked; the connection was refused; it took too long.
const CURL_PROXY = 97;
const CURL_NO_CONNECTION = 7;

let lab: Lab;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  await startCaddy(lab, 'page', PAGE);
  await lab.startServer();
});
afterAll(() => lab?.close());
afterEach(() => stopLeftRouters(lab));

const fetch = (url: string, proxy: string, ...more: string[]) =>
  lab.hosts.lan.exec([
    'curl',
    '--silent',
    '--show-error',
    '--max-time',
    '10',
    '--proxy',
    proxy,
    ...more,
    url,
  ]);

test('without a login: targets of both families, and a refusal', async () => {
  // What is redirected anyway proves nothing: nothing is, but what the proxy asks for.
  await lab.startRouter({
    overrides: { socks: { port: PORT }, redirect: { 'bypass-ports': [PAGE_PORT, CLOSED_PORT] } },
  });
  for (const at of [LAN.router4, `[${LAN.router6}]`]) {
    const proxy = `socks5://${at}:${PORT}`;
    expect(await fetch(`http://${ORIGIN.address4}/`, proxy)).toMatchObject({ stdout: BACKBONE.server4 });
    expect(await fetch(`http://[${ORIGIN.address6}]/`, proxy)).toMatchObject({ stdout: BACKBONE.server6 });
    const refused = await fetch(`http://${ORIGIN.address4}:${CLOSED_PORT}/`, proxy);
    expect(refused).toMatchObject({ code: CURL_PROXY, stderr: expect.stringMatching(/\(5\)/) });
  }
  // A flow to ourselves would be a flow to the relay's own ports.
  const own = await fetch(`http://${LAN.router4}:${PORT}/`, `socks5://${LAN.router4}:${PORT}`);
  expect(own).toMatchObject({ code: CURL_PROXY });
});

test('with a login; and never from a WAN', async () => {
  const user = [{ name: 'anna', password: 'geheim' }];
  await lab.startRouter({ overrides: { socks: { port: PORT, user } } });
  const url = `http://${ORIGIN.address4}/`;
  const proxy = `socks5://${LAN.router4}:${PORT}`;
  expect(await fetch(url, proxy, '--proxy-user', 'anna:geheim')).toMatchObject({ stdout: BACKBONE.server4 });
  expect(await fetch(url, proxy, '--proxy-user', 'anna:falsch')).toMatchObject({ code: CURL_PROXY });
  expect(await fetch(url, proxy)).toMatchObject({ code: CURL_PROXY });
  const [wan] = lab.wans;
  const outside = ['curl', '--silent', '--max-time', '5', '--proxy', `socks5://${wan?.router4}:${PORT}`, url];
  expect(await lab.hosts.net.exec(outside)).toMatchObject({ code: CURL_NO_CONNECTION });
});
