/** What Microsoft's device client for Node.js and paho-mqtt do about each kind of fault: the table in docs/emulator.md. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import type { FaultFile } from '../../src/emulator/start.js';
import { groupBody, startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { type Made, makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { pythonWith, testWith } from '../support/tools.js';

type Rule = FaultFile['rules'][number];
/** `crashes`: an exception that no program can catch; `waits`: nothing after ten seconds. */
type Outcome = 'registers' | 'fails' | 'crashes' | 'waits';

const registrationId = 'meter-1';
let emulator: TestEmulator;
let cert: string;
let key: string;

test.before(async () => {
  emulator = await startTestEmulator();
  const { root, intermediate, device } = await makeChain(registrationId);
  cert = [device, intermediate].map(({ pem }: Made) => pem).join('');
  key = device.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  await emulator.verifiedCa('root', root);
  await emulator.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
});
test.after(() => emulator?.stop());

/** Runs a client while the first request that a rule matches meets its fault. */
async function outcomeOf(rule: Omit<Rule, 'id'>, command: string, arguments_: string[]): Promise<Outcome> {
  emulator.faults.set({ rules: [{ id: 'fault', when: { count: 1 }, ...rule }] }, 1);
  const child = spawn(command, arguments_, { stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  let waits = false;
  child.stdout.on('data', (text) => (stdout += text));
  const timer = setTimeout(() => {
    waits = true;
    child.kill('SIGKILL');
  }, 10_000);
  const [status] = await once(child, 'close');
  clearTimeout(timer);
  assert.equal(emulator.faults.list().rules[0]!.injected, 1, 'the fault was met');
  if (waits) return 'waits';
  const said = stdout.trim();
  return status === 0 && (said === 'registers' || said === 'fails') ? said : 'crashes';
}

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const withNode = (rule: Omit<Rule, 'id'>, transport: string) => {
  const { idScope, ports, caFile } = emulator.endpoints;
  const given = { transport, ports, idScope, registrationId, cert, key, ca: readFileSync(caFile, 'utf8') };
  return outcomeOf(rule, process.execPath, [script('provision-device.mjs'), JSON.stringify(given)]);
};
const withPaho = (rule: Omit<Rule, 'id'>) =>
  inTemporaryFolder(async (folder) => {
    const [chainFile, keyFile] = [join(folder, 'chain.pem'), join(folder, 'key.pem')];
    writeFileSync(chainFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    const { ports, idScope, caFile } = emulator.endpoints;
    const given = { host: 'localhost', port: ports.mqtt, idScope, registrationId, ca: caFile };
    const argument = JSON.stringify({ ...given, chain: chainFile, key: keyFile, outcomeOnly: true });
    return outcomeOf(rule, pythonWith('paho.mqtt.client')!, [script('paho_device.py'), argument]);
  });

const registering = { operation: 'register' } as const;
type Row = [name: string, rule: Omit<Rule, 'id'>, outcomes: Partial<Record<string, Outcome>>];
const rows: Row[] = [
  [
    '429',
    { match: registering, fault: { type: 'status', status: 429, retryAfter: 1 } },
    { https: 'fails', mqtt: 'registers', amqp: 'registers', paho: 'fails' },
  ],
  [
    '500',
    { match: registering, fault: { type: 'status', status: 500 } },
    { https: 'fails', mqtt: 'registers', amqp: 'registers', paho: 'fails' },
  ],
  [
    '503',
    { match: registering, fault: { type: 'status', status: 503, retryAfter: 1 } },
    { https: 'fails', mqtt: 'registers', amqp: 'registers', paho: 'fails' },
  ],
  [
    'latency',
    { match: registering, fault: { type: 'latency', milliseconds: 300 } },
    { https: 'registers', mqtt: 'registers', amqp: 'registers', paho: 'registers' },
  ],
  [
    'reset before',
    { match: registering, fault: { type: 'reset' } },
    { https: 'fails', mqtt: 'crashes', amqp: 'fails', paho: 'waits' },
  ],
  [
    'reset after',
    { match: registering, fault: { type: 'reset', effect: 'after' } },
    { https: 'fails', mqtt: 'crashes', amqp: 'fails', paho: 'waits' },
  ],
  ['truncated', { match: registering, fault: { type: 'truncate' } }, { https: 'fails' }],
  ['dripped', { match: registering, fault: { type: 'drip', bytesPerSecond: 500 } }, { https: 'registers' }],
  [
    'closed at connect',
    { fault: { type: 'disconnect', after: 'connect' } },
    { mqtt: 'fails', amqp: 'waits', paho: 'registers' },
  ],
  [
    'closed after the effect',
    { match: registering, fault: { type: 'disconnect', after: 'effect' } },
    { mqtt: 'crashes', amqp: 'waits', paho: 'waits' },
  ],
  [
    'duplicate',
    { match: registering, fault: { type: 'duplicate' } },
    { mqtt: 'registers', amqp: 'registers', paho: 'fails' },
  ],
  [
    'late',
    { match: registering, fault: { type: 'late', milliseconds: 300 } },
    { mqtt: 'registers', amqp: 'registers', paho: 'registers' },
  ],
  [
    'assigning',
    { fault: { type: 'assigning' } },
    { https: 'registers', mqtt: 'registers', amqp: 'registers', paho: 'fails' },
  ],
  [
    'expired certificate',
    { fault: { type: 'certificate', problem: 'expired' } },
    { https: 'fails', mqtt: 'fails', amqp: 'fails', paho: 'fails' },
  ],
  [
    'wrong name',
    { fault: { type: 'certificate', problem: 'wrong-name' } },
    { https: 'fails', mqtt: 'fails', amqp: 'fails', paho: 'fails' },
  ],
  [
    'untrusted',
    { fault: { type: 'certificate', problem: 'untrusted' } },
    { https: 'fails', mqtt: 'fails', amqp: 'fails', paho: 'fails' },
  ],
  [
    'TLS 1.1 only',
    { fault: { type: 'tls-version', only: 'TLSv1.1' } },
    { https: 'fails', mqtt: 'fails', amqp: 'fails', paho: 'fails' },
  ],
];

for (const [name, rule, outcomes] of rows) {
  for (const [client, outcome] of Object.entries(outcomes)) {
    const testHere = client === 'paho' ? testWith('paho-mqtt', test) : test;
    testHere(`${client}: ${name}`, async () => {
      assert.equal(await (client === 'paho' ? withPaho(rule) : withNode(rule, client)), outcome);
    });
  }
}

test.run();
