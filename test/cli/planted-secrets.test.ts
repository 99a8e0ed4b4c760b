/** Secrets of each kind, planted wherever a run meets them: in no output, log or event, and in no file but their own. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
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
import { run as runHere } from './in-process.js';
import { cli } from './run-cli.js';

/** What is planted; the test adds what enrollkit makes: tokens, keys of services, private keys. */
const planted = {
  passphrase: 'planted-passphrase-5e1c',
  wrongPassphrase: 'planted-wrong-passphrase-77',
  pfxPassphrase: 'planted-pfx-passphrase-9b',
  signature: 'cGxhbnRlZC1zaWduYXR1cmUtb2YtYS10b2tlbi0xMjM%3D',
  bearer: 'planted-bearer-token-0123456789abcdef',
  symmetricKey: Buffer.from('planted symmetric key of a device').toString('base64'),
  connectionStringKey: Buffer.from('planted key of a connection string').toString('base64'),
  clientSecret: 'planted-client-secret-42',
  jsonWebToken: 'eyJwbGFudGVk.eyJwbGFudGVkIjoxfQ.cGxhbnRlZHNpZ25hdHVyZQ',
  proxyUser: 'planted-proxy-user',
  proxyPassword: 'planted-pr0xy/pass@word',
  wifiPassword: 'planted-wifi-password-31',
  functionKey: 'planted-function-key-Zm4ta2V5==',
};

/** The forms in which a secret can leave its place. */
function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const hexadecimal = Buffer.from(secret).toString('hex');
  const decoded = Buffer.from(decodeURIComponent(secret), 'base64');
  const isBase64 = /^[A-Za-z0-9+/]{30,}={0,2}$/.test(decodeURIComponent(secret));
  return [
    ...[secret, encodeURIComponent(secret), decodeURIComponent(secret)],
    ...[base64, base64.replace(/=+$/, ''), Buffer.from(secret).toString('base64url')],
    ...[hexadecimal, hexadecimal.toUpperCase()],
    ...(isBase64 ? [decoded.toString('latin1'), decoded.toString('hex')] : []),
  ];
}

/** Files whose purpose is to hold secrets; only their owner may read them. */
const holders =
  /(^|\/)(key\.pem|device\.pfx|.+\.pfx|fleet\.ndjson|endpoints\.json|state\.db(-wal|-shm)?|tls-(root|server)\.key\.pem)$/;

