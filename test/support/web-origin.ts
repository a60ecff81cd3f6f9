// An origin of today's web: Debian's Caddy, which offers HTTP/3 on one address and does not on another.
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BACKBONE, ORIGIN } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { runDirectory } from '../../src/lab/reap.ts';
import { startCaddy } from './caddy.ts';

export interface WebOrigin {
  /** Base64 of the SHA-256 of the certificate's public key, as Chromium takes it. */
  readonly keyHash: string;
  /** What it has answered so far, in order. */
  requests(): WebRequest[];
}

export interface WebRequest {
  readonly host: string;
  readonly protocol: string;
  /** The client's address as the origin sees it. */
  readonly peer: string;
}

/** The name that is served with HTTP/3, at the origin's usual addresses. */
export const H3_NAME = 'h3.test';
/** The name that is served without, at `PLAIN_ADDRESS`. */
export const PLAIN_NAME = 'plain.test';
export const PLAIN_ADDRESS = '198.51.100.20';
const PARTS = 8;

export async function startWebOrigin(lab: Lab): Promise<WebOrigin> {
  const { origin, net, server } = lab.hosts;
  await origin.ip([`addr add ${PLAIN_ADDRESS}/32 dev lo`]);
  await net.ip([`route add ${PLAIN_ADDRESS}/32 via ${ORIGIN.address4}`]);
  await server.ip([`route add ${PLAIN_ADDRESS}/32 via ${BACKBONE.origin4}`]);
  const folder = join(runDirectory(lab.run), 'web');
  mkdirSync(folder);
  const file = (name: string): string => join(folder, name);
  const names = `subjectAltName=DNS:${H3_NAME},DNS:${PLAIN_NAME}`;
  await origin.must(
    ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'].concat([
      '-keyout',
      file('key.pem'),
      '-out',
      file('cert.pem'),
      '-days',
      '2',
      '-subj',
      '/CN=web',
      '-addext',
      names,
    ]),
  );
  const parts = Array.from({ length: PARTS }, (_, i) => `<script src="/part${i}.js"></script>`);
  writeFileSync(file('index.html'), `<!doctype html><title>web</title>${parts.join('')}<p>all of it</p>`);
  for (let i = 0; i < PARTS; i++) writeFileSync(file(`part${i}.js`), `/* ${'x'.repeat(30_000)} */`);
  const caddy = await startCaddy(lab, 'web', caddyfile(folder));
  const key = new X509Certificate(readFileSync(file('cert.pem'))).publicKey;
  return {
    keyHash: createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
    requests: () => caddy.stderr.flatMap(readRequest),
  };
}

function caddyfile(folder: string): string {
  const site = (name: string, address: string): string => `https://${name} {
  bind ${address}
  tls ${folder}/cert.pem ${folder}/key.pem
  root * ${folder}
  header Cache-Control no-store
  file_server
  log
}
`;
  return `{
  admin off
  auto_https off
  servers ${ORIGIN.address4}:443 {
    protocols h1 h2 h3
  }
  servers ${PLAIN_ADDRESS}:443 {
    protocols h1 h2
  }
}
${site(H3_NAME, ORIGIN.address4)}${site(PLAIN_NAME, PLAIN_ADDRESS)}`;
}

function readRequest(line: string): WebRequest[] {
  if (!line.includes('"handled request"')) return [];
  const { request } = JSON.parse(line) as { request: { host: string; proto: string; remote_ip: string } };
  return [{ host: request.host, protocol: request.proto, peer: request.remote_ip }];
}
