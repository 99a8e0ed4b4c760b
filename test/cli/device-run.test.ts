/** `device run`: its devices, its files, its output and its end. What the devices do is in test/fleet/running.test.ts. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import { runDisplay } from '../../src/cli/device/run-display.js';
import { Output } from '../../src/cli/kernel/output.js';
import { csvReferences, messageMakers, templateSchema } from '../../src/fleet/running/template.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { cli } from './run-cli.js';
import { type CommandWorld, inCommandWorld } from './running-emulator.js';

const linesOf = (stdout: string): any[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

async function withDevices(act: (world: CommandWorld) => Promise<void>): Promise<void> {
  await inCommandWorld(async (world) => {
    const made = await world.enrollkit('quickstart', '--yes', '--count', '2');
    assert.equal(made.status, 0, made.stderr);
    await act(world);
  });
}

test('all devices of a folder, with their files, as events; one of them as a report; a fleet; Ctrl-C', () =>
  withDevices(async ({ folder, enrollkit }) => {
    const file = (name: string, value: unknown) => {
      const path = join(dirname(folder), name);
      writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
      return path;
    };
    file('levels.csv', 'minute,level\n0,1.5\n1,low\n');
    const template = file('template.json', {
      id: { $deviceId: {} },
      level: { $csv: { file: 'levels.csv', column: 'level' } },
    });
    const reported = file('reported.json', { firmware: '1.0' });
    const all = await enrollkit(
      ...['device', 'run', '--json', '--count', '3', '--interval', '100ms'],
      ...['--template', template, '--reported', reported],
    );
    assert.equal(all.status, 0, all.stderr);
    const events = linesOf(all.stdout);
    for (const { time } of events) assert.ok(!Number.isNaN(Date.parse(time)));
    const of = (name: string) => events.filter(({ event }) => event === name);
    assert.deepEqual(
      of('connected')
        .map(({ deviceId }) => deviceId)
        .sort(),
      ['device-001', 'device-002'],
    );
    assert.deepEqual(
      of('sent')
        .filter(({ deviceId }) => deviceId === 'device-002')
        .map(({ body }) => body),
      [1.5, 'low', 1.5].map((level) => ({ id: 'device-002', level })),
    );
    assert.deepEqual(of('reported')[0].properties.firmware, '1.0');
    const ended = events.at(-1);
    assert.deepEqual(
      [ended.event, ended.devices, ended.connected, ended.sent, ended.lost, ended.failures],
      ['ended', 2, 2, 6, 0, []],
    );

    const one = await enrollkit('device', 'run', 'device-002', '--count', '1', '--protocol', 'mqtt-ws');
    assert.equal(one.status, 0, one.stderr);
    assert.match(one.stdout, /^\S.* 1, 1\b/);
    for (const line of one.stdout.split('\n')) assert.ok(line.length <= 80, line);

    const fleet = join(dirname(folder), 'fleet.ndjson');
    const pattern = ['--pattern', 'f-{1..3}', '--format', 'ndjson', '--out', fleet];
    assert.equal((await enrollkit('fleet', 'issue', ...pattern)).status, 0);
    const some = await enrollkit('device', 'run', 'f-3', 'f-1', '--fleet', fleet, '--count', '1', '--json');
    assert.equal(linesOf(some.stdout).at(-1).sent, 2, some.stderr);
    const missing = await run(['device', 'run', 'f-9', '--fleet', fleet, '--dir', folder], {
      env: withCodes,
    });
    assertRefusal(missing.stderr, 'FILE_UNREADABLE', 'f-9', fleet);

    const stopped = await cli(['device', 'run', '--dir', folder, '--json', '--interval', '100ms'], {
      started: (child) => {
        let seen = '';
        child.stdout!.on('data', (text: string) => {
          seen += text;
          if (seen.includes('"event":"sent"') && !child.killed) child.kill('SIGINT');
        });
      },
    });
    assert.equal(stopped.status, 0, stopped.stderr);
    const last = linesOf(stopped.stdout).at(-1);
    assert.deepEqual([last.event, last.connected, last.lost, last.disconnections], ['ended', 2, 0, 0]);
  }));

test('templates and tables of methods that are none are refused with the place, before anything is sent', () =>
  inTemporaryFolder(async (cwd) => {
    const refused = async (flag: string, text: string, code: string, ...facts: string[]) => {
      writeFileSync(join(cwd, 'given.json'), text);
      const { status, stderr } = await run(['device', 'run', flag, 'given.json'], { cwd, env: withCodes });
      assert.equal(status, 2, stderr);
      assertRefusal(stderr, code, ...facts);
    };
    writeFileSync(join(cwd, 'empty.csv'), 'a,b\n');
    writeFileSync(join(cwd, 'uneven.csv'), 'a,b\n1\n');
    writeFileSync(join(cwd, 'twice.csv'), 'a,b,a\n1,2,3\n');
    const walk = (members: string) => `{\n "t": {"$randomWalk": {${members}}}}`;
    for (const [text, ...facts] of [
      ['{', 'given.json:1:2'],
      ['[1]', 'given.json:1:1'],
      ['"text"', 'given.json:1:1'],
      ['{\n "a": {"$countr": {}}}', 'given.json:2:8', '$countr'],
      ['{"a": {"$counter": {"stat": 1}}}', 'given.json:1:21', 'stat'],
      ['{"a": {"$counter": 5}}', 'given.json:1:20'],
      ['{"a": {"$timestamp": {}, "b": 1}}', '$timestamp'],
      ['{"a": [{"$timestamp": {"format": "date"}}]}', 'given.json:1:34'],
      [walk('"step": 1'), 'given.json:2:23', 'start'],
      [walk('"start": 50, "maximum": 10'), 'given.json:2:23'],
      [walk('"start": 1e300'), 'given.json:2:33'],
      ['{"a": {"$csv": {"file": "none.csv", "column": "a"}}}', 'given.json:1:16', 'none.csv'],
      ['{"a": {"$csv": {"file": "empty.csv", "column": "a"}}}', 'given.json:1:16', 'empty.csv'],
      ['{"a": {"$csv": {"file": "uneven.csv", "column": "a"}}}', 'uneven.csv'],
      ['{"a": {"$csv": {"file": "twice.csv", "column": "b"}}}', 'given.json:1:16', 'twice.csv', '"a"'],
      [`{"a": "${'x'.repeat(300_000)}"}`, '262144'],
      [`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, '32'],
    ] as const) {
      await refused('--template', text, 'INVALID_TEMPLATE', ...facts);
    }
    await refused('--reported', `{"a": "${'x'.repeat(40_000)}"}`, 'INVALID_TEMPLATE', '32768');
    for (const [text, ...facts] of [
      ['[]', 'given.json:1:1', 'an object'],
      ['{"": {}}', 'given.json:1:6', '"": '],
      ['{"reboot": {"status": "ok"}}', 'given.json:1:23'],
      ['{"reboot": {"delay": 301}}', 'given.json:1:22', '300'],
      ['{"reboot": {"answer": 1}}', 'given.json:1:13', 'answer'],
    ] as const) {
      await refused('--methods', text, 'INVALID_METHODS', ...facts);
    }
  }));

test('many failures of one kind do not hide the reason of another', () => {
  const printed: string[] = [];
  const sink = () =>
    new Writable({
      write(chunk, _encoding, done) {
        printed.push(String(chunk));
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const output = new Output({
    stdout: sink(),
    stderr: sink(),
    env: withCodes,
    json: false,
    verbose: false,
    color: false,
  });
  const display = runDisplay(output);
  const failed = { time: '', event: 'failed', what: 'register' } as const;
  for (const [count, code, message] of [
    [20, 'NETWORK', 'unreachable'],
    [2, 'DEVICE_NOT_AUTHORIZED', '401002'],
  ] as const) {
    for (let device = 1; device <= count; device += 1)
      display.onEvent({ ...failed, deviceId: `d${device}`, code, message });
  }
  assert.equal(printed.filter((line) => line.includes('unreachable')).length, 5);
  assert.equal(printed.filter((line) => line.includes('401002')).length, 2);
});

test('flags that contradict each other, and folders without devices, are refused', () =>
  inTemporaryFolder(async (cwd) => {
    for (const [words, status, code, ...facts] of [
      [['--csr', '--protocol', 'amqp'], 2, 'USAGE', '--csr'],
      [['--renew-after', '1h'], 2, 'USAGE', '--renew-after'],
      [['--key', 'a.pem'], 2, 'USAGE', '--key'],
      [['a', '--key', 'a.pem', '--fleet', 'f'], 2, 'USAGE', '--fleet'],
      [['a', 'b', 'a'], 2, 'USAGE', 'a'],
      [['a b'], 2, 'INVALID_REGISTRATION_ID', 'a b'],
      [['--interval', '5'], 2, 'USAGE', '--interval'],
      [['--duration', '99ms'], 2, 'USAGE', '--duration'],
      [['--count', '0'], 2, 'USAGE', '--count'],
      [[], 9, 'FILE_UNREADABLE', 'certs'],
      [['--fleet', 'none'], 9, 'FILE_UNREADABLE', 'none'],
      [['a'], 9, 'FILE_UNREADABLE', 'a'],
    ] as const) {
      const refused = await run(['device', 'run', ...words], { cwd, env: withCodes });
      assert.equal(refused.status, status, words.join(' ') + refused.stderr);
      assertRefusal(refused.stderr, code, ...facts);
    }
  }));

test('a template makes the same messages for a device in every run, and others for other devices', () => {
  const template = templateSchema.parse({
    walk: { $randomWalk: { start: 20, step: 5, minimum: 18, maximum: 22, decimals: 3 } },
    list: [{ $counter: { start: 10, step: -2 } }, null, 'text'],
    at: { $timestamp: { format: 'seconds' } },
    level: { $csv: { file: 'a.csv', column: 'b' } },
  });
  assert.deepEqual(csvReferences(template), [{ path: ['level', '$csv'], file: 'a.csv', column: 'b' }]);
  const makers = messageMakers(template, () => [1, 2]);
  const now = new Date('2026-11-29T12:00:00.500Z');
  const messages = (id: string) => {
    const make = makers(id);
    return Array.from({ length: 50 }, () => make(now) as any);
  };
  const [first, second] = messages('a');
  assert.deepEqual({ ...first, walk: 0 }, { walk: 0, list: [10, null, 'text'], at: 1795953600, level: 1 });
  assert.deepEqual([second.list[0], second.level], [8, 2]);
  assert.equal(first.walk, 20);
  for (const { walk } of messages('a')) assert.ok(walk >= 18 && walk <= 22);
  assert.deepEqual(messages('a'), messages('a'));
  assert.notDeepEqual(messages('a'), messages('b'));
});

test.run();
