/** What a run leaves as its recording, how recordings are compared, and which ones are refused. */
import assert from 'node:assert/strict';

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { EnrollkitError } from '../../src/errors.js';
import { compareRecordings } from '../../src/quickstart/recording/compare.js';
import { foundEarlier } from '../../src/quickstart/recording/earlier.js';
import { kindOfMember } from '../../src/quickstart/recording/kinds.js';
import { createMask } from '../../src/quickstart/recording/mask.js';
import { commonNames } from '../../src/quickstart/recording/names.js';
import { parseRecording, readRecording } from '../../src/quickstart/recording/read.js';
import {
  maxTextLength,
  type RecordedRequest,
  type Recording,
} from '../../src/quickstart/recording/schema.js';
import { inWorld, planWith } from '../support/quickstart.js';
import '../support/quick-key-derivation.js';
import { generatedKeys } from '../support/generated-keys.js';

const shipped = new URL('../../templates/recordings/quickstart.json', import.meta.url);
const shippedText = readFileSync(shipped, 'utf8');
const recorded = () => parseRecording(shippedText, 'quickstart.json');

/** The shipped recording, changed, as text. */
function changed(change: (recording: any) => void): string {
  const recording = JSON.parse(shippedText);
  change(recording);
  return JSON.stringify(recording, null, 2);
}

function refusal(json: string): string {
  try {
    parseRecording(json, 'r.json');
  } catch (error) {
    assert.ok(error instanceof EnrollkitError);
    assert.equal(error.code, 'INVALID_RECORDING');
    assert.equal(error.exitStatus, 2);
    return error.message;
  }
  throw new Error('it was not refused');
}

const secrets = {
  passphrase: 'correct horse battery',
  wifi: 'pa55-of-the-wifi',
  sas: 'SharedAccessSignature sr=a&sig=abcdefgh%3D&se=1&skn=x',
  key: 'c2VjcmV0LWtleS1vZi10aGUtaHVi',
  functionKey: 'Zm4ta2V5LW9mLWEtd2ViaG9vaw==',
  proxy: 'pr0xy-passw0rd',
  bearer: 'a-bearer-token-0123456789',
};

const { privateKey } = generatedKeys('ec', { namedCurve: 'P-256' });
/** Without the frame of PEM: PKCS#8, SEC 1, and what begins as a PKCS#12 file does. */
const bareKey = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
const legacyKey = privateKey.export({ type: 'sec1', format: 'der' }).toString('base64');
const pfx = Buffer.concat([Buffer.from('30820400020103', 'hex'), Buffer.alloc(200, 0xa5)]).toString('base64');

test('a run is recorded: steps, requests with answers, and no secret of it', async () => {
  await inWorld(async ({ run, target, folder }) => {
    const plan = planWith((one) => {
      one.certificates.encryptKeys = true;
      one.enrollmentGroup.initialTwin = {
        tags: { note: `of ${secrets.passphrase}`, url: `https://user:${secrets.wifi}@example.com/` },
        properties: {
          desired: {
            wifiPassword: secrets.wifi,
            hub: `HostName=h.example;SharedAccessKeyName=device;SharedAccessKey=${secrets.key}`,
            sas: secrets.sas,
            nested: [
              {
                apiKey: secrets.key,
                pem: '-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----',
                bare: bareKey,
                device: { symmetricKey: { primaryKey: secrets.key, secondary_key: secrets.key } },
                webhook: `https://f.example/api/allocate?code=${secrets.functionKey}&x=1`,
                via: `the proxy answered ${secrets.proxy}`,
                authorization: `Bearer ${secrets.bearer}`,
                files: [pfx, legacyKey],
              },
            ],
          },
        },
      };
    });
    const { recording: path } = await run(plan, { passphrase: secrets.passphrase, secrets: [secrets.proxy] });
    assert.equal(path.startsWith(join(folder, '.enrollkit', 'runs')), true);
    if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
    const text = readFileSync(path, 'utf8');
    const { service, hubConnectionStrings } = target;
    assert.ok(typeof service === 'object');
    const token = (await target.armCredential.getToken(''))!.token;
    const planted = [
      ...Object.values(secrets),
      'abcdefgh%3D',
      'MIIsecret',
      bareKey.slice(60, 100),
      legacyKey.slice(60, 100),
      pfx.slice(60, 100),
      service.connectionString.sharedAccessKey,
      hubConnectionStrings[0]!.sharedAccessKey,
      token,
      folder,
    ];
    for (const secret of planted) assert.equal(text.includes(secret), false, secret);
    for (const kind of [
      '<passphrase>',
      '<key>',
      '<SAS token>',
      '<private key>',
      '<token>',
      '<credentials>',
    ]) {
      assert.ok(text.includes(kind), kind);
    }
    const recording = readRecording(path);
    assert.equal(recording.outcome, 'done');
    assert.deepEqual(
      recording.steps.map(({ id }) => id),
      recorded().steps.map(({ id }) => id),
    );
    for (const { requests } of recording.steps) {
      // On a busy machine, the emulator closes a connection that was idle for long; the request is then sent again.
      const isAnswered = ({ method, url, clientId }: RecordedRequest) =>
        requests.some(
          (one) => one.answer && one.method === method && one.url === url && one.clientId === clientId,
        );
      for (const request of requests) assert.ok(isAnswered(request), request.url);
    }
  });
});

