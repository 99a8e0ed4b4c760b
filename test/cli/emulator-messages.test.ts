/** What devices sent, read back: by the library, over HTTPS, and by the command. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { suite } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import { startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { bin } from '../support/bin.js';
import { type Made, make } from '../support/chains.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const test = suite('emulator messages');
const version = 'api-version=2021-04-12';

let leaf: Made;
test.before(async () => {
  leaf = await make('device', 'any');
});

async function withDevices(
  use: (emulator: TestEmulator, dir: string, send: typeof sendAs) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (dir) => {
    const emulator = await startTestEmulator({ dir });
    try {
      await makeDevices(emulator);
      await use(emulator, dir, sendAs);
    } finally {
      await emulator.stop();
    }
  });
}

async function makeDevices(emulator: TestEmulator): Promise<void> {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    emulator.endpoints.hubServiceConnectionString,
  );
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const headers = { authorization: createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry) };
  const authentication = {
    x509Thumbprint: { primaryThumbprint: inspectCertificate(leaf.pem).sha256Thumbprint },
  };
  for (const id of ['a', 'b']) {
    const path = `/devices/${id}?${version}`;
    assert.equal(
      (await emulator.call({ method: 'PUT', path, headers, body: { authentication } })).status,
      200,
    );
  }
}

async function sendAs(
  emulator: TestEmulator,
  deviceId: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<void> {
  const path = `/devices/${deviceId}/messages/events?${version}`;
  const answer = await emulator.call({ method: 'POST', path, chain: [leaf], body, headers });
  assert.equal(answer.status, 204);
}

test('the library gives the messages of one device or of all, oldest first', () =>
  withDevices(async (emulator, _dir, send) => {
    assert.deepEqual(emulator.messages(), []);
    await send(emulator, 'a', '{"n":1}', {
      'iothub-contenttype': 'application/json',
      'iothub-app-colour': 'blue',
    });
    await send(emulator, 'b', Buffer.from([0xff, 0x00]));
    await send(emulator, 'a', 'last');
    const all = emulator.messages();
    assert.deepEqual(
      all.map(({ deviceId, body }) => [deviceId, body.toString('latin1')]),
      [
        ['a', '{"n":1}'],
        ['b', '\xff\x00'],
        ['a', 'last'],
      ],
    );
    assert.deepEqual(all[0]!.systemProperties, { contentType: 'application/json' });
    assert.deepEqual(all[0]!.properties, { colour: 'blue' });
    assert.match(all[0]!.enqueued, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(emulator.messages('b'), [all[1]]);
    assert.deepEqual(emulator.messages('nobody'), []);
    await emulator.reset();
    assert.deepEqual(emulator.messages(), []);
    await makeDevices(emulator);
    await send(emulator, 'a', 'after');
    assert.equal(emulator.messages().length, 1);
  }));

test('the endpoint asks for the emulator’s own token, waits, and pages', () =>
  withDevices(async (emulator, _dir, send) => {
    const ask = (query: string, token = emulator.endpoints.armToken) =>
      emulator.call({ path: `/emulator/messages?${query}`, headers: { authorization: `Bearer ${token}` } });
    assert.equal((await ask('', 'wrong')).status, 401);
    assert.equal((await emulator.call({ path: '/emulator/messages' })).status, 401);
    for (const query of ['limit=0', 'limit=x', 'limit=1001', 'wait=31', 'cursor=x', 'cursor=bnVsbA']) {
      assert.equal((await ask(query)).status, 400, query);
    }
    for (let n = 1; n <= 3; n += 1) await send(emulator, 'a', String(n));
    const last = await ask('limit=2');
    const bodies = (answer: typeof last) => answer.body.messages.map(({ body }: { body: string }) => body);
    assert.deepEqual(bodies(last), ['2', '3']);
    const { cursor } = last.body;
    assert.deepEqual(bodies(await ask(`cursor=${cursor}`)), []);
    const waiting = ask(`cursor=${cursor}&wait=20&deviceId=b&limit=1`);
    await send(emulator, 'a', 'not for b');
    await send(emulator, 'b', 'for b');
    await send(emulator, 'b', 'again');
    const woken = await waiting;
    assert.deepEqual(bodies(woken), ['for b']);
    assert.deepEqual(bodies(await ask(`cursor=${woken.body.cursor}&limit=9`)), ['again']);
    assert.deepEqual(bodies(await ask(`cursor=${cursor}&limit=9`)), ['not for b', 'for b', 'again']);
    // A reply is bounded, whatever the limit: the rest comes with the next.
    for (let n = 0; n < 36; n += 1) await send(emulator, 'a', Buffer.alloc(250 * 1024, 'x'));
    const first = await ask(`cursor=${woken.body.cursor}&limit=1000`);
    const rest = await ask(`cursor=${first.body.cursor}&limit=1000`);
    assert.equal(first.body.messages.length + rest.body.messages.length, 37);
    assert.ok(rest.body.messages.length > 0);
  }));

test('the command shows the last messages, as lines and as JSON', () =>
  withDevices(async (emulator, dir, send) => {
    const command = (...more: string[]) => run(['emulator', 'messages', '--dir', dir, ...more]);
    const none = await command();
    assert.deepEqual([none.status, none.stdout, none.stderr], [0, '', 'There are no messages.\n']);
    await send(emulator, 'a', '{"n":1}', { 'iothub-app-colour': 'blue' });
    await send(emulator, 'b', 'red \x1b[31m and\nmore');
    await send(emulator, 'a', Buffer.from([0xff, 0x00]));
    const lines = (await command()).stdout.trimEnd().split('\n');
    assert.equal(lines.length, 3);
    assert.match(lines[0]!, /^\d{4}-\S+Z {2}a {2}\{"n":1\} {2}\(colour=blue\)$/);
    assert.match(lines[1]!, / {2}b {2}red \\u001b\[31m and\\nmore$/);
    assert.match(lines[2]!, / {2}a {2}base64 \/wA=$/);
    const json = JSON.parse((await command('a', '--json', '--limit', '1')).stdout);
    assert.equal(json.messages.length, 1);
    assert.equal(json.messages[0].bodyBase64, '/wA=');
    assert.equal(json.messages[0].deviceId, 'a');
    assert.equal((await command('--limit', '0')).status, 2);
  }));

test('--follow shows what comes, and ends with the emulator', () =>
  withDevices(async (emulator, dir, send) => {
    await send(emulator, 'a', 'before');
    const arguments_ = ['emulator', 'messages', '--dir', dir, '--follow', '--json'];
    const { FORCE_COLOR: _, ...env } = process.env;
    const child = spawn(process.execPath, [bin, ...arguments_], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value).body;
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    const ended = once(child, 'exit');
    assert.equal(await next(), 'before');
    await send(emulator, 'b', 'one');
    assert.equal(await next(), 'one');
    await send(emulator, 'a', 'two');
    assert.equal(await next(), 'two');
    await emulator.stop();
    assert.deepEqual(await ended, [0, null]);
    assert.equal(complaint, 'The emulator was stopped or reset.\n');
  }));

test('without an emulator it says how to start one', () =>
  inTemporaryFolder(async (dir) => {
    const { status, stderr } = await run(['emulator', 'messages', '--dir', dir], { env: withCodes });
    assert.equal(status, 4);
    assertRefusal(stderr, 'NOT_FOUND', dir, 'enrollkit emulator start');
  }));

test.run();
