// Whether a packet matches a condition of a rule: yes, no, or maybe where we do not know enough of either.
import { parseAddress } from '../../../base/address.ts';
import { type Prefix, parsePrefix, prefixContains } from '../../../base/prefix.ts';
import { type Packet, type Value, valueOf } from './packet.ts';
import { arrayOf, asJson, type Chain, elementsOf, type Json, type Ruleset, textOf } from './ruleset.ts';

export type Tri = 'yes' | 'no' | 'maybe';

export function both(a: Tri, b: Tri): Tri {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'yes' && b === 'yes' ? 'yes' : 'maybe';
}

const not = (tri: Tri): Tri => (tri === 'maybe' ? tri : tri === 'yes' ? 'no' : 'yes');

function any(tris: readonly Tri[]): Tri {
  if (tris.includes('yes')) return 'yes';
  return tris.includes('maybe') ? 'maybe' : 'no';
}

/** Where a rule stands: its set names are those of its table. */
export interface Place {
  readonly ruleset: Ruleset;
  readonly chain: Chain;
}

/** The statement `match`. */
export function matches({ left, op, right }: Json, packet: Packet, place: Place): Tri {
  const isConcat = asJson(left)?.['concat'] !== undefined;
  const value = isConcat ? undefined : valueOf(left, packet);
  if (value?.kind === 'absent') return 'no';
  if (op !== '==' && op !== '!=' && op !== 'in') return 'maybe';
  if (op === 'in' && value?.kind === 'flags') return flagsOverlap(value.values, right);
  const tri = equals(left, right, packet, place);
  return op === '!=' ? not(tri) : tri;
}

/** Whether the value of `left` is `right`, or one of it. */
export function equals(left: unknown, right: unknown, packet: Packet, place: Place): Tri {
  if (typeof right === 'string' && right.startsWith('@')) {
    const elements = elementsOf(place.ruleset, place.chain, right.slice(1));
    return elements ? any(elements.map((one) => equals(left, one, packet, place))) : 'maybe';
  }
  const json = asJson(right);
  const set = json?.['set'];
  if (set !== undefined) {
    const members = Array.isArray(set) ? set : [set];
    return any(members.map((one) => equals(left, one, packet, place)));
  }
  const element = asJson(json?.['elem']);
  if (element) return equals(left, element['val'], packet, place);
  const parts = asJson(left)?.['concat'];
  if (parts === undefined) return isOne(valueOf(left, packet), right);
  const values = arrayOf(json?.['concat']);
  return arrayOf(parts).reduce<Tri>(
    (tri, part, i) => both(tri, equals(part, values[i], packet, place)),
    'yes',
  );
}

function isOne(value: Value, right: unknown): Tri {
  switch (value.kind) {
    case 'absent':
      return 'no';
    case 'unknown':
      return 'maybe';
    case 'flags':
      return sameFlags(value.values, right);
    case 'prefix':
      return prefixIn(value.prefix, right);
    default:
      return scalarIs(value.value, right);
  }
}

function scalarIs(value: string | number, right: unknown): Tri {
  const range = arrayOf(asJson(right)?.['range']).map(Number);
  const [from, to] = range;
  if (from !== undefined && to !== undefined) {
    return Number(value) >= from && Number(value) <= to ? 'yes' : 'no';
  }
  if (typeof right === 'boolean') return Boolean(value) === right ? 'yes' : 'no';
  if (typeof right === 'string' && right.endsWith('*')) {
    return String(value).startsWith(right.slice(0, -1)) ? 'yes' : 'no';
  }
  if (typeof right !== 'string' && typeof right !== 'number') return 'maybe';
  // A number of ours beside a name of theirs (a service, a mark) says nothing.
  if (typeof value !== typeof right && Number.isNaN(Number(right))) return 'maybe';
  return String(value) === String(right) ? 'yes' : 'no';
}

const namesOf = (right: unknown): readonly unknown[] => (Array.isArray(right) ? right : [right]);

function sameFlags(values: readonly string[], right: unknown): Tri {
  if (right === 0) return values.length === 0 ? 'yes' : 'no';
  if (typeof right === 'number') return 'maybe';
  const names = namesOf(right);
  return names.length === values.length && names.every((one) => values.includes(String(one))) ? 'yes' : 'no';
}

function flagsOverlap(values: readonly string[], right: unknown): Tri {
  const names = namesOf(asJson(right)?.['set'] ?? right);
  return names.some((one) => values.includes(String(one))) ? 'yes' : 'no';
}

function prefixIn(ours: Prefix, right: unknown): Tri {
  const json = asJson(right);
  const range = arrayOf(json?.['range']).map(String);
  try {
    if (range[0] !== undefined && range[1] !== undefined) return inRange(ours, range[0], range[1]);
    const written = asJson(json?.['prefix']);
    const text = written ? `${textOf(written['addr'])}/${textOf(written['len'])}` : (textOf(right) ?? '');
    const theirs = parsePrefix(text);
    if (theirs.bits <= ours.bits) return prefixContains(theirs, ours.address) ? 'yes' : 'no';
    return prefixContains(ours, theirs.address) ? 'maybe' : 'no';
  } catch {
    return 'maybe';
  }
}

function inRange(ours: Prefix, fromText: string, toText: string): Tri {
  const [from, to] = [parseAddress(fromText), parseAddress(toText)];
  const isSingle = ours.bits === 128;
  const isInside = Buffer.compare(ours.address, from) >= 0 && Buffer.compare(ours.address, to) <= 0;
  if (isSingle) return isInside ? 'yes' : 'no';
  return 'maybe';
}