test('a run that fails, and one that is interrupted, leave recordings', async () => {
  await inWorld(async ({ run, folder }) => {
    const plan = planWith((one) => {
      one.enrollmentGroup.iotHubs = ['other.azure-devices.net'];
    });
    const failure = await run(plan).then(
      () => undefined,
      (error: EnrollkitError) => error,
    );
    const failed = readRecording(String(failure!.context.recording));
    assert.equal(failed.outcome, 'failed');
    assert.equal(failed.failure?.code, 'HUB_NOT_LINKED');
    assert.equal(failed.steps.at(-1)?.status, 'failed');
    const controller = new AbortController();
    const emit = (event: { type: string; step?: string }) => {
      if (event.type === 'step-started' && event.step === 'enrollment-group') controller.abort();
    };
    await run(planWith(), { signal: controller.signal, emit }).catch(() => {});
    const paths = readdirSync(join(folder, '.enrollkit', 'runs')).sort();
    assert.equal(paths.length, 2);
    const interrupted = readRecording(join(folder, '.enrollkit', 'runs', paths[1]!));
    assert.equal(interrupted.outcome, 'interrupted');
    assert.equal(interrupted.steps.at(-1)?.id, 'enrollment-group');
  });
});

test('the shipped recording names no machine, and equals itself', () => {
  assert.doesNotMatch(shippedText, /(?<!ca)\/(home|root|tmp|work|Users)\//);
  assert.deepEqual(compareRecordings(recorded(), recorded()), []);
});

test('other folders, path styles, ports, dates, identifiers, Node and order make no difference', () => {
  const other = changed((one) => {
    one.node = '24.1.0';
    one.platform = 'win32';
    one.startedAt = '2030-01-01T00:00:00.000Z';
    for (const step of one.steps) {
      step.elapsedMs += 1000;
      step.requests.reverse();
      for (const request of step.requests) request.elapsedMs += 7;
    }
    // The order of one device's requests matters.
    const byUrl = new Map<string, any[]>();
    for (const step of one.steps) {
      byUrl.clear();
      for (const request of step.requests) {
        const key = `${request.method} ${request.url.replace(/\$rid=[^&]+/, '')} ${request.clientId}`;
        byUrl.set(key, [request, ...(byUrl.get(key) ?? [])]);
      }
      step.requests = [...byUrl.values()].flat();
    }
  })
    .replaceAll(one().target.idScope!, '0neFFFF0000')
    .replaceAll(one().target.subscriptionId!, '11111111-2222-3333-4444-555555555555')
    .replaceAll(/(localhost|127\.0\.0\.1):\d+/g, '$1:1234')
    .replaceAll(/[0-9A-F]{40}\b/g, (text) => text.split('').reverse().join(''));
  assert.deepEqual(compareRecordings(one(), parseRecording(other, 'other.json')), []);
  // On the usual port of MQTT, host names have none.
  const onUsualPorts = shippedText.replaceAll(/(localhost|127\.0\.0\.1):\d+/g, '$1');
  assert.deepEqual(compareRecordings(one(), parseRecording(onUsualPorts, 'usual.json')), []);

  const failing = (message: string, outcome: string) =>
    parseRecording(
      changed((run) => {
        run.steps[1].outcome = outcome;
        run.failure = { code: 'INTERNAL', message };
      }),
      'r.json',
    );
  const [posix, windows] = [
    failing('/home/a/certs/ca', '<folder>/ca/root, /home/a/x.pem'),
    failing('C:\\certs\\ca', '<folder>\\ca\\root, C:\\Users\\a\\x.pem'),
  ];
  assert.deepEqual(compareRecordings(posix, windows), []);

  function one(): Recording {
    return recorded();
  }
});

test('one changed value is one difference, at its place', () => {
  const cases: [
    change: (recording: any) => void,
    step: string | null,
    path: string,
    before: unknown,
    now: unknown,
  ][] = [
    [(one) => (one.outcome = 'failed'), null, 'outcome', 'done', 'failed'],
    [
      (one) => (one.steps[3].outcome = 'unverified'),
      'proof-of-possession',
      'outcome',
      'verified',
      'unverified',
    ],
    [(one) => (one.steps[3].status = 'already'), 'proof-of-possession', 'status', 'done', 'already'],
    [(one) => (one.plan.devices.protocol = 'https'), null, 'plan.devices.protocol', 'mqtt', 'https'],
    [(one) => (one.steps[0].requests[2].answer.status = 200), 'prerequisites', 'answer.status', 404, 200],
    [
      (one) => (one.steps[3].requests.at(-1).answer.body.properties.isVerified = false),
      'proof-of-possession',
      'answer.body.properties.isVerified',
      true,
      false,
    ],
    [
      (one) => (one.steps[4].requests[2].body.reprovisionPolicy.extra = 'x'),
      'enrollment-group',
      'body.reprovisionPolicy.extra',
      null,
      'x',
    ],
    [(one) => one.steps[4].requests.pop(), 'enrollment-group', '', 200, null],
    [(one) => one.steps.pop(), 'connect-devices', '', 'done', null],
  ];
  for (const [change, step, path, before, now] of cases) {
    const differences = compareRecordings(recorded(), parseRecording(changed(change), 'r.json'));
    assert.equal(differences.length, 1, JSON.stringify(differences));
    const [difference] = differences;
    assert.deepEqual(
      [difference!.step, difference!.path, difference!.recorded, difference!.now],
      [step, path, before, now],
    );
  }
});

/** Paths of the members that differ from run to run, whatever they are, and of what is not compared. */
const notCompared = [
  // Which run created it.
  /\.tags\.enrollkit\./,
  /^(\$schema|version|enrollkit|node|platform|arch|startedAt|elapsedMs|certificates|target|replayOf)\b/,
  /^plan\.(\$schema|target)\b/,
  /^steps\.\d+\.(title|elapsedMs)$/,
  /^steps\.\d+\.requests\.\d+\.(at|elapsedMs|plane)$/,
  /^steps\.\d+\.requests\.\d+\.(answer\.)?headers\./,
  // Another one of these is another request, or another step.
  /^steps\.\d+\.id$/,
  /^steps\.\d+\.requests\.\d+\.(method|url|clientId)$/,
];

function leavesOf(value: unknown, path: string[] = []): { path: string[]; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, [...path, key]));
}

