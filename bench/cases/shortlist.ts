// For cases that take long on their links: the methods that people weigh against each other, one of each kind.
import type { Method } from '../method.ts';

const NAMES: ReadonlySet<string> = new Set([
  'plain',
  'native',
  'wanbond-convert',
  'wanbond-shadowsocks',
  'haproxy',
  'ss-redir-aes-256-gcm',
  'redsocks',
]);

export const isShortlisted = ({ name }: Method): boolean => NAMES.has(name);
