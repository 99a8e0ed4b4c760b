/** Secrets of each kind, planted wherever a run meets them: in no output, log or event, and in no file but their own. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { dpsUserName, hubUserName } from '../../src/dps/contract/mqtt.js';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';
import { clientOf } from '../emulator/support.js';
import { startEmulatorProcess } from '../support/emulator-process.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { cli } from './run-cli.js';

const planted = {
  passphrase: 'planted-passphrase-5e1c',
  wrongPassphrase: 'planted-wrong-passphrase-77',
  signature: 'cGxhbnRlZC1zaWduYXR1cmUtb2YtYS10b2tlbi0xMjM%3D',
  bearer: 'planted-bearer-token-0123456789abcdef',
  symmetricKey: Buffer.from('planted symmetric key of a device').toString('base64'),
  connectionStringKey: Buffer.from('planted key of a connection string').toString('base64'),
  clientSecret: 'planted-client-secret-42',
  jsonWebToken: 'eyJwbGFudGVk.eyJwbGFudGVkIjoxfQ.cGxhbnRlZHNpZ25hdHVyZQ',
};

/** Files whose purpose is to hold secrets; only their owner may read them. */
const holders =
  /(^|\/)(key\.pem|device\.pfx|endpoints\.json|state\.db(-wal|-shm)?|tls-(root|server)\.key\.pem)$/;

function filesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** A line from the middle of a PEM file: the key, whatever its frame. */
const middleOf = (pem: string): string =>
  pem.split('\n').filter((line) => line !== '' && !line.startsWith('-'))[1]!;

test('no secret leaves its place', () =>
  inTemporaryFolder(async (cwd) => {
    const dir = join(cwd, 'certs');
    const emulator = await startEmulatorProcess(join(dir, '.enrollkit'), ['--verbose']);
    const endpoints = emulator.endpoints as unknown as EmulatorEndpoints;
    const outputs: string[] = [];
    const env = { ENROLLKIT_PASSPHRASE: planted.passphrase, AZURE_CLIENT_SECRET: planted.clientSecret };
    const run = async (arguments_: string[], more: Record<string, string> = {}) => {
      const { status, stdout, stderr } = await cli([...arguments_, '--verbose'], {
        cwd,
        env: { ...env, ...more },
      });
      outputs.push(`$ ${arguments_.join(' ')}: ${status}\n${stdout}${stderr}`);
      return status;
    };
    try {
      assert.equal(await run(['quickstart', '--yes', '--count', '1', '--dir', dir]), 0, outputs.at(-1));
      const keyFile = filesIn(dir).find((path) => path.endsWith('device-001/key.pem'))!;
      const key = readFileSync(keyFile, 'utf8');

      // Through the command line: secrets where they do not belong.
      writeFileSync(
        join(cwd, 'plan.json'),
        JSON.stringify({ version: 1, key, primaryKey: planted.symmetricKey }),
      );
      writeFileSync(join(cwd, 'list.csv'), `registrationId,tags.a\n"${key}",x\n`);
      const azure = {
        ENROLLKIT_SERVICE_CONNECTION_STRING: `HostName=localhost:1;SharedAccessKeyName=owner;SharedAccessKey=${planted.connectionStringKey}`,
      };
      await Promise.all([
        run(['device', 'send', 'device-001', '--dir', dir]),
        run(['cert', 'csr', 'x', '--key', keyFile], { ENROLLKIT_PASSPHRASE: planted.wrongPassphrase }),
        run(['cert', 'inspect', keyFile]),
        run(['group', 'list', '--target', 'azure', '--dps-name', 'localhost'], azure),
      ]);
      await Promise.all([
        run(['quickstart', '--yes', '--plan', 'plan.json']),
        run(['fleet', 'issue', '--from', 'list.csv', '--out', 'fleet']),
        run(['emulator', 'status', '--dir', dir]),
        run(['emulator', 'messages', '--dir', dir]),
        run(['report', dir]),
      ]);

      // Through the listeners: refused, with the reason in the log.
      const token = `SharedAccessSignature sr=localhost&sig=${planted.signature}&se=1999999999&skn=owner`;
      const { call, service } = clientOf(endpoints);
      for (const authorization of [token, `Bearer ${planted.bearer}`, `Bearer ${planted.jsonWebToken}`]) {
        for (const path of [
          '/enrollments/x?api-version=2021-10-01',
          '/devices/x?api-version=2021-04-12',
          '/emulator/clock',
        ]) {
          assert.equal((await call({ path, headers: { authorization } })).status, 401, path);
        }
      }
      for (const username of [
        hubUserName(endpoints.hubHostName, 'device-001', '2021-04-12'),
        dpsUserName(endpoints.idScope, 'device-001', '2021-06-01'),
      ]) {
        await mqtt
          .connectAsync(`mqtts://localhost:${endpoints.ports.mqtt}`, {
            ca: readFileSync(endpoints.caFile, 'utf8'),
            ...{ clientId: 'device-001', username, password: token, reconnectPeriod: 0, protocolVersion: 4 },
          })
          .then((client) => client.endAsync(true))
          .catch(() => {});
      }
      const symmetricKey = { primaryKey: planted.symmetricKey, secondaryKey: '?' };
      await service('PUT', '/enrollments/x', {
        registrationId: 'x',
        attestation: { type: 'symmetricKey', symmetricKey },
      });
      const running = filesIn(cwd);
      const contents = new Map(running.map((path) => [path, readFileSync(path).toString('latin1')]));

      const secrets: Record<string, string> = {
        ...planted,
        decodedSignature: decodeURIComponent(planted.signature),
        armToken: endpoints.armToken,
        serviceKey: parseConnectionString(endpoints.serviceConnectionString).sharedAccessKey,
        hubKey: parseConnectionString(endpoints.hubServiceConnectionString).sharedAccessKey,
        deviceKey: middleOf(key),
      };
      outputs.push(emulator.complaints());
      const planters = ['plan.json', 'list.csv'];
      for (const [name, secret] of Object.entries(secrets)) {
        for (const output of outputs) assert.ok(!output.includes(secret), `${name} is told: ${output}`);
        for (const [path, content] of contents) {
          const where = relative(cwd, path);
          if (!content.includes(secret) || planters.includes(where)) continue;
          assert.ok(holders.test(where), `${name} is in ${where}`);
          assert.equal(statSync(path).mode & 0o077, 0, `others can read ${where}`);
          assert.ok(!/assphrase|ecret/.test(name), `${name} is stored, in ${where}`);
        }
      }
      for (const [path, content] of contents) {
        const where = relative(cwd, path);
        if (!content.includes('PRIVATE KEY-----') || planters.includes(where)) continue;
        assert.match(where, holders);
        assert.equal(statSync(path).mode & 0o077, 0, `others can read ${where}`);
      }
      assert.ok(contents.has(join(dir, '.enrollkit', 'emulator', 'emulator.log')), 'the log was searched');
    } finally {
      await emulator.stop();
    }
  }));

test.run();
