// Stack options: how the client would like the server's own leg to the target, and how the server made it.
//
// Only that leg, and of it only TCP Fast Open and Multipath TCP; everything else is passed over, as the draft has it.
import type { RemoteLeg } from '../handshake.ts';
import * as socks from './constants.ts';
import { encodeOption, only, type Option } from './options.ts';

const MAX_U16 = 0xffff;

export function encodeRemoteLeg({ fastOpenBytes, isMultipath }: RemoteLeg): Buffer[] {
  const options: Buffer[] = [];
  if (fastOpenBytes !== undefined) {
    const bytes = Math.min(fastOpenBytes, MAX_U16);
    options.push(stackOption(socks.CODE_FAST_OPEN, bytes >> 8, bytes & 0xff));
  }
  if (isMultipath !== undefined) {
    options.push(
      stackOption(socks.CODE_MULTIPATH, isMultipath ? socks.MULTIPATH_YES : socks.MULTIPATH_NO, 0),
    );
  }
  return options;
}

/** Undefined when an option is cut, says something twice, or has a value that the draft does not know. */
export function decodeRemoteLeg(options: readonly Option[]): RemoteLeg | undefined {
  const stack = options.filter(({ kind }) => kind === socks.OPTION_STACK);
  if (stack.some(({ data }) => data.length < 4)) return undefined;
  const ofLeg = stack.filter(({ data }) => isOfRemoteTcp(data[0] as number));
  const byCode = ofLeg.map(({ data }) => ({ kind: data[1] as number, data: data.subarray(2) }));
  const fastOpen = only(byCode, socks.CODE_FAST_OPEN);
  const multipath = only(byCode, socks.CODE_MULTIPATH);
  if (fastOpen === 'twice' || multipath === 'twice') return undefined;
  const availability = multipath?.[0];
  if (
    availability !== undefined &&
    availability !== socks.MULTIPATH_NO &&
    availability !== socks.MULTIPATH_YES
  )
    return undefined;
  return {
    ...(fastOpen && { fastOpenBytes: fastOpen.readUInt16BE(0) }),
    ...(availability !== undefined && { isMultipath: availability === socks.MULTIPATH_YES }),
  };
}

function isOfRemoteTcp(legAndLevel: number): boolean {
  return (legAndLevel & socks.LEG_REMOTE) !== 0 && (legAndLevel & socks.LEVEL_MASK) === socks.LEVEL_TCP;
}

const stackOption = (code: number, ...data: [number, number]): Buffer =>
  encodeOption(socks.OPTION_STACK, Buffer.of(socks.LEG_REMOTE | socks.LEVEL_TCP, code, ...data));