/** What the test itself wrote, as a person would by mistake. */
const planters = ['plan.json', 'twin.json', 'list.csv', 'dps.txt'];

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
    const { proxyUser, proxyPassword } = planted;
    const proxy = `http://${proxyUser}:${encodeURIComponent(proxyPassword)}@127.0.0.1:1`;
    const env = {
      ENROLLKIT_PASSPHRASE: planted.passphrase,
      AZURE_TENANT_ID: randomUUID(),
      AZURE_CLIENT_ID: randomUUID(),
      AZURE_CLIENT_SECRET: planted.clientSecret,
      HTTPS_PROXY: proxy,
      NO_PROXY: 'localhost,127.0.0.1',
    };
    // The packages of Azure read the environment of the process, and fleets have worker threads.
    const needsProcess = (arguments_: string[]) => arguments_.includes('azure') || arguments_[0] === 'fleet';
    const run = async (arguments_: string[], more: Record<string, string> = {}) => {
      const start = needsProcess(arguments_) ? cli : runHere;
      const { status, stdout, stderr } = await start([...arguments_, '--verbose'], {
        cwd,
        env: { ...env, ...more },
      });
      outputs.push(`$ ${arguments_[0]}: ${status}\n${stdout}${stderr}`);
      return status;
    };
    try {
      const twin = {
        properties: {
          desired: { wifiPassword: planted.wifiPassword },
        },
      };
      writeFileSync(
        join(cwd, 'twin.json'),
        JSON.stringify({
          version: 1,
          certificates: { encryptKeys: true },
          enrollmentGroup: { initialTwin: twin },
          devices: { registrationIds: ['device-001'] },
        }),
      );
      const first = ['quickstart', '--yes', '--plan', 'twin.json', '--dir', dir];
      assert.equal(await run([...first, '--dry-run']), 0, outputs.at(-1));
      assert.equal(await run(first), 0, outputs.at(-1));
      const keyFile = filesIn(dir).find((path) => path.endsWith('device-001/key.pem'))!;
      const key = readFileSync(keyFile, 'utf8');
      const [recording] = filesIn(join(dir, '.enrollkit', 'runs'));
      const inDir = ['--dir', dir];
      const certificate = join(dir, 'devices', 'device-001', 'certificate.pem');
      const root = join(dir, 'ca', 'root', 'certificate.pem');

      // Through the command line: secrets where they do not belong.
      const leaked = `HostName=h;SharedAccessKeyName=owner;SharedAccessKey=${planted.connectionStringKey}`;
      const webhook = `https://f.example/api/allocate?code=${planted.functionKey}`;
      writeFileSync(
        join(cwd, 'plan.json'),
        JSON.stringify({ version: 1, key, primaryKey: planted.symmetricKey }),
      );
      writeFileSync(join(cwd, 'list.csv'), `registrationId,tags.a\n"${key}",x\n`);
      writeFileSync(join(cwd, 'dps.txt'), leaked.replace('HostName=h', 'HostName=localhost:1'));
      const onAzure = ['--target', 'azure', '--dps-name', 'localhost'];
      const inAzure = [...onAzure, '--subscription', randomUUID(), '--resource-group', 'one'];
      /** Arguments, what their exit status is, and what else is in the environment. */
      const commands: [line: string[], status: number, env?: Record<string, string>][] = [
        [['replay', recording!, '--dir', join(cwd, 'again'), '--offline', '--check'], 0],
        [['replay', recording!, '--dir', join(cwd, 'online'), '--json'], 0],
        [['runs', ...inDir, '--json'], 0],
        [['device', 'send', 'device-001', ...inDir], 0],
        [['device', 'register', 'device-001', ...inDir, '--id-scope', planted.symmetricKey], 2],
        [['cert', 'csr', 'x', '--key', keyFile], 3, { ENROLLKIT_PASSPHRASE: planted.wrongPassphrase }],
        [['cert', 'inspect', keyFile], 2],
        [['cert', 'pfx', certificate, '--out', 'exported.pfx'], 0],
        [['cert', 'self-signed', 'lonely', '--out', 'lonely'], 0],
        [
          ['cert', 'pfx', 'lonely/certificate.pem', '--out', 'lonely.pfx'],
          0,
          { ENROLLKIT_PASSPHRASE: planted.pfxPassphrase },
        ],
        [['ca', 'list', ...inDir], 0],
        [['ca', 'upload', keyFile, ...inDir, '--ca-name', 'a-key'], 2],
        [['ca', 'upload', root, ...inDir, '--ca-name', 'again'], 0],
        [['enrollment', 'create', 'single', '--symmetric-key', ...inDir], 0],
        [['enrollment', 'show', 'single', ...inDir], 0],
        [['group', 'show', 'enrollkit-devices', ...inDir], 0],
        [['group', 'show', leaked, ...inDir], 2],
        [['group', 'show', webhook, ...inDir], 2],
        [['hub', 'list', ...inDir], 0],
        [['doctor', ...inDir], 0],
        [['doctor', ...inDir, ...inAzure, '--json'], 11],
        [['explain', leaked], 2],
        [['explain', `Bearer ${planted.bearer}`], 2],
        [
          [
            ...['fleet', 'issue', '--count', '2', '--pattern', 'meter-{1..}', ...inDir],
            ...['--format', 'ndjson', '--out', 'fleet.ndjson'],
          ],
          0,
        ],
        [['fleet', 'issue', '--from', 'list.csv', '--out', 'fleet'], 2],
        [['fleet', 'register', 'fleet.ndjson', ...inDir], 0],
        [['quickstart', '--yes', '--plan', 'plan.json'], 2],
        [['emulator', 'status', ...inDir], 0],
        [['emulator', 'messages', ...inDir], 0],
        [['report', dir], 0],
        [['group', 'list', ...onAzure, '--connection-string-file', 'dps.txt'], 5],
        [['group', 'list', ...onAzure], 5, { ENROLLKIT_SERVICE_CONNECTION_STRING: leaked }],
        // The client secret goes through the proxy, which does not answer.
        [['ca', 'list', ...inAzure], 5],
      ];
      for (const [line, status, more] of commands) {
        const ended = await run(line, more);
        assert.equal(ended, status, outputs.at(-1));
      }

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
        proxyLogin: `${proxyUser}:${proxyPassword}`,
        armToken: endpoints.armToken,
        serviceKey: parseConnectionString(endpoints.serviceConnectionString).sharedAccessKey,
        hubKey: parseConnectionString(endpoints.hubServiceConnectionString).sharedAccessKey,
        deviceKey: middleOf(key),
      };
      outputs.push(emulator.complaints());
      for (const [name, secret] of Object.entries(secrets)) {
        const forms = formsOf(secret);
        const isIn = (text: string) => forms.some((form) => text.includes(form));
        for (const output of outputs) {
          // These show the twin of a device, which people ask for.
          if (name === 'wifiPassword' && /^\$ (device|group)\b/.test(output)) continue;
          assert.ok(!isIn(output), `${name} is told: ${output}`);
        }
        for (const [path, content] of contents) {
          const where = relative(cwd, path);
          if (planters.includes(where) || !isIn(content)) continue;
          // The plan, and the program that does the same, have the twin that devices get.
          if (name === 'wifiPassword' && /(plan\.json|EnrollmentGroup\.py)$/.test(where)) continue;
          assert.ok(holders.test(where), `${name} is in ${where}`);
          assert.equal(statSync(path).mode & 0o077, 0, `others can read ${where}`);
          if (name !== 'wifiPassword')
            assert.ok(!/assphrase|ecret|roxy/.test(name), `${name} is stored, in ${where}`);
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
