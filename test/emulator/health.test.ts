/** The emulator in a container: `/health` and `/ready`, which are asked without a token, and a client beside it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { healthRoutes } from '../../src/emulator/control/health-routes.js';
import { startEmulator } from '../../src/emulator/start.js';
import type { HttpRequest } from '../../src/emulator/wire/http/request.js';
import { run } from '../cli/in-process.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { startTestEmulator } from './support.js';

test('an emulator that has started is healthy and ready, also to HEAD, and answers nothing else there', async () => {
  const emulator = await startTestEmulator();
  try {
    for (const [path, status] of [
      ['/health', 'healthy'],
      ['/ready', 'ready'],
    ] as const) {
      const reply = await emulator.call({ path });
      assert.equal(reply.status, 200);
      assert.deepEqual(reply.body, { status });
      assert.equal((await emulator.call({ method: 'HEAD', path })).status, 200);
      const refused = await emulator.call({ method: 'POST', path });
      assert.equal(refused.status, 405);
    }
    await emulator.reset();
    assert.equal((await emulator.call({ path: '/ready' })).status, 200);
  } finally {
    await emulator.stop();
  }
});

test('one that cannot be used yet is healthy, and says when to ask again', async () => {
  const [health, ready] = healthRoutes(() => false);
  const request = {} as HttpRequest;
  assert.equal((await health!.handle(request)).status, 200);
  const reply = await ready!.handle(request);
  assert.equal(reply.status, 503);
  assert.deepEqual(reply.body, { status: 'notReady' });
  assert.equal(reply.headers?.['retry-after'], '1');
});

test('the client of compose.yaml registers a device with the variables of emulator env alone', () =>
  inTemporaryFolder(async (dir) => {
    const emulator = await startEmulator({ dir });
    try {
      const { stdout: variables } = await run(['emulator', 'env', '--dir', dir, '--format', 'json']);
      const client = fileURLToPath(new URL('../../examples/docker/register.mjs', import.meta.url));
      const env = { PATH: process.env.PATH, ...JSON.parse(variables) };
      const { stdout } = await promisify(execFile)(process.execPath, [client], { env });
      assert.ok(stdout.includes(`container-1 is assigned to ${emulator.endpoints.hubHostName}`), stdout);
      assert.equal(emulator.messages('container-1').length, 1);
    } finally {
      await emulator.stop();
    }
  }));

test.run();
