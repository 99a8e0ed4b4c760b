/** `replay`, `runs` and `runs compare`, from outside. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { requestText } from '../../src/cli/quickstart/step-prompt.js';
import { UnfinishedReplay } from '../../src/cli/quickstart/unfinished-replay.js';
import { startEmulator } from '../../src/emulator/start.js';
import { useLanguage } from '../../src/languages/language.js';
import { readRecording } from '../../src/quickstart/recording/read.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { takeLock } from '../../src/workspace/lock.js';
import {
  compareHostile,
  hostileCases,
  replayHostile,
  withoutRepetitions,
} from '../support/hostile-recordings.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const shipped = join(project, 'templates/recordings/quickstart.json');

interface Difference {
  step: string | null;
  request: string | null;
  path: string;
  recorded: unknown;
  now: unknown;
}

/** Counts the connections that are opened meanwhile. */
async function countingConnections<Result>(act: () => Promise<Result>): Promise<[Result, number]> {
  const { connect } = Socket.prototype;
  let connections = 0;
  Socket.prototype.connect = function (this: Socket, ...args: [string]) {
    connections += 1;
    return connect.apply(this, args);
  } as typeof connect;
  try {
    return [await act(), connections];
  } finally {
    Socket.prototype.connect = connect;
  }
}

function changedCopy(folder: string, change: (recording: any) => void): string {
  const recording = JSON.parse(readFileSync(shipped, 'utf8'));
  change(recording);
  const path = join(folder, 'changed.json');
  writeFileSync(path, JSON.stringify(recording, null, 2));
  return path;
}

test('the shipped recording does not differ, online and offline; runs lists the replays', async () => {
  await inTemporaryFolder(async (folder) => {
    const dir = join(folder, 'online');
    for (const flags of [
      ['--dir', dir],
      ['--dir', join(folder, 'offline'), '--offline'],
    ]) {
      const { status, stderr } = await run(['replay', shipped, ...flags, '--check']);
      assert.equal(status, 0, stderr);
    }
    const listed = await run(['runs', '--dir', dir, '--json']);
    assert.equal(listed.status, 0);
    const { runs } = JSON.parse(listed.stdout);
    assert.deepEqual(
      runs.map((one: any) => [one.outcome, one.devices, one.target]),
      [['done', 3, 'emulator']],
    );
    assert.ok(runs[0].replayOf);
    const used = await run(['replay', shipped, '--dir', dir], { env: withCodes });
    assert.equal(used.status, 9);
    assertRefusal(used.stderr, 'FOLDER_NOT_EMPTY', dir);
    assert.equal(readdirSync(join(dir, '.enrollkit', 'runs')).length, 1);
    // While a run is going on, its folder has no recording of it, and takes no replay.
    const release = takeLock(join(dir, '.enrollkit', 'lock'));
    try {
      for (const line of [
        ['replay', dir, '--dir', join(folder, 'early')],
        ['runs', 'compare', shipped, dir],
      ]) {
        const refused = await run(line, { env: withCodes });
        assert.equal(refused.status, 9);
        assertRefusal(refused.stderr, 'FOLDER_IN_USE', dir);
      }
      assert.equal((await run(['replay', shipped, '--dir', dir])).status, 9);
      assert.equal(existsSync(join(folder, 'early')), false);
    } finally {
      release();
    }
    const both = await run(['runs', 'compare', dir, join(folder, 'offline'), '--json']);
    assert.deepEqual(JSON.parse(both.stdout).differences, []);
  });
});

test('runs lists a hundred recordings with damaged ones among them, in order', async () => {
  await inTemporaryFolder(async (folder) => {
    const none = await run(['runs', '--dir', folder, '--json']);
    assert.deepEqual([none.status, JSON.parse(none.stdout).runs], [0, []]);
    const recordings = join(folder, '.enrollkit', 'runs');
    mkdirSync(recordings, { recursive: true });
    const text = readFileSync(shipped, 'utf8');
    const nameOf = (number: number) =>
      `2027-01-01T00-00-${String(number % 60).padStart(2, '0')}.000Z${number < 60 ? '' : '-2'}.json`;
    for (let number = 0; number < 100; number += 1) {
      const damaged = number % 10 === 3;
      writeFileSync(join(recordings, nameOf(number)), damaged ? text.slice(0, number * 50) : text);
    }
    const { status, stdout, stderr } = await run(['runs', '--dir', folder, '--json'], { env: withCodes });
    assert.equal(status, 2);
    const { runs } = JSON.parse(stdout) as { runs: { recording: string; error?: { code: string } }[] };
    assert.equal(runs.length, 100);
    assert.equal(runs.filter(({ error }) => error?.code === 'INVALID_RECORDING').length, 10);
    const names = runs.map(({ recording }) => basename(recording).replace('.json', ''));
    assert.deepEqual(names, [...names].sort());
    assert.equal(stderr.split('[INVALID_RECORDING]').length, 11);
    const plain = await run(['runs', '--dir', folder]);
    assert.equal(plain.stdout.trimEnd().split('\n').length, 100);
  });
});

