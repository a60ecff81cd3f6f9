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

// Long enough that one TCP flow fills the link, short enough that it does not hide a stall.
const DEFAULT_QUEUE_MS = 50;
// One frame fits, or nothing would pass; super-packets larger than this are cut up by tbf.
const BURST_MIN_BYTES = 16_000;
// What tbf may send at once after a pause. 2 ms covers a late timer without making the rate lumpy.
const BURST_MS = 2;

/** The arguments of `tc qdisc add dev DEVICE root` for one direction of a shaped veth. */
export function tbfArguments(spec: WanSpec): string {
  const burstBytes = Math.max(BURST_MIN_BYTES, Math.ceil((spec.rateBps / 8 / 1000) * BURST_MS));
  const queueMs = spec.queueMs ?? DEFAULT_QUEUE_MS;
  // A queue that holds less than a super-packet would drop every one of them.
  const limitBytes = Math.max(burstBytes, 64_000, Math.ceil((spec.rateBps / 8 / 1000) * queueMs));
  return `tbf rate ${spec.rateBps}bit burst ${burstBytes}b limit ${limitBytes}b`;
}
