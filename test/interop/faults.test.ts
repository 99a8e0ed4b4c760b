/** What Microsoft's device client for Node.js and paho-mqtt do about each kind of fault: the table in docs/emulator.md. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import type { FaultFile } from '../../src/emulator/start.js';
import { groupBody, startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { type Made, makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { isInstalled, pythonWith, testWith } from '../support/tools.js';

type Rule = FaultFile['rules'][number];
/** `crashes`: an exception that no program can catch; `waits`: nothing after ten seconds. */
type Outcome = 'registers' | 'fails' | 'crashes' | 'waits';

const registrationId = 'meter-1';
let cert: string;
let key: string;

/** Runs a client while the first request that a rule matches meets its fault. */
async function outcomeOf(
  { faults }: TestEmulator,
  rule: Omit<Rule, 'id'>,
  command: string,
  arguments_: string[],
): Promise<Outcome> {
  faults.set({ rules: [{ id: 'fault', when: { count: 1 }, ...rule }] }, 1);
  const isMet = () => faults.list().rules[0]!.injected > 0;
  const child = spawn(command, arguments_, { stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.on('data', (text) => (stdout += text));
  const isOver = new AbortController();
  const ended = once(child, 'close').finally(() => isOver.abort());
  // On a busy machine, a client takes its time to start.
  const waits = (async () => {
    for (let tries = 0; !isMet() && tries < 600; tries += 1)
      await sleep(100, undefined, { signal: isOver.signal });
    await sleep(10_000, undefined, { signal: isOver.signal });
    child.kill('SIGKILL');
    return true;
  })().catch(() => false);
  const [status] = await ended;
  assert.ok(isMet(), 'the fault was met');
  if (await waits) return 'waits';
  const said = stdout.trim();
  return status === 0 && (said === 'registers' || said === 'fails') ? said : 'crashes';
}

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const withNode = (emulator: TestEmulator, rule: Omit<Rule, 'id'>, transport: string) => {
  const { idScope, ports, caFile } = emulator.endpoints;
  const given = { transport, ports, idScope, registrationId, cert, key, ca: readFileSync(caFile, 'utf8') };
  return outcomeOf(emulator, rule, process.execPath, [script('provision-device.mjs'), JSON.stringify(given)]);
};
const withPaho = (emulator: TestEmulator, rule: Omit<Rule, 'id'>) =>
  inTemporaryFolder(async (folder) => {
    const [chainFile, keyFile] = [join(folder, 'chain.pem'), join(folder, 'key.pem')];
    writeFileSync(chainFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    const { ports, idScope, caFile } = emulator.endpoints;
    const given = { host: 'localhost', port: ports.mqtt, idScope, registrationId, ca: caFile };
    const argument = JSON.stringify({ ...given, chain: chainFile, key: keyFile, outcomeOnly: true });
    const python = pythonWith('paho.mqtt.client')!;
    return outcomeOf(emulator, rule, python, [script('paho_device.py'), argument]);
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
    'throttled after one request',
    {
      match: { operation: ['register', 'getOperation'] },
      fault: { type: 'throttle', requests: 1, seconds: 2 },
      when: {},
    },
    { https: 'fails', mqtt: 'registers', amqp: 'registers', paho: 'fails' },
  ],
  [
    'latency',
    { match: registering, fault: { type: 'latency', milliseconds: 300 } },
    { https: 'registers', mqtt: 'registers', amqp: 'registers', paho: 'registers' },
  ],
  [
    'reset before the effect',
    { match: registering, fault: { type: 'reset' } },
    { https: 'fails', mqtt: 'crashes', amqp: 'fails', paho: 'waits' },
  ],
  [
    'reset after the effect',
    { match: registering, fault: { type: 'reset', effect: 'after' } },
    { https: 'fails', mqtt: 'crashes', amqp: 'fails', paho: 'waits' },
  ],
  ['truncated answer', { match: registering, fault: { type: 'truncate' } }, { https: 'fails' }],
  [
    'dripped answer',
    { match: registering, fault: { type: 'drip', bytesPerSecond: 500 } },
    { https: 'registers' },
  ],
  [
    'closed at connect',
    { fault: { type: 'disconnect', after: 'connect' } },
    { mqtt: 'fails', amqp: 'waits', paho: 'registers' },
  ],
  [
    'closed after two packets',
    { fault: { type: 'disconnect', after: 2 } },
    { mqtt: 'crashes', amqp: 'fails', paho: 'waits' },
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
    'a poll that stays assigning',
    { fault: { type: 'assigning' } },
    { https: 'registers', mqtt: 'registers', amqp: 'registers', paho: 'fails' },
  ],
  [
    'expired certificate',
    { fault: { type: 'certificate', problem: 'expired' } },
    { https: 'fails', mqtt: 'fails', amqp: 'fails', paho: 'fails' },
  ],
  [
    'certificate for a wrong name',
    { fault: { type: 'certificate', problem: 'wrong-name' } },
    { https: 'fails', mqtt: 'fails', amqp: 'fails', paho: 'fails' },
  ],
  [
    'untrusted certificate',
    { fault: { type: 'certificate', problem: 'untrusted' } },
    { https: 'fails', mqtt: 'fails', amqp: 'fails', paho: 'fails' },
  ],
  [
    'TLS 1.1 only',
    { fault: { type: 'tls-version', only: 'TLSv1.1' } },
    { https: 'fails', mqtt: 'fails', amqp: 'fails', paho: 'fails' },
  ],
];

/** How many clients run at once, each with an emulator of its own: they spend most of their time waiting. */
const atOnce = 6;
const outcomes = new Map<string, PromiseSettledResult<Outcome>>();

const cases = rows.flatMap(([name, rule, expected]) =>
  Object.entries(expected).map(([client, outcome]) => ({
    title: `${client}: ${name}`,
    client,
    rule,
    outcome,
  })),
);

test.before(async () => {
  const { root, intermediate, device } = await makeChain(registrationId);
  cert = [device, intermediate].map(({ pem }: Made) => pem).join('');
  key = device.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const queue = cases.filter(({ client }) => client !== 'paho' || isInstalled('paho-mqtt'));
  const runOneAfterAnother = async () => {
    const emulator = await startTestEmulator();
    try {
      await emulator.verifiedCa('root', root);
      await emulator.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { title, client, rule } = next;
        const outcome = client === 'paho' ? withPaho(emulator, rule) : withNode(emulator, rule, client);
        outcomes.set(title, (await Promise.allSettled([outcome]))[0]);
      }
    } finally {
      await emulator.stop();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runOneAfterAnother));
});

for (const { title, client, outcome } of cases) {
  const testHere = client === 'paho' ? testWith('paho-mqtt', test) : test;
  testHere(title, () => {
    assert.deepEqual(outcomes.get(title), { status: 'fulfilled', value: outcome });
  });
}

const document = new URL('../../docs/emulator.md', import.meta.url);
const clients = { https: 'Node.js, HTTPS', mqtt: 'Node.js, MQTT', amqp: 'Node.js, AMQP', paho: 'paho-mqtt' };

/** A fault that a transport cannot have is a dash. */
function tableOf(outcomeIn: (client: string, name: string) => string | undefined): string {
  const heading = ['fault', ...Object.values(clients)];
  const lines = rows.map(([name]) => [
    name,
    ...Object.keys(clients).map((client) => outcomeIn(client, name) ?? '–'),
  ]);
  return [heading, heading.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

test('the table in docs/emulator.md has these outcomes; UPDATE_DOCS=1 writes those of this run', () => {
  const text = readFileSync(document, 'utf8');
  const [, table] = /\n\n(\| fault \|[^\n]*(?:\n\|[^\n]*)*)/.exec(text)!;
  if (process.env.UPDATE_DOCS) {
    const run = tableOf((client, name) => {
      const settled = outcomes.get(`${client}: ${name}`);
      return settled?.status === 'fulfilled' ? settled.value : undefined;
    });
    writeFileSync(document, text.replace(table!, run));
    return;
  }
  const expected = new Map(rows.map(([name, , outcome]) => [name, outcome]));
  assert.equal(
    table,
    tableOf((client, name) => expected.get(name)![client]),
  );
});

test.run();
