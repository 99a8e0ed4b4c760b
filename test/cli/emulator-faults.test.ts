/** `emulator start --faults` and `emulator faults`, from outside. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { test } from 'uvu';
import { clientOf } from '../emulator/support.js';
import { bin } from '../support/bin.js';
import { startEmulatorProcess } from '../support/emulator-process.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { quickstartUnderWild } from '../support/wild.js';
import { run } from './in-process.js';
import { cli } from './run-cli.js';

const rules = [
  { id: 'busy', match: { plane: 'service' }, fault: { type: 'status', status: 503 }, when: { count: 1 } },
  { id: 'never', fault: { type: 'reset' }, when: { probability: 0 } },
];

test('emulator start --faults FILE, and list, set and clear', () =>
  inTemporaryFolder(async (cwd) => {
    const [dir, file] = [join(cwd, 'state'), join(cwd, 'faults.json')];
    writeFileSync(file, JSON.stringify({ rules }));
    const emulator = await startEmulatorProcess(dir, ['--faults', file, '--fault-seed', '7']);
    const faults = async (...words: string[]) => {
      const { status, stdout, stderr } = await run(['emulator', 'faults', ...words, '--dir', dir, '--json']);
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout);
    };
    try {
      const client = clientOf(emulator.endpoints as never);
      assert.equal((await client.service('GET', '/enrollmentGroups/g')).status, 503);
      assert.equal((await client.service('GET', '/enrollmentGroups/g')).status, 404);
      const counted = [
        { id: 'busy', injected: 1 },
        { id: 'never', injected: 0 },
      ];
      assert.deepEqual(await faults('list'), { seed: 7, rules: counted });
      const { seed, rules: wild } = await faults('set', 'wild');
      assert.ok(Number.isInteger(seed) && seed >= 0);
      assert.ok(wild.every((rule: { injected: number }) => rule.injected === 0));
      assert.equal((await faults('set', 'mild', '--fault-seed', '0')).seed, 0);
      assert.deepEqual(await faults('clear'), { seed: null, rules: [] });
    } finally {
      await emulator.stop();
    }
  }));

test('a fault file with an unknown field names its place, and exits with 2', () =>
  inTemporaryFolder(async (cwd) => {
    const text = '{\n  "rules": [\n    { "id": "a", "fault": { "type": "reset" }, "wen": {} }\n  ]\n}\n';
    writeFileSync(join(cwd, 'faults.json'), text);
    const start = ['emulator', 'start', '--port', '0', '--mqtt-port', '0', '--faults', 'faults.json'];
    for (const arguments_ of [start, ['emulator', 'faults', 'set', 'faults.json']]) {
      const { status, stderr } = await run(arguments_, { cwd });
      assert.equal(status, 2, stderr);
      assert.match(stderr, /faults\.json:3:48: .*unknown field "wen"/);
    }
  }));

const reset = { id: 'a', fault: { type: 'reset' } };
const latency = (milliseconds: unknown) => ({
  rules: [{ id: 'a', fault: { type: 'latency', milliseconds } }],
});
/** Exit status, and what the error begins with or names. */
const hostile: [what: string, content: string | object, status: number, names: RegExp][] = [
  [
    'text in place of a number',
    latency('5'),
    2,
    /f\.json:1:62: rules\.0\.fault\.milliseconds: .*\[100, 500\]/,
  ],
  ['a negative number', latency(-1), 2, /f\.json:1:62: rules\.0\.fault\.milliseconds/],
  [
    'a number without end',
    '{"rules":[{"id":"a","fault":{"type":"latency","milliseconds":1e999}}]}',
    2,
    /f\.json:1:62:/,
  ],
  [
    'a word that is no JSON',
    '{"rules":[{"id":"a","fault":{"type":"latency","milliseconds":NaN}}]}',
    2,
    /f\.json:1:62:/,
  ],
  ['a list as the document', '[]', 2, /f\.json:1:1:/],
  ['no rules', '{}', 2, /f\.json:1:1: rules/],
  ['a rule that is null', { rules: [null] }, 2, /f\.json:1:11: rules\.0/],
  [
    'escapes in a field',
    { rules: [{ ...reset, '\u001b]0;x\u0007': 1 }] },
    2,
    /f\.json:1:46: .*\\u001b\]0;x\\u0007/,
  ],
  ['escapes in an ID', { rules: [{ ...reset, id: 'a\u001b[2J' }] }, 2, /f\.json:1:17: rules\.0\.id/],
  [
    'a field of a megabyte',
    { rules: [{ ...reset, ['z'.repeat(2 ** 20)]: 1 }] },
    2,
    /f\.json:1:46: .*zzz\.\.\./,
  ],
  [
    'a field twice, of a megabyte',
    `{"${'z'.repeat(2 ** 20)}":1,"${'z'.repeat(2 ** 20)}":1}`,
    2,
    /f\.json:1:/,
  ],
  [
    'ten thousand unknown fields',
    Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, i])),
    2,
    /f\.json:1:2: .*"f0"/,
  ],
  ['more rules than allowed', { rules: Array(1001).fill(reset) }, 2, /f\.json:1:10: rules: .*1000/],
  ['nested deeply', `{"rules":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 2, /f\.json:1:1009:/],
  ['more than 4 MiB', `{"rules":[${' '.repeat(2 ** 22)}]}`, 9, /f\.json .*4194304/],
];

test('a hostile fault file is refused with its place, in little text', () =>
  inTemporaryFolder(async (cwd) => {
    for (const [what, content, expected, names] of hostile) {
      writeFileSync(join(cwd, 'f.json'), typeof content === 'string' ? content : JSON.stringify(content));
      const { status, stderr, stdout } = await run(['emulator', 'faults', 'set', 'f.json'], { cwd });
      assert.equal(status, expected, `${what}: ${stderr.slice(0, 1000)}`);
      assert.match(stderr, names, what);
      assert.ok(stderr.length < 2000, `${what}: ${stderr.length} characters`);
      assert.ok(!stderr.includes('\u001b') && !stderr.includes('\u0007'), what);
      assert.equal(stdout, '');
    }
  }));

test('in place of a fault file: a folder, a loop of links, a pipe without a writer; a pipe with one is read', () =>
  inTemporaryFolder(async (cwd) => {
    mkdirSync(join(cwd, 'folder'));
    symlinkSync('loop', join(cwd, 'loop'));
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    const set = (file: string) => run(['emulator', 'faults', 'set', file], { cwd });
    for (const file of ['folder', 'loop', 'pipe', '/dev/zero']) {
      const { status, stderr } = await set(file);
      assert.equal(status, 9, `${file}: ${stderr}`);
      assert.ok(stderr.includes(file), stderr);
    }
    const writer = spawn('sh', ['-c', 'sleep 0.2; echo "{" > pipe'], { cwd });
    const { status, stderr } = await set('pipe');
    if (writer.exitCode === null) await once(writer, 'exit');
    assert.equal(status, 2, stderr);
    assert.match(stderr, /pipe:2:1: /);
  }));

test('Ctrl-C ends a command that waits for standard input', async () => {
  const child = spawn(process.execPath, [bin, 'emulator', 'faults', 'set', '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin!.write('{');
  // Modules take their time to load; before that, the signal ends the process as well.
  const timer = setInterval(() => child.kill('SIGINT'), 100);
  const [status, signal] = await once(child, 'exit');
  clearInterval(timer);
  assert.ok(signal === 'SIGINT' || status === 130, `${status} ${signal}`);
});

const wrong: [string[], RegExp][] = [
  [['emulator', 'faults', 'sett', 'wild'], /set, list or clear/],
  [['emulator', 'faults', 'set'], /JSON file/],
  [['emulator', 'faults', 'list', 'wild'], /takes no other argument/],
  [['emulator', 'faults', 'clear', '--fault-seed', '1'], /--fault-seed/],
  [['emulator', 'faults', 'set', 'wild', '--fault-seed', '-1'], /--fault-seed/],
  [['emulator', 'start', '--fault-seed', '1'], /--faults/],
  [['emulator', 'start', '--faults', 'none.json'], /none\.json/],
];

test('what is wrong on the command line is refused', () =>
  inTemporaryFolder(async (cwd) => {
    for (const [arguments_, message] of wrong) {
      const { status, stderr } = await run(arguments_, { cwd });
      assert.ok(status === 2 || /none\.json/.test(stderr), `${arguments_.join(' ')}: ${status}`);
      assert.match(stderr, message);
    }
  }));

test('the seed is printed, so that a run can be repeated', () =>
  inTemporaryFolder(async (cwd) => {
    const { status, stderr } = await cli(
      [
        'emulator',
        'start',
        '--dir',
        'state',
        '--port',
        '0',
        '--mqtt-port',
        '0',
        '--faults',
        'mild',
        '--json',
      ],
      { cwd, started: (child) => child.stderr!.once('data', () => child.kill('SIGTERM')) },
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /--fault-seed \d+/);
  }));

test('--host 0.0.0.0 warns of who can reach it; other hosts do not', () =>
  inTemporaryFolder(async (cwd) => {
    for (const [host, warns] of [
      ['0.0.0.0', true],
      ['127.0.0.1', false],
    ] as const) {
      const { stderr } = await cli(
        ['emulator', 'start', '--dir', host, '--host', host, '--port', '0', '--mqtt-port', '0', '--json'],
        { cwd, started: (child) => child.stdout!.once('data', () => child.kill('SIGTERM')) },
      );
      assert.equal(/no user accounts/.test(stderr), warns, stderr);
    }
  }));

/** The status of a request with these header lines, written by hand. */
function statusOf(port: number, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: 'localhost', port, rejectUnauthorized: false }, () =>
      socket.write(`${lines.join('\r\n')}\r\n\r\n`),
    );
    socket.once('data', (bytes: Buffer) => {
      socket.destroy();
      resolve(bytes.toString('latin1').slice(9, 12));
    });
    socket.on('error', reject);
  });
}

test('a second Host header is refused with 400 (RFC 9112 section 3.2)', () =>
  inTemporaryFolder(async (cwd) => {
    const emulator = await startEmulatorProcess(join(cwd, 'state'));
    try {
      const { https } = emulator.endpoints.ports;
      const host = `Host: localhost:${https}`;
      const get = 'GET /enrollmentGroups/g?api-version=2021-10-01 HTTP/1.1';
      assert.equal(await statusOf(https, [get, host]), '401');
      assert.equal(await statusOf(https, [get, host, host]), '400');
      assert.equal(await statusOf(https, [get, host, 'hOST: elsewhere']), '400');
      const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Protocol: mqtt'];
      const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
      const open = 'GET /$iothub/websocket HTTP/1.1';
      assert.equal(await statusOf(https, [open, host, ...upgrade, ...key]), '101');
      assert.equal(await statusOf(https, [open, host, host, ...upgrade, ...key]), '400');
    } finally {
      await emulator.stop();
    }
  }));

// More of them, with other seeds: scripts/wild.ts.
for (const seed of [1, 2, 8]) {
  test(`a quickstart under wild faults, seed ${seed}, is at its right end after at most four runs`, async () => {
    const { runs, injected } = await quickstartUnderWild(seed);
    assert.ok(runs <= 4);
    assert.ok(injected > 0);
  });
}

test.run();
