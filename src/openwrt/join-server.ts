// A join string to the `config server` section of a router.
import { WanbondError } from '../base/error.ts';
import type { Join } from '../setup/join.ts';
import { MAIN } from './section-types.ts';
import { parseUci, renderUci } from './uci-text.ts';

/** `text` with the server of `join` after it; all that stands there, comments too, stays as it is. @throws WanbondError */
export function withServer(text: string, file: string, join: Join): string {
  const { sections } = parseUci(text);
  if (sections.some(({ type }) => type === 'server')) {
    throw new WanbondError({
      code: 'server-there',
      message: `${file} has a \`config server\` already`,
      hint: 'Remove it first: uci delete wanbond.@server[0]; uci commit wanbond',
    });
  }
  const main = sections.find(({ name }) => name === MAIN.name);
  if (main?.options.get('role') === 'server') {
    throw new WanbondError({
      code: 'not-a-router',
      message: `${file} is the config of a server, and a join string is for a router`,
      hint: 'Set the role to router: uci set wanbond.main.role=router; uci commit wanbond',
    });
  }
  const options = new Map<string, string | readonly string[]>([
    ['address', join.hosts],
    ['port', String(join.port)],
    ['id', join.serverId],
    ['key_id', String(join.keyId)],
    ['key', Buffer.from(join.key).toString('base64')],
  ]);
  const section = renderUci([{ type: 'server', name: undefined, options }]);
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}\n${section}`;
}