test('a replay that was stopped is started over by the same command, and by no other', async () => {
  await inTemporaryFolder(async (folder) => {
    const dir = join(folder, 'again');
    const line = ['replay', shipped, '--dir', dir, '--check', '--offline'];
    assert.equal((await run(line)).status, 0);
    const mark = join(dir, '.enrollkit', 'unfinished-replay');
    assert.ok(!existsSync(mark));
    const [recording] = readdirSync(join(dir, '.enrollkit', 'runs'));
    // As if it had been killed before it was recorded.
    new UnfinishedReplay(layoutOf(dir), readRecording(shipped), { offline: true, check: true, dir }).begin();
    rmSync(join(dir, '.enrollkit', 'runs', recording!));
    const root = join(dir, 'ca', 'root', 'certificate.pem');
    const before = readFileSync(root, 'utf8');
    assert.equal((await run(['replay', shipped, '--dir', dir])).status, 9, 'another command');
    assert.equal(readFileSync(root, 'utf8'), before);
    const again = await run(line);
    assert.equal(again.status, 0, again.stderr);
    assert.notEqual(readFileSync(root, 'utf8'), before);
    assert.ok(!existsSync(mark));
  });
});

test('offline: no connection, no difference, also with other names; two such folders do not differ', async () => {
  await inTemporaryFolder(async (folder) => {
    for (const name of ['anna', 'ben']) {
      const dir = join(folder, name);
      const line = [
        'replay',
        shipped,
        '--dir',
        dir,
        '--check',
        '--offline',
        '--json',
        '--name-prefix',
        `${name}-`,
      ];
      const [{ status, stdout }, connections] = await countingConnections(() => run(line));
      assert.deepEqual(JSON.parse(stdout).differences, []);
      assert.equal(status, 0);
      assert.equal(connections, 0);
      assert.ok(existsSync(join(dir, 'devices', `${name}-device-001`, 'certificate.pem')));
      assert.equal(existsSync(join(dir, '.enrollkit', 'emulator')), false);
    }
    const compared = await run(['runs', 'compare', join(folder, 'anna'), join(folder, 'ben'), '--json']);
    assert.deepEqual(JSON.parse(compared.stdout).differences, []);
    assert.equal(compared.status, 0);
  });
});

test('a run in Chinese, recorded on Windows in another time zone, equals one in English', async () => {
  await inTemporaryFolder(async (folder) => {
    await useLanguage('zh-CN');
    try {
      const dir = join(folder, 'zh');
      const { status, stdout, stderr } = await run(['replay', shipped, '--dir', dir, '--offline', '--check']);
      assert.equal(status, 0, stdout + stderr);
      assert.match(stderr, /已验证/);
      assert.match(stderr, /enabled，hashed/);
      assert.match(stdout, /没有/);
    } finally {
      await useLanguage('en');
    }
    const [name] = readdirSync(join(folder, 'zh', '.enrollkit', 'runs'));
    const recorded = JSON.parse(readFileSync(join(folder, 'zh', '.enrollkit', 'runs', name!), 'utf8'));
    assert.equal(recorded.steps[3].outcome, 'verified');
    const other = changedCopy(folder, (one) => {
      Object.assign(one, { node: '26.1.0', enrollkit: '0.1.7', platform: 'win32', arch: 'arm64' });
      one.startedAt = '2027-02-03T04:05:06.007Z';
      for (const step of one.steps) {
        step.title = '上传证书';
        for (const { answer } of step.requests) {
          if (answer?.headers?.date) answer.headers.date = 'Wed, 03 Feb 2027 04:05:06 GMT';
        }
      }
    });
    const compared = await run(['runs', 'compare', join(folder, 'zh'), other, '--json']);
    assert.deepEqual(JSON.parse(compared.stdout).differences, []);
    assert.equal(compared.status, 0);
  });
});