function withLeaf(recording: Recording, path: readonly string[], value: unknown): Recording {
  const copy = structuredClone(recording) as any;
  const parent = path.slice(0, -1).reduce((one, key) => one[key], copy);
  parent[path.at(-1)!] = value;
  return copy;
}

/** Another value of the same type, with letters that no kind has. */
function other(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return value === null ? 'quux' : `quux ${value}`;
}

test('each value of a recording, changed: one difference at its place, or none where its kind differs from run to run', () => {
  const recording = recorded();
  const at = (path: readonly string[], parts: number) =>
    path
      .slice(parts)
      .join('.')
      .replace(/\.(\d+)(?=\.|$)/g, '[$1]');
  const leaves = leavesOf(recording).filter(
    ({ path }) => !notCompared.some((one) => one.test(path.join('.'))),
  );
  assert.ok(leaves.length > 300, `${leaves.length} values`);
  let masked = 0;
  for (const { path, value } of leaves) {
    const isKind = kindOfMember(path.at(-1)!, value) !== undefined;
    const changedValue = other(value);
    const where = path.join('.');
    // The other steps would only take time.
    const alone =
      path[0] === 'steps' ? { ...recording, steps: [recording.steps[Number(path[1])]!] } : recording;
    const there = path[0] === 'steps' ? ['steps', '0', ...path.slice(2)] : path;
    const differences = compareRecordings(alone, withLeaf(alone, there, changedValue));
    if (isKind) {
      masked += 1;
      assert.deepEqual(differences, [], where);
      // Its absence is a difference, and so is another type.
      const changedKinds = compareRecordings(alone, withLeaf(alone, there, { of: 'another kind' }));
      assert.equal(changedKinds.length, 1, where);
      continue;
    }
    assert.equal(differences.length, 1, `${where}: ${JSON.stringify(differences)}`);
    const parts = path[0] !== 'steps' ? 0 : path[2] === 'requests' ? 4 : 2;
    const [difference] = differences;
    assert.deepEqual(
      [difference!.step, difference!.path, difference!.recorded, difference!.now],
      [parts === 0 ? null : recording.steps[Number(path[1])]!.id, at(path, parts), value, changedValue],
      where,
    );
    assert.equal(difference!.request === null, parts !== 4);
  }
  assert.ok(masked > 50, `${masked} masked values`);
});

