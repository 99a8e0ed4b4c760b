import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { type Credential, type Fixture, idScope, startFixture } from './mqtt-fixture.js';

let fixture: Fixture;
let folder: string;
test.before(async () => {
  fixture = await startFixture();
  folder = mkdtempSync(join(tmpdir(), 'enrollkit-test-'));
  writeFileSync(join(folder, 'root.pem'), fixture.serverRoot.pem);
});
test.after(async () => {
  await fixture?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Output {
  registration?: { assignedHub: string; deviceId: string };
  hub?: { desired: Record<string, unknown> };
  error?: string;
  message?: string;
  result?: { errorCode: number };
}

async function runOfficialClient(registrationId: string, credential: Credential): Promise<Output> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('official-mqtt-client.mjs', import.meta.url))],
    {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'root.pem'), NODE_OPTIONS: '' },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  const provisioningHost = fixture.hubHostName();
  child.stdin.end(
    JSON.stringify({
      provisioningHost,
      idScope,
      registrationId,
      cert: credential.pem,
      key: credential.keyPem,
    }),
  );
  return (await json(child.stdout)) as Output;
}

test("Microsoft's device client registers, sends telemetry and uses its twin", async () => {
  const credential = await fixture.hubDevice('official', { interval: 30 });
  const output = await runOfficialClient('official', credential);
  assert.equal(output.error, undefined, output.message);
  assert.deepEqual(output.registration?.assignedHub, fixture.hubHostName());
  assert.equal(output.hub?.desired.interval, 30);
  assert.equal(output.hub?.desired.$version, 1);
  const [message] = fixture.hub.messages.list('official');
  assert.equal(message?.body.toString(), '{"temperature":21}');
  assert.deepEqual(message?.systemProperties, { ct: 'application/json', ce: 'utf-8' });
  assert.deepEqual(message?.properties, { alarm: 'a b' });
  assert.deepEqual(fixture.hub.twins.get('official')?.reported.properties, { firmware: '1.0' });
});

test("Microsoft's device client understands a refusal", async () => {
  const output = await runOfficialClient('refused-official', await fixture.device('refused-official'));
  assert.equal(output.error, 'UnauthorizedError');
});

test.run();
