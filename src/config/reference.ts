// The config reference (docs/config.md), written from the schemas, so that it cannot miss a key.
import type * as z from 'zod';
import { keyDocs } from './field.ts';
import { routerSchema } from './router.ts';
import { childSchema, keysOf, tableOf } from './schema-walk.ts';
import { serverSchema } from './server.ts';

const INTRO = `# Config reference

Written from the schema by \`npx vitest run --project unit src/config/reference.test.ts -u\`; do not edit.

A config is one TOML file. Every mistake in it is reported at once, with line and column; unknown keys are
mistakes too. \`wanbond check -c FILE\` only looks and changes nothing. On OpenWrt all of this stands in \`/etc/config/wanbond\`,
with underscores for dashes: [openwrt.md](openwrt.md#uci-config).

\`wanbond reload -c FILE\` (or SIGHUP) makes the running daemon take over a changed file: WANs, servers, keys, tiers,
bypasses and all the rest, without losing a flow. Timeouts of the handshake and congestion control concern new flows. These
keys take a restart: \`state-dir\`, \`relay.workers\`, \`relay.pipe-size\`, \`relay.buffer-max\`, \`relay.fast-open\`, \`log.format\`; of a router also
\`data-dir\`, \`nat\`, \`server.transport\`, \`[socks]\` and with it \`lan.interfaces\`, and of \`[redirect]\` \`method\`, \`port\`, \`mark\`,
\`mark-mask\` and \`table\`; of a server also \`id\`, \`[[listen]]\`, \`[intercept]\` and \`relay.congestion\`. A file that changes one of them, like one with a mistake, is refused as a whole: what was in
force stays in force.

- **duration**: a number and one of \`h\`, \`min\`, \`s\`, \`ms\`, \`us\`, in quotes: \`"250ms"\`.
- **size**: a number and one of \`GiB\`, \`MiB\`, \`KiB\`, \`B\` (binary), in quotes: \`"16MiB"\`.
- **rate**: a number and one of \`gbit\`, \`mbit\`, \`kbit\`, \`bit\` a second, in quotes: \`"50mbit"\`.
- **data volume**: a number and one of \`TB\`, \`GB\`, \`MB\`, \`kB\`, \`B\` (decimal, as plans are sold), in quotes: \`"50GB"\`.
- **percentage**: a number and \`%\`, in quotes: \`"80%"\`.
- **prefix**: an IPv4 or IPv6 address and a length, in quotes: \`"203.0.113.0/24"\`; without a length, one address.
- **required**: the file is refused without it. A default of "-" means that leaving it out has its own meaning.
`;

const noKeyFile = (): never => {
  throw new Error('the reference reads no files');
};

export function renderReference(): string {
  return [
    INTRO,
    '## Router (`wanbond router -c FILE`)\n',
    ...role(routerSchema(noKeyFile)),
    '## Server (`wanbond server -c FILE`)\n',
    ...role(serverSchema(noKeyFile)),
  ].join('\n');
}

function role(schema: z.ZodType): string[] {
  const children = keysOf(schema).map((key) => ({ key, schema: child(schema, key) }));
  const scalars = children.filter((one) => tableOf(one.schema) === undefined);
  const out = ['### At the top of the file, before any table\n', ...table(scalars)];
  for (const { key, schema: section } of children) {
    const inner = tableOf(section);
    if (!inner) continue;
    const header = inner === section ? `[${key}]` : `[[${key}]]`;
    const doc = keyDocs.get(inner);
    const need = isOptional(section) ? '' : ' Required.';
    out.push(
      `### \`${header}\`\n`,
      `${doc?.description ?? ''}${need}\n`,
      ...table(keysOf(inner).map((name) => ({ key: name, schema: child(inner, name) }))),
    );
  }
  return out;
}

function table(rows: readonly { readonly key: string; readonly schema: z.ZodType }[]): string[] {
  const lines = rows.map(({ key, schema }) => {
    const doc = keyDocs.get(schema);
    if (!doc) throw new Error(`the key ${key} has no text for the reference`);
    const initial =
      doc.default === undefined ? (isOptional(schema) ? '-' : 'required') : `\`${doc.default}\``;
    return `| \`${key}\` | ${cell(doc.type)} | ${initial} | ${cell(doc.description)} |`;
  });
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...lines, ''];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function isOptional(schema: z.ZodType): boolean {
  return schema.safeParse(undefined).success;
}

function child(schema: z.ZodType, key: string): z.ZodType {
  const found = childSchema(schema, key);
  if (!found) throw new Error(`the schema has no key ${key}`);
  return found;
}
