// What a booted root gets of the machine that runs the lab: Node, npm, and the ways to the package registries.
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { mustRun } from '../../src/lab/command.ts';

// By which a program finds the way to the package registries.
const WAY_OUT = /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i;

/** Settings of the way out, as `NAME=value`. */
export function wayOut(): string[] {
  return Object.entries(process.env)
    .filter(([key]) => WAY_OUT.test(key))
    .map(([key, value]) => `${key}=${value}`);
}

/** npm's store of packages, so that nothing is fetched twice. */
export async function npmCache(): Promise<string> {
  const cache = await npmSetting('cache');
  mkdirSync(cache, { recursive: true });
  return cache;
}

/** Files and folders, path outside to path inside. */
export async function outsideFiles(): Promise<Record<string, string>> {
  const npmProgram = (await mustRun(['sh', '-c', 'command -v npm'])).trim();
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  const moreCertificates = process.env['NODE_EXTRA_CA_CERTS'] ?? certificates;
  const files = {
    [realpathSync(process.execPath)]: '/usr/local/bin/node',
    [dirname(dirname(realpathSync(npmProgram)))]: '/usr/local/lib/node_modules/npm',
    [await npmSetting('userconfig')]: '/root/.npmrc',
    [await npmSetting('globalconfig')]: '/usr/local/etc/npmrc',
    '/etc/apt': '/etc/apt',
    '/etc/hosts': '/etc/hosts',
    '/etc/resolv.conf': '/etc/resolv.conf',
    [certificates]: certificates,
    [moreCertificates]: moreCertificates,
  };
  return Object.fromEntries(Object.entries(files).filter(([outside]) => existsSync(outside)));
}

async function npmSetting(name: string): Promise<string> {
  return (await mustRun(['npm', 'config', 'get', name])).trim();
}
