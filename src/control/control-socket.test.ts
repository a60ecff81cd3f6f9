import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { WanbondError } from '../base/error.ts';
import { controlRequest } from '../daemon/control-request.ts';
import { askControl, controlPath, serveControl, tellControl, unanswered } from './control-socket.ts';

const double = controlRequest(z.strictObject({ of: z.number() }), ({ of }) => {
  if (of === 13) throw new WanbondError({ code: 'unlucky', message: '13 it is', hint: 'Take 14.' });
  if (of === 0) throw new RangeError('boom');
  return { is: 2 * of };
});

let stateDir: string;
let control: Awaited<ReturnType<typeof serveControl>>;
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'wanbond-control-'));
  control = await serveControl(stateDir, { facts: { status: () => ({ flows: 3 }) }, requests: { double } });
});
afterAll(async () => {
  await control.close();
  await expect(askControl(stateDir, 'status')).rejects.toMatchObject({ code: 'not-running' });
  rmSync(stateDir, { recursive: true });
});

/** As any other client would. */
function post(name: string, body: string): Promise<{ status: number | undefined; answer: unknown }> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: controlPath(stateDir), path: `/${name}`, method: 'POST' };
    const asking = request(options, (response) => {
      void text(response).then((answer) =>
        resolve({ status: response.statusCode, answer: JSON.parse(answer) as unknown }),
      );
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

test('what is asked for is answered, and only that', async () => {
  expect(await askControl(stateDir, 'status')).toEqual({ flows: 3 });
  for (const name of ['nothing', '__proto__', 'constructor', 'status/more', '', 'double']) {
    await expect(askControl(stateDir, name), name).rejects.toMatchObject({ code: 'unknown-request' });
  }
  await expect(tellControl(stateDir, 'status', {})).rejects.toMatchObject({ code: 'unknown-request' });
});

test('a request is carried out, or refused with its reason', async () => {
  expect(await tellControl(stateDir, 'double', { of: 21 })).toEqual({ is: 42 });
  await expect(tellControl(stateDir, 'double', { of: 13 })).rejects.toMatchObject({
    code: 'unlucky',
    message: '13 it is',
    hint: 'Take 14.',
  });
  await expect(tellControl(stateDir, 'double', { of: 'x' })).rejects.toMatchObject({ code: 'bad-request' });
  await expect(tellControl(stateDir, 'double', { of: 1, and: 2 })).rejects.toThrow(/and/);
  await expect(tellControl(stateDir, 'double', { of: 0 })).rejects.toMatchObject({ code: 'internal' });
});

test('what is no JSON is refused, and what does not end is cut off', async () => {
  expect(await post('double', '{')).toMatchObject({ status: 400, answer: { code: 'bad-request' } });
  expect(await post('double', '')).toMatchObject({ status: 400 });
  const outcome = await post('double', `"${'x'.repeat(200_000)}"`).catch(() => 'cut off');
  if (outcome !== 'cut off') expect(outcome).toMatchObject({ status: 400 });
  expect(await askControl(stateDir, 'status')).toEqual({ flows: 3 });
});

test('who may not ask is told so, and not that nothing runs', () => {
  const denied = Object.assign(new Error('connect EACCES'), { code: 'EACCES' });
  expect(unanswered('/run/wanbond/control.sock', denied)).toMatchObject({
    code: 'not-allowed',
    hint: 'Run it with sudo.',
  });
});
