// What carries a WAN of the lab: an unshaped veth, a veth with tbf, or the emulator's TUN pair.
import { parseWan, type WanSpec } from './wan-spec.ts';

export type WanLink =
  | { readonly kind: 'unshaped' }
  | { readonly kind: 'tbf'; readonly spec: WanSpec }
  | { readonly kind: 'emulated'; readonly spec: WanSpec };

export const UNSHAPED = 'unshaped';

/** The text of `--wan`. @throws WanbondError `bad-wan-spec` */
export function parseWanLink(text: string): WanLink {
  if (text.trim() === UNSHAPED) return { kind: 'unshaped' };
  const spec = parseWan(text);
  const plain = spec.delayMs === 0 && spec.jitterMs === 0 && spec.lossRatio === 0;
  return { kind: plain ? 'tbf' : 'emulated', spec };
}

/** The same link as one that can be cut: the emulator's, with the queue that it had. */
export function cuttable(link: WanLink): WanLink {
  if (link.kind !== 'tbf') return link;
  return { kind: 'emulated', spec: { queueMs: DEFAULT_QUEUE_MS, ...link.spec } };
}

// Long enough that one TCP flow fills the link, short enough that it does not hide a stall.
const DEFAULT_QUEUE_MS = 50;
// What tbf may make up for after a late timer. It is given out at the peak rate, not at once: without that bound a
// burst crosses the link in microseconds, bbr takes it for a rate of gigabits, and its other links run dry.
const BURST_MIN_BYTES = 16_000;
const BURST_MS = 2;
const PEAK_FACTOR = 1.25;
// What may leave at once: one frame, on fast links as many as a timer of 0.3 ms needs. Super-packets are cut up.
const FRAME_MAX_BYTES = 1600;
const AT_ONCE_MS = 0.3;
// A queue that holds less than a super-packet would drop every one of them.
const QUEUE_MIN_BYTES = 64_000;

/** The arguments of `tc qdisc add dev DEVICE root` for one direction of a shaped veth. */
export function tbfArguments(spec: WanSpec): string {
  const bytesOf = (ms: number): number => Math.ceil((spec.rateBps / 8 / 1000) * ms);
  const burstBytes = Math.max(BURST_MIN_BYTES, bytesOf(BURST_MS));
  const limitBytes = Math.max(QUEUE_MIN_BYTES, burstBytes, bytesOf(spec.queueMs ?? DEFAULT_QUEUE_MS));
  const peakBps = Math.round(spec.rateBps * PEAK_FACTOR);
  const atOnceBytes = Math.max(FRAME_MAX_BYTES, bytesOf(AT_ONCE_MS));
  return (
    `tbf rate ${spec.rateBps}bit burst ${burstBytes}b limit ${limitBytes}b ` +
    `peakrate ${peakBps}bit mtu ${atOnceBytes}b`
  );
}