test('one changed value is shown, exit 13; without --check the run alone decides', async () => {
  await inTemporaryFolder(async (folder) => {
    const changed = changedCopy(folder, (one) => {
      one.steps[3].outcome = 'unverified';
    });
    const json = await run(['replay', changed, '--dir', join(folder, 'a'), '--check', '--offline', '--json']);
    assert.equal(json.status, 13);
    assert.deepEqual(JSON.parse(json.stdout).differences, [
      {
        step: 'proof-of-possession',
        request: null,
        path: 'outcome',
        recorded: 'unverified',
        now: 'verified',
      },
    ] satisfies Difference[]);
    const text = await run(['replay', changed, '--dir', join(folder, 'b'), '--offline']);
    assert.equal(text.status, 0);
    for (const fact of ['proof-of-possession', 'unverified', 'verified'])
      assert.ok(text.stdout.includes(fact));
    const compared = await run(['runs', 'compare', shipped, changed]);
    assert.equal(compared.status, 13);
  });
});

test('a failure is replayed offline, and a request that is not recorded fails by name', async () => {
  await inTemporaryFolder(async (folder) => {
    const refused = changedCopy(folder, (one) => {
      const last = one.steps[6].requests.find((request: any) => request.url.includes('iotdps-register'));
      last.answer = { status: 401, body: { errorCode: 401002, message: 'CA certificate not found.' } };
      one.steps = one.steps.slice(0, 7);
    });
    const a = await run(['replay', refused, '--dir', join(folder, 'a'), '--offline', '--json']);
    assert.equal(a.status, 7);
    const first = JSON.parse(a.stdout);
    assert.equal(first.outcome, 'failed');
    assert.equal(first.error.code, 'PARTIAL');
    // The replay of the replay: the same failure is no difference.
    const again = ['replay', first.recording, '--dir', join(folder, 'b'), '--offline', '--check', '--json'];
    const b = await run(again);
    assert.deepEqual(JSON.parse(b.stdout).differences, []);
    assert.equal(b.status, 0);

    const lacking = changedCopy(folder, (one) => {
      one.steps[4].requests = one.steps[4].requests.slice(0, 2);
    });
    const c = await run(['replay', lacking, '--dir', join(folder, 'c'), '--offline', '--json']);
    const { error } = JSON.parse(c.stdout);
    assert.equal(error.code, 'NOT_RECORDED');
    assert.equal(c.status, 13);
    assert.ok(error.message.includes('PUT https://') && error.message.includes('/enrollmentGroups/'));
  });
});

test('a class: two people replay on one emulator at the same time, under their own names, and do not differ', async () => {
  await inTemporaryFolder(async (folder) => {
    const inFolder = (name: string) => join(folder, name);
    const refused = await run(
      ['replay', shipped, '--emulator', inFolder('dps'), '--dir', inFolder('early')],
      {
        env: withCodes,
      },
    );
    assert.equal(refused.status, 4);
    assertRefusal(refused.stderr, 'NOT_FOUND', inFolder('dps'));
    assert.equal(existsSync(inFolder('early')), false);
    const emulator = await startEmulator({ dir: inFolder('dps') });
    try {
      const line = (name: string) => [
        ...['replay', shipped, '--emulator', inFolder('dps'), '--dir', inFolder(name)],
        ...['--name-prefix', `${name}-`, '--check', '--json'],
      ];
      const replays = await Promise.all(['anna', 'ben'].map((name) => run(line(name))));
      for (const { status, stdout } of replays) {
        assert.deepEqual(JSON.parse(stdout).differences, []);
        assert.equal(status, 0);
      }
      const compared = await run(['runs', 'compare', inFolder('anna'), inFolder('ben'), '--json']);
      assert.deepEqual(JSON.parse(compared.stdout).differences, []);
      // Other commands find the shared emulator by the folder of the run.
      const listed = await run(['group', 'list', '--dir', inFolder('anna'), '--json']);
      const { enrollmentGroups } = JSON.parse(listed.stdout);
      assert.deepEqual(
        enrollmentGroups.map(({ enrollmentGroupId: id }: { enrollmentGroupId: string }) => id).sort(),
        ['anna-enrollkit-devices', 'ben-enrollkit-devices'],
      );
      assert.equal(existsSync(join(inFolder('anna'), '.enrollkit', 'emulator')), false);
      // The emulator belongs to its own folder.
      assert.equal((await run(['emulator', 'status', '--dir', inFolder('anna')])).status, 12);
      const cleaned = await run(['clean', '--dir', inFolder('anna'), '--certificates', '--yes', '--json']);
      assert.deepEqual(JSON.parse(cleaned.stdout).kept, []);
      assert.deepEqual(readdirSync(inFolder('anna')), []);
    } finally {
      await emulator.stop();
    }
  });
});

