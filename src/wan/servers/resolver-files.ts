// The resolvers that this host was given by its providers, from the files where the usual programs leave them.
import { readFileSync } from 'node:fs';
import { type Address, parseAddress, uniqueAddresses } from '../../base/address.ts';
import { type Prefix, parsePrefix, prefixContains } from '../../base/prefix.ts';

// What the first one names is often a forwarder on this host; those behind it stand in the others (systemd-resolved,
// OpenWrt's netifd, resolvconf with dnsmasq).
const FILES = [
  '/etc/resolv.conf',
  '/run/systemd/resolve/resolv.conf',
  '/tmp/resolv.conf.d/resolv.conf.auto',
  '/run/dnsmasq/resolv.conf',
];
const LOOPBACK: readonly Prefix[] = ['127.0.0.0/8', '::1/128'].map((text) => parsePrefix(text));

/** Those that are not this host itself, each once. */
export function readResolvers(files: readonly string[] = FILES): Address[] {
  return uniqueAddresses(files.flatMap((file) => nameservers(readOrEmpty(file))));
}

/** Of the text of a resolv.conf(5). */
export function nameservers(text: string): Address[] {
  return text.split('\n').flatMap((line) => {
    const [keyword, value = ''] = line.trim().split(/\s+/);
    if (keyword !== 'nameserver') return [];
    try {
      const address = parseAddress(value);
      return LOOPBACK.some((prefix) => prefixContains(prefix, address)) ? [] : [address];
    } catch {
      // A link-local one with its interface behind a %: it can only be asked there, and seldom is the only one.
      return [];
    }
  });
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