test('the names that two replays were given are compared by what they replace', () => {
  const [a, b] = commonNames(
    [
      { recorded: 'group', now: 'anna' },
      { recorded: 'ca', now: 'anna' },
    ],
    [{ recorded: 'group', now: 'ben-group' }],
  );
  assert.equal(a('the group anna of anna'), b('the group ben-group of ca'));
  assert.notEqual(a('annabel'), b('ben-group'));
});

test('masks keep the kind, know secrets in URLs and base64, and remove what a terminal would act on', () => {
  const mask = createMask({ folder: '/x/certs', home: '/home/a', secrets: ['a secret/1'] });
  assert.equal(mask('a secret/1, a%20secret%2F1, YSBzZWNyZXQvMQ=='), '<secret>, <secret>, <secret>');
  assert.equal(mask('at /x/certs/ca, /home/a/.npmrc'), 'at <folder>/ca, <home>/.npmrc');
  assert.equal(mask('a\u001b[31mb\u202e'), 'a\uFFFD[31mb\uFFFD');
  assert.equal(mask('https://f.example/?code=abc&x=1'), 'https://f.example/?code=<key>&x=1');
  assert.deepEqual(mask({ password: 1, pass: null, primaryKey: 'x', keyName: 'y' }), {
    password: '<passphrase>',
    pass: null,
    primaryKey: '<key>',
    keyName: 'y',
  });
  assert.equal(mask('x'.repeat(maxTextLength + 1)).length, maxTextLength);
  const windows = createMask({ folder: 'C:\\certs', home: 'C:\\Users\\a', secrets: [] });
  assert.equal(windows('no C:\\certs\\ca\\root here'), 'no <folder>/ca/root here');
});

