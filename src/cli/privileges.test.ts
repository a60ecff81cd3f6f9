// Who is told that a command takes root, and who may go on.
import { expect, test, vi } from 'vitest';
import { parseRouterConfig } from '../config/load.ts';
import { makePlan } from './plan.ts';
import { requireNetAdmin, requireRoot } from './privileges.ts';
import { upCommand } from './up.ts';

const NET_ADMIN_ONLY = 1n << 12n;
const ALL_BUT_NET_ADMIN = 0x1ff_ffff_ffffn & ~NET_ADMIN_ONLY;

test('what takes root says so and what to do', () => {
  expect(() => requireRoot('install services', 0)).not.toThrow();
  expect(() => requireRoot('install services', 1000)).toThrow(
    expect.objectContaining({
      code: 'not-root',
      message: 'only root may install services',
      hint: expect.stringContaining('sudo'),
    }),
  );
});

test('what takes one capability is no matter of the user', () => {
  expect(() => requireNetAdmin('the router', NET_ADMIN_ONLY)).not.toThrow();
  expect(() => requireNetAdmin('the router', ALL_BUT_NET_ADMIN)).toThrow(/^the router needs CAP_NET_ADMIN/);
});

test('a router is not planned without it: the kernel would not say whether it has TPROXY', async () => {
  const text = `[lan]\ninterfaces = ["lan0"]\n[server]\ntransport = "direct"\n[[wan]]\nname = "dsl"\ninterface = "eth1"\n`;
  const { config } = parseRouterConfig(text, 'r.toml');
  await expect(makePlan({ role: 'router', config }, ALL_BUT_NET_ADMIN)).rejects.toMatchObject({
    code: 'no-privileges',
  });
});

test('`up` looks at nothing before it has said that it takes root', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  try {
    const up = upCommand().parseAsync(['-c', '/nowhere.toml', '--record', '/nowhere'], { from: 'user' });
    await expect(up).rejects.toMatchObject({ code: 'not-root' });
  } finally {
    vi.restoreAllMocks();
  }
});
