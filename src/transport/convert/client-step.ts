// What any client makes of a reply, before it judges its TLVs.
import type { ClientStep } from '../handshake.ts';
import { refused } from '../refused.ts';
import { TLV_RESERVED } from './constants.ts';
import { findTlv, parseMessage, type Tlv } from './message.ts';

const MORE: ClientStep = { kind: 'more' };

/** @param judge is called with a whole message, which is a view on `bytes` */
export function readReply(
  bytes: Uint8Array,
  judge: (message: Buffer, tlvs: readonly Tlv[]) => ClientStep,
): ClientStep {
  const parsed = parseMessage(bytes);
  switch (parsed.kind) {
    case 'more':
      return MORE;
    case 'not-convert':
    case 'malformed':
      return refused('malformed', `the reply is malformed: ${parsed.detail}`);
    case 'version':
      return refused('unsupported', `the server replied in Convert version ${parsed.version}`);
    default:
      if (findTlv(parsed.tlvs, TLV_RESERVED)) return refused('malformed', 'the reply has a TLV of type 0');
      return judge(parsed.message, parsed.tlvs);
  }
}