test('a value of a wrong type anywhere, and an end anywhere: the recording is read, or refused as one', () => {
  const recording = JSON.parse(shippedText);
  recording.steps = recording.steps
    .slice(3, 5)
    .map((step: any) => ({ ...step, requests: step.requests.slice(-1) }));
  recording.certificates = recording.certificates.slice(0, 1);
  const text = JSON.stringify(recording);
  const pathsOf = (value: unknown, path: string[] = []): string[][] =>
    typeof value === 'object' && value !== null
      ? [path, ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]))]
      : [path];
  const attempt = (json: string): boolean => {
    try {
      const read = parseRecording(json, 'r.json');
      compareRecordings(read, read);
      foundEarlier(read, read.plan);
      return true;
    } catch (error) {
      assert.ok(error instanceof EnrollkitError && error.code === 'INVALID_RECORDING', json);
      return false;
    }
  };
  assert.ok(attempt(text));
  const hostile = [null, [], { x: 1 }, -1.5, JSON.parse('{"__proto__":{"polluted":1}}')];
  for (const path of pathsOf(recording).slice(1)) {
    for (const value of hostile) attempt(JSON.stringify(withLeaf(recording, path, value)));
  }
  assert.equal(({} as { polluted?: number }).polluted, undefined);
  for (let end = 0; end < text.length; end += 211) assert.equal(attempt(text.slice(0, end)), false, `${end}`);
});

test('each field removed, or of another type: a refusal names its line and its path', () => {
  const recording = JSON.parse(shippedText);
  recording.steps = [
    recording.steps[3],
    { ...recording.steps[6], requests: recording.steps[6].requests.slice(-1) },
  ];
  const counts = { read: 0, refused: 0 };
  const attempt = (path: readonly string[]) => {
    try {
      parseRecording(JSON.stringify(recording), 'r.json');
      counts.read += 1;
    } catch (error) {
      assert.ok(error instanceof EnrollkitError && error.code === 'INVALID_RECORDING');
      assert.match(error.message, /^r\.json:\d+:\d+: /);
      assert.ok(error.message.includes(path.join('.')), `${path.join('.')}: ${error.message}`);
      counts.refused += 1;
    }
  };
  const visit = (parent: any, path: readonly string[]) => {
    for (const key of Object.keys(parent)) {
      const here = [...path, key];
      const before = parent[key];
      const isObject = typeof before === 'object' && before !== null;
      if (isObject && !/^(body|headers)$/.test(key)) visit(before, here);
      parent[key] = isObject ? 7 : { x: 1 };
      attempt(here);
      if (!Array.isArray(parent)) {
        parent[key] = undefined;
        attempt(here);
      }
      parent[key] = before;
    }
  };
  visit(recording, []);
  assert.ok(counts.refused > 150, JSON.stringify(counts));
});

test('a recording that is cut off, newer, edited wrongly or hostile is refused, with its place', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 100; depth += 1) deep = [deep];
  const refusals: [json: string, fact: RegExp][] = [
    ['', /^r\.json:1:1: .*empty/],
    [shippedText.slice(0, 5000), /^r\.json:\d+:\d+: .*(ends|closed)/],
    ['[]', /^r\.json:1:1: .*an object/],
    [changed((one) => (one.version = 2)), /^r\.json:3:14: .*newer.*version 2/],
    [changed((one) => (one.version = 'x')), /^r\.json:3:14: version/],
    [changed((one) => (one.extra = 1)), /^r\.json:\d+:3: unknown field "extra"/],
    [changed((one) => delete one.steps[0].requests[0].url), /steps\.0\.requests\.0\.url: it is missing/],
    [
      changed((one) => (one.steps[0].requests[0].url = 'file:///etc/passwd')),
      /requests\.0\.url: it must begin/,
    ],
    [changed((one) => (one.certificates[0].path = '../../x.pem')), /certificates\.0\.path/],
    [changed((one) => (one.certificates[0].path = '/etc/passwd')), /certificates\.0\.path/],
    [changed((one) => (one.plan.devices.registrationIds = ['../x'])), /registrationIds\.0/],
    [changed((one) => (one.steps[0].outcome = 'a\u001b]0;x\u0007')), /^r\.json:\d+:\d+: .*U\+001B/],
    [changed((one) => (one.steps[0].requests[0].answer.body['\u009b2J'] = 1)), /U\+009B/],
    [changed((one) => (one.steps[0].outcome = 'x'.repeat(1_000_000))), /1000000 characters/],
    [changed((one) => (one.steps[0].requests[0].answer.body = deep)), /nested too deeply/],
    [`${'['.repeat(100_000)}`, /nested too deeply/],
  ];
  for (const [json, fact] of refusals) assert.match(refusal(json), fact);
  assert.equal(existsSync('r.json'), false);
});

test.run();
