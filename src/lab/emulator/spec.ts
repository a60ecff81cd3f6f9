// What the emulator process is told: the links at its start, then commands, one JSON document per line.
import { z } from 'zod';
import { WanbondError } from '../../base/error.ts';

const rateBps = z.number().min(1000).max(10e9);
const timeMs = z.number().min(0).max(10_000);
const lossRatio = z.number().min(0).max(1);
const queue = {
  queueMs: z.number().positive().max(60_000).exactOptional(),
  queueBytes: z.number().positive().exactOptional(),
};
const direction = z.strictObject({ rateBps, delayMs: timeMs, jitterMs: timeMs, lossRatio, ...queue });
const directionChange = z.strictObject({
  rateBps: rateBps.exactOptional(),
  delayMs: timeMs.exactOptional(),
  jitterMs: timeMs.exactOptional(),
  lossRatio: lossRatio.exactOptional(),
  ...queue,
});
const end = z.strictObject({
  /** A named network namespace, as `ip netns` lists them. */
  netns: z.string().min(1),
  device: z.string().regex(/^[^\s/]{1,15}$/),
});
const linkName = z.string().min(1);

const emulatorSpec = z.strictObject({
  /** Try SCHED_FIFO; where the kernel refuses, the emulator runs without and stats say why. */
  realtime: z.boolean().default(false),
  links: z.array(z.strictObject({ name: linkName, a: end, b: end, aToB: direction, bToA: direction })),
});

const command = z.union([
  z.strictObject({
    link: linkName,
    /** Both directions without it. */
    direction: z.enum(['aToB', 'bToA']).exactOptional(),
    set: directionChange,
  }),
  z.strictObject({
    link: linkName,
    carrier: z.boolean(),
    /** Both ends without it. The link carries packets only while both ends have carrier. */
    end: z.enum(['a', 'b']).exactOptional(),
  }),
  z.strictObject({ stats: z.literal(true) }),
]);

export type EmulatorSpec = z.input<typeof emulatorSpec>;
export type LinkSpec = EmulatorSpec['links'][number];
export type Command = z.infer<typeof command>;

function parse<T>(schema: z.ZodType<T>, text: string, what: string, hint: string): T {
  let problem: string;
  try {
    const result = schema.safeParse(JSON.parse(text));
    if (result.success) return result.data;
    problem = z.prettifyError(result.error).replaceAll(/\s*\n\s*/g, '; ');
  } catch {
    problem = 'not JSON';
  }
  throw new WanbondError({ code: 'bad-emulator-input', message: `bad ${what}: ${problem}`, hint });
}

/** @throws WanbondError `bad-emulator-input` */
export function parseEmulatorSpec(text: string): z.infer<typeof emulatorSpec> {
  const hint =
    'Give {"links":[{"name","a":{"netns","device"},"b":{...},"aToB":{"rateBps",...},"bToA":{...}}]}.';
  return parse(emulatorSpec, text, 'emulator spec', hint);
}

/** @throws WanbondError `bad-emulator-input` */
export function parseCommand(line: string): Command {
  const hint =
    'Give {"link":NAME,"set":{...}} (with "direction"), {"link":NAME,"carrier":BOOL} (with "end"), or {"stats":true}.';
  return parse(command, line, 'command', hint);
}
