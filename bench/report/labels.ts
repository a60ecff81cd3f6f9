// What the compared methods are called in tables and plots, for a reader who never saw the project, and their order.

/** Of the memory at start: what a small router would run. It is measured in one case alone. */
export const ONE_WORKER = 'wanbond-convert-1-worker';

const LABELS: Readonly<Record<string, string>> = {
  plain: 'plain routing',
  native: 'MPTCP end to end, no proxy',
  'wanbond-convert': 'wanbond, convert',
  [ONE_WORKER]: 'wanbond, convert, one worker thread',
  'wanbond-direct': 'wanbond, direct',
  'wanbond-socks5': 'wanbond, SOCKS 5',
  'wanbond-socks6': 'wanbond, SOCKS 6',
  'wanbond-shadowsocks': 'wanbond, Shadowsocks 2022',
  haproxy: 'HAProxy, spliced, MPTCP',
  'ss-redir-aes-128-gcm': 'ss-redir + ss-server, AES-128-GCM',
  'ss-redir-aes-256-gcm': 'ss-redir + ss-server, AES-256-GCM',
  'ss-redir-chacha20': 'ss-redir + ss-server, ChaCha20',
  redsocks: 'redsocks + microsocks',
  v2ray: 'V2Ray',
};

/** All that are known, in the order of tables and plots. */
export const METHODS: readonly string[] = Object.keys(LABELS);

/** The name itself where there is no label. */
export const labelOf = (method: string): string => LABELS[method] ?? method;

export const isOurs = (method: string): boolean => method.startsWith('wanbond');

/** Each once; those without a label last. */
export function inOrder(methods: Iterable<string>): string[] {
  const given = new Set(methods);
  const known = METHODS.filter((method) => given.has(method));
  return [...known, ...[...given].filter((method) => !METHODS.includes(method))];
}
