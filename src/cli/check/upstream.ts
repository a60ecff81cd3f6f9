// From what was tried on the way to the server to findings: pure.
import { familyOf, formatSocketAddress, sameAddress } from '../../base/address.ts';
import type { DialledServer } from '../../config/router.ts';
import { rpFilter } from '../../plan/reverse-path.ts';
import type { Answer, HelloResult } from '../../wan/tries/hello-result.ts';
import type { PathResult } from '../../wan/tries/server-check.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { mptcpFinding } from './upstream-mptcp.ts';

export interface UpstreamContext {
  readonly server: DialledServer;
  /** Interfaces on which the kernel drops answers that it would not have sent there (rp_filter 1). */
  readonly strictDevices: ReadonlySet<string>;
}

// Below this nobody notices; the server itself asks at 1 s ahead and 30 s behind.
const CLOCK_TOLERANCE_MS = 1000;

export function upstreamFindings(results: readonly PathResult[], context: UpstreamContext): Finding[] {
  return [
    ...results.flatMap((result) => {
      const used = result.hello.kind === 'connected' ? result.hello : result.plain;
      if (used?.kind !== 'connected') return [noConnection(result, results, context)];
      return [answered(result, used, context), mptcpFinding(result)];
    }),
    // Nothing of a converter of others depends on it.
    ...(isForeign(context.server) ? [] : clock(results)),
  ];
}

const subjectOf = ({ path }: PathResult): string => `server over ${path.wan}`;

const whereOf = ({ path }: PathResult): string => formatSocketAddress(path.to);

function noConnection(
  result: PathResult,
  all: readonly PathResult[],
  { server, strictDevices }: UpstreamContext,
): Finding {
  const { path } = result;
  const hello = result.hello as Extract<HelloResult, { kind: 'no-connection' }>;
  const [subject, where] = [subjectOf(result), whereOf(result)];
  switch (hello.why) {
    case 'refused':
      return fail(
        subject,
        `${where}: refused`,
        `Start the server there, or correct server.address and server.port (${server.port}); a firewall may refuse, too.`,
      );
    case 'unreachable': {
      const family = familyOf(path.to.address);
      const hint = `Check the default route: \`ip -${family} route show dev ${path.device}\`; \`wanbond check\` without -c shows what this kernel lacks.`;
      return fail(subject, `${where}: cannot be reached (${hello.errno})`, hint);
    }
    default:
      return fail(subject, `${where}: timeout, nothing answers`, timeoutHint(result, all, strictDevices));
  }
}

function timeoutHint(
  { path }: PathResult,
  all: readonly PathResult[],
  strictDevices: ReadonlySet<string>,
): string {
  if (strictDevices.has(path.device) && familyOf(path.to.address) === 4) {
    return `Run \`sysctl -w ${rpFilter(path.device)}=2\` and check again: with 1 the kernel drops the answers.`;
  }
  const others = all.filter(
    (other) =>
      other.path.device !== path.device &&
      sameAddress(other.path.to.address, path.to.address) &&
      [other.hello, other.plain].some((one) => one?.kind === 'connected'),
  );
  const names = [...new Set(others.map((other) => other.path.wan))].join(', ');
  if (names) {
    return `The server answers over ${names}: check whether ${path.wan} has Internet at all, and what blocks TCP port ${path.to.port} there.`;
  }
  return `Check that the server runs, that its firewall (also the one of its cloud) lets TCP port ${path.to.port} in, and that ${path.wan} has Internet.`;
}

function answered(
  result: PathResult,
  { connectMs, answer }: Extract<HelloResult, { kind: 'connected' }>,
  { server }: UpstreamContext,
): Finding {
  const [subject, where] = [subjectOf(result), whereOf(result)];
  if (answer.kind === 'connected')
    return ok(
      subject,
      `${where}: connects in ${milliseconds(connectMs)}; whether it takes us shows with the first flow`,
    );
  if (answer.kind === 'proved') return ok(subject, `${where}: ok, connects in ${milliseconds(connectMs)}`);
  const [what, hint] = explain(answer, server);
  return fail(subject, `${where}: ${what}`, hint);
}

function explain(
  answer: Exclude<Answer, { kind: 'proved' | 'connected' }>,
  server: DialledServer,
): readonly [what: string, hint: string] {
  const other = `Correct server.address and server.port (${server.port}), or stop what listens there instead of wanbond.`;
  if (answer.kind === 'silent') return ['something else listens there: it connects but says nothing', other];
  if (answer.kind === 'closed') {
    return ['something else listens there: it closes the connection without an answer', other];
  }
  if (isForeign(server)) return explainForeign(answer, other);
  const key = compareHint(server);
  switch (answer.reason) {
    case 'not-authorized':
      return ['wrong key: the server does not take ours', key];
    case 'server-reply-unauthenticated':
      return [`wrong key: the server does not prove that it has ours (${answer.detail})`, key];
    case 'malformed':
      return [`something else listens there: ${answer.detail}`, other];
    case 'unsupported':
      return [
        `the server speaks something else: ${answer.detail}`,
        'Run a wanbond server there, of this version.',
      ];
    case 'clock':
      return [
        `the clocks do not come together: ${answer.detail}`,
        'Set the clocks of router and server (NTP).',
      ];
    default:
      return [
        `the server refuses: ${answer.detail}`,
        "See the server's log; it may be out of files or memory.",
      ];
  }
}

const isForeign = ({ protocol }: DialledServer): boolean => protocol.transport === 'convert' && !protocol.key;

/** @param other what to do when it is no converter */
function explainForeign(
  { reason, detail }: Extract<Answer, { kind: 'refused' }>,
  other: string,
): readonly [what: string, hint: string] {
  switch (reason) {
    case 'not-authorized':
      return [
        `the converter does not serve us: ${detail}`,
        'Have the address of this WAN allowed there; a wanbond server takes it in listen.foreign-clients.',
      ];
    case 'malformed':
      return [`no converter listens there: ${detail}`, other];
    case 'unsupported':
      return [detail, 'Have Multipath TCP enabled there, or use another server.'];
    default:
      return [`the converter refuses: ${detail}`, 'Ask who runs it; it may be overloaded.'];
  }
}

function compareHint({ protocol }: DialledServer): string {
  return protocol.transport === 'convert'
    ? `Compare server.id ("${protocol.id}"), server.key-id (${protocol.keyId}) and the key with the config of the server.`
    : 'Compare server.user and server.password with the config of the server.';
}

function clock(results: readonly PathResult[]): Finding[] {
  const offsets = results.flatMap(({ clockOffsetMs }) => clockOffsetMs ?? []);
  const largest = offsets.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0];
  if (largest !== undefined && Math.abs(largest) >= CLOCK_TOLERANCE_MS) {
    const side = largest > 0 ? 'behind' : 'ahead of';
    return [
      warn(
        'clock',
        `off by ${seconds(Math.abs(largest))}: this host is ${side} the server`,
        'Set the clocks (NTP). wanbond works all the same, at the price of one more round trip after each start.',
      ),
    ];
  }
  const isProved = results.some(({ hello, plain }) =>
    [hello, plain].some((one) => one?.kind === 'connected' && one.answer.kind === 'proved'),
  );
  return isProved ? [ok('clock', 'right enough for the server')] : [];
}

const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
const seconds = (ms: number): string => `${ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`;
