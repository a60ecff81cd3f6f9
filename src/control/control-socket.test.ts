import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askControl, serveControl } from './control-socket.ts';

test('what is asked for is answered, and only that', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'wanbond-control-'));
  const control = await serveControl(stateDir, { status: () => ({ flows: 3 }) });
  try {
    expect(await askControl(stateDir, 'status')).toEqual({ flows: 3 });
    for (const name of ['nothing', '__proto__', 'constructor', 'status/more', '']) {
      expect(await askControl(stateDir, name), name).toEqual({ error: 'unknown request' });
    }
  } finally {
    await control.close();
    rmSync(stateDir, { recursive: true });
  }
  await expect(askControl(stateDir, 'status')).rejects.toMatchObject({ code: 'not-running' });
});