test('before a step, long requests are broken at the parts of their URLs', () => {
  const arm = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Devices/';
  const rest =
    'provisioningServices/{dpsName}/certificates/anna-root/generateVerificationCode?api-version=2022-02-05';
  const mqtt =
    'mqtts://localhost:{port} $dps/registrations/GET/iotdps-get-operationstatus/?$rid={a}&operationId={b}';
  for (const [request, whole] of [
    [
      { method: 'POST', url: `https://localhost:{port}${arm}${rest}` },
      `POST https://localhost:{port}/…/Microsoft.Devices/${rest}`,
    ],
    [
      { method: 'PUBLISH', url: mqtt, repeated: 'until it is assigned' },
      `PUBLISH ${mqtt}, until it is assigned`,
    ],
    [
      { method: 'GET', url: 'https://{assigned hub}/devices/a?api-version=1' },
      'GET https://{assigned hub}/devices/a?api-version=1',
    ],
  ] as const) {
    const lines = requestText(request, 79).split('\n');
    assert.ok(
      lines.every((line) => line.length <= 79),
      lines.join('\n'),
    );
    assert.equal(
      lines
        .map((line) => line.trim())
        .join('')
        .replaceAll(' ', ''),
      whole.replaceAll(' ', ''),
    );
  }
});

test('any text replaced by a hostile one: the recording is refused with its place, or harmless', async () => {
  // All of them: scripts/hostile-recordings.ts
  const cases = withoutRepetitions(hostileCases());
  const some = (count: number) => Array.from({ length: count }, () => cases[randomInt(cases.length)]!);
  const { user } = process.cpuUsage();
  for (const one of some(12)) await compareHostile(one);
  for (const one of some(2)) await replayHostile(one);
  const [path, title] = [['steps', '7', 'outcome'], 'as long as a text may be'];
  assert.equal(await compareHostile({ path, title }), 'read');
  // It took half a minute when its time grew with the square of the length.
  assert.ok(process.cpuUsage().user - user < 15_000_000);
});

test('bad input: what is not a recording, --step without a terminal, --offline with a target; nothing is written', async () => {
  await inTemporaryFolder(async (folder) => {
    const dir = join(folder, 'new');
    const hostile = join(folder, 'hostile.json');
    writeFileSync(hostile, readFileSync(shipped, 'utf8').slice(0, 3000));
    const empty = join(folder, 'empty.json');
    writeFileSync(empty, '');
    const pipe = join(folder, 'pipe');
    if (process.platform !== 'win32') execFileSync('mkfifo', [pipe]);
    const refusals: [line: string[], code: string, fact: string][] = [
      [['replay', hostile, '--dir', dir], 'INVALID_RECORDING', `${hostile}:`],
      [['replay', join(folder, 'none.json'), '--dir', dir], 'INVALID_RECORDING', 'none.json'],
      [['replay', folder, '--dir', dir], 'INVALID_RECORDING', folder],
      [['replay', empty, '--dir', dir], 'INVALID_RECORDING', `${empty}:`],
      ...(process.platform === 'win32' ? [] : ['/dev/zero', pipe]).map((path): (typeof refusals)[number] => [
        ['replay', path, '--dir', dir],
        'INVALID_RECORDING',
        path,
      ]),
      [['runs', 'compare', shipped, empty], 'INVALID_RECORDING', `${empty}:`],
      [['runs', 'compare', shipped, hostile], 'INVALID_RECORDING', `${hostile}:`],
      [['replay', shipped, '--dir', dir, '--step'], 'USAGE', '--step'],
      [['replay', shipped, '--dir', dir, '--offline', '--target', 'emulator'], 'USAGE', '--offline'],
      [['replay', shipped, '--dir', dir, '--offline', '--emulator', folder], 'USAGE', '--offline'],
      [
        [
          ...['replay', shipped, '--dir', dir, '--emulator', folder],
          ...['--target', 'azure', '--dps-name', 'contoso', '--subscription', randomUUID()],
          ...['--resource-group', 'one'],
        ],
        'USAGE',
        '--emulator',
      ],
    ];
    for (const [line, code, fact] of refusals) {
      const { status, stderr } = await run(line, { env: withCodes });
      assert.equal(status, 2, line.join(' '));
      assertRefusal(stderr, code, fact);
    }
    assert.equal(existsSync(dir), false);
  });
});

test.run();
