/** `fleet enroll` at a provisioning service that answers as Azure was recorded to. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { ServicePlane } from '../../src/dps/client/service.js';
import { azureTarget, type Target } from '../../src/dps/client/target.js';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { deregisterFleet } from '../../src/fleet/deregister-fleet.js';
import { type EnrollFleetOptions, enrollFleet } from '../../src/fleet/enroll-fleet.js';
import { manifestColumns } from '../../src/fleet/manifest.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import { cli } from '../cli/run-cli.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type RecordedDps, type RecordedDpsOptions, startRecordedDps, stored } from './recorded-dps.js';
import { resultsOf } from './registration-support.js';
import { manifestOf } from './support.js';

interface Recorded {
  dps: RecordedDps;
  target: Target;
  service: ServicePlane;
  folder: string;
  /** Makes a fleet of that many devices, s-1, s-2, ..., and gives its path. */
  issue(name: string, count: number, tags?: Record<string, string>): Promise<string>;
  enroll(out: string, more?: Partial<EnrollFleetOptions>): ReturnType<typeof enrollFleet>;
}

const settings: EnrollFleetOptions['settings'] = {
  capabilities: { iotEdge: false },
  provisioningStatus: 'enabled',
  reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
  allocationPolicy: 'hashed',
};

function atRecordedDps(options: RecordedDpsOptions, act: (recorded: Recorded) => Promise<void>) {
  return inTemporaryFolder(async (folder) => {
    const dps = await startRecordedDps(options);
    const serviceConnectionString = parseConnectionString(dps.connectionString);
    const target = { ...azureTarget({ dpsName: 'recorded', serviceConnectionString }), trust: dps.trust };
    const service = new ServicePlane(target);
    try {
      await act({
        dps,
        target,
        service,
        folder,
        issue: (name, count, tags) => writeFleet(join(folder, name), count, tags),
        enroll: (out, more) =>
          enrollFleet({
            files: { out, manifest: `${out}.manifest.csv` },
            results: `${out}.enrollments.ndjson`,
            service,
            settings,
            update: false,
            concurrency: 4,
            signal: new AbortController().signal,
            ...more,
          }),
      });
    } finally {
      service.close();
      await dps.close();
    }
  });
}

/** What fleet issue would leave, as far as enrolling reads it, with certificates that sign themselves. */
async function writeFleet(out: string, count: number, tags: Record<string, string> = {}): Promise<string> {
  const devices = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const registrationId = `s-${index + 1}`;
      return { registrationId, chain: (await make('device', registrationId)).pem, privateKey: '' };
    }),
  );
  const columns = [...manifestColumns, ...Object.keys(tags).map((name) => `tags.${name}`)];
  const rows = devices.map(({ registrationId, chain }) => {
    const { sha256Thumbprint } = inspectCertificate(chain);
    const values = { registrationId, sha256Thumbprint } as Record<string, string>;
    const known = manifestColumns.map((column) => values[column] ?? '');
    return [...known, ...Object.values(tags)].join();
  });
  writeFileSync(`${out}.manifest.csv`, `${[columns.join(), ...rows].join('\n')}\n`);
  writeFileSync(out, `${devices.map((device) => JSON.stringify(device)).join('\n')}\n`);
  return out;
}

/** created, updated, unchanged, failed */
const countsOf = (result: Awaited<ReturnType<typeof enrollFleet>>) => {
  const { created, updated, unchanged, failed } = result;
  assert.equal(result.enrolled, created + updated + unchanged);
  return [created, updated, unchanged, failed];
};

const thumbprintOf = (enrollment: any) =>
  enrollment.attestation.x509.clientCertificates.primary.info.sha256Thumbprint;

function assertCertificates(dps: RecordedDps, out: string) {
  for (const { registrationId, sha256Thumbprint } of manifestOf(`${out}.manifest.csv`)) {
    assert.equal(thumbprintOf(dps.enrollments.get(registrationId!)), sha256Thumbprint);
  }
}

const isBulk = (mode: string) => (request: { path: string; body: any }) =>
  request.path === '/enrollments' && request.body?.mode === mode;

test('a fleet is created ten at a time and read back; again, with and without --update, nothing is written', () =>
  atRecordedDps({}, async ({ dps, issue, enroll }) => {
    const out = await issue('f', 23);
    assert.deepEqual(countsOf(await enroll(out)), [23, 0, 0, 0]);
    assert.deepEqual(
      dps
        .bulks()
        .map(([mode, ids]) => `${mode} ${ids.length}`)
        .sort(),
      ['create 10', 'create 10', 'create 3'],
    );
    assertCertificates(dps, out);
    const lines = resultsOf(`${out}.enrollments.ndjson`);
    assert.deepEqual([...new Set(lines.map(({ status }) => status))], ['created']);
    assert.equal(new Set(lines.map(({ registrationId }) => registrationId)).size, 23);
    for (const update of [false, true]) {
      dps.requests.length = 0;
      assert.deepEqual(countsOf(await enroll(out, { update })), [0, 0, 23, 0]);
      assert.deepEqual(dps.bulks(), []);
      assert.equal(dps.requests.length, 1, 'one page shows all of them');
    }
  }));

test('--update replaces certificates under their etags, creates what is missing, and keeps what it does not set', () =>
  atRecordedDps({}, async ({ dps, issue, enroll }) => {
    await enroll(await issue('old', 12));
    const out = await issue('new', 15);
    const set = (id: string, more: Record<string, unknown>) =>
      dps.enrollments.set(id, { ...dps.enrollments.get(id), ...more });
    const secondary = dps.enrollments.get('s-2').attestation.x509.clientCertificates.primary;
    const { primary } = dps.enrollments.get('s-1').attestation.x509.clientCertificates;
    const elsewhere = {
      deviceId: 'Press-1',
      optionalDeviceInformation: { line: 7 },
      iotHubs: ['hub-a.azure-devices.net'],
      initialTwin: { tags: { site: 'Oslo' }, properties: { desired: { $version: 1, rate: 5 } } },
      deviceTypeRefs: ['of an api-version to come'],
      attestation: { type: 'x509', x509: { clientCertificates: { primary, secondary } } },
    };
    set('s-1', elsewhere);
    dps.enrollments.set('s-3', { ...dps.enrollments.get('s-3'), registrationId: 'S-3' });
    dps.requests.length = 0;
    const result = await enroll(out, { update: true });
    assert.deepEqual(countsOf(result), [3, 12, 0, 0]);
    assert.deepEqual([...new Set(dps.bulks().map(([mode]) => mode))].sort(), ['create', 'updateIfMatchETag']);
    assertCertificates(dps, out);
    const kept = dps.enrollments.get('s-1');
    const { attestation, initialTwin, ...members } = elsewhere;
    for (const [name, value] of Object.entries(members)) assert.deepEqual(kept[name], value, name);
    assert.deepEqual(kept.initialTwin, {
      tags: { site: 'Oslo' },
      properties: { desired: { rate: 5 } },
    });
    assert.deepEqual(kept.attestation.x509.clientCertificates.secondary, secondary);
    assert.equal(dps.enrollments.get('s-3').registrationId, 'S-3');
    const statuses = resultsOf(`${out}.enrollments.ndjson`).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [...Array(3).fill('created'), ...Array(12).fill('updated')]);
  }));

test('an enrollment of a kind to come is in nobody’s way but its own', () =>
  atRecordedDps({}, async ({ dps, issue, enroll }) => {
    const out = await issue('f', 2);
    await enroll(out);
    const { attestation: _known, ...members } = dps.enrollments.get('s-1');
    const strange = { ...members, registrationId: 'strange', attestation: { type: 'quantum' } };
    dps.enrollments.set('strange', strange);
    assert.deepEqual(countsOf(await enroll(await issue('new', 3), { update: true })), [1, 2, 0, 0]);
    assert.equal(dps.enrollments.get('strange'), strange);
    dps.enrollments.set('s-1', { ...strange, registrationId: 's-1' });
    await assert.rejects(enroll(out, { update: true }), /s-1 .*attestation\.type/);
    assert.equal(dps.enrollments.get('s-1').attestation.type, 'quantum');
  }));

test('a secondary certificate that only repeats the primary goes with it', () =>
  atRecordedDps({}, async ({ dps, issue, enroll }) => {
    await enroll(await issue('old', 1));
    const enrollment = dps.enrollments.get('s-1');
    const { primary } = enrollment.attestation.x509.clientCertificates;
    enrollment.attestation.x509.clientCertificates.secondary = primary;
    const out = await issue('new', 1);
    assert.deepEqual(countsOf(await enroll(out, { update: true })), [0, 1, 0, 0]);
    assertCertificates(dps, out);
    const { secondary } = dps.enrollments.get('s-1').attestation.x509.clientCertificates;
    assert.equal(secondary, undefined);
  }));

test('what is not to be changed is not: settings that are only defaults, and devices that are right already', () =>
  atRecordedDps({}, async ({ dps, issue, enroll }) => {
    const out = await issue('f', 3);
    await enroll(out);
    Object.assign(dps.enrollments.get('s-2'), { provisioningStatus: 'disabled', etag: 'as-it-was' });
    const byFlags = { settings: { allocationPolicy: 'geoLatency' as const }, defaults: settings };
    assert.deepEqual(countsOf(await enroll(out, { update: true, ...byFlags, settings: {} })), [0, 0, 3, 0]);
    assert.equal(dps.enrollments.get('s-2').etag, 'as-it-was');
    Object.assign(dps.enrollments.get('s-1'), { allocationPolicy: 'geoLatency' });
    assert.deepEqual(countsOf(await enroll(out, { update: true, ...byFlags })), [0, 2, 1, 0]);
    const { provisioningStatus, allocationPolicy } = dps.enrollments.get('s-2');
    assert.deepEqual([provisioningStatus, allocationPolicy], ['disabled', 'geoLatency']);
  }));

test('an initial twin is merged: null removes a member', () =>
  atRecordedDps({}, async ({ dps, issue, enroll }) => {
    const out = await issue('f', 2);
    const twin = { tags: { a: 1, b: { c: 2, d: 3 } }, properties: { desired: { rate: 5 } } };
    await enroll(out, { settings: { ...settings, initialTwin: twin } });
    const patch = { tags: { a: null, b: { d: 4 } } };
    const update = { update: true, settings: { initialTwin: patch } };
    assert.deepEqual(countsOf(await enroll(out, update)), [0, 2, 0, 0]);
    const { initialTwin } = dps.enrollments.get('s-1');
    assert.deepEqual(initialTwin, { ...twin, tags: { b: { c: 2, d: 4 } } });
    assert.deepEqual(countsOf(await enroll(out, update)), [0, 0, 2, 0]);
  }));

test('an enrollment that is changed in between is read again, and both changes stand', () => {
  let changes = 0;
  return atRecordedDps(
    {
      before(request, dps) {
        if (!isBulk('updateIfMatchETag')(request) || changes === 2) return undefined;
        changes += 1;
        const there = dps.enrollments.get('s-1');
        dps.enrollments.set('s-1', stored({ ...there, deviceId: `someone-${changes}` }, there));
        return undefined;
      },
    },
    async ({ dps, issue, enroll }) => {
      await enroll(await issue('old', 4));
      const out = await issue('new', 4);
      assert.deepEqual(countsOf(await enroll(out, { update: true })), [0, 4, 0, 0]);
      assertCertificates(dps, out);
      assert.equal(dps.enrollments.get('s-1').deviceId, 'someone-2');
      assert.deepEqual(
        dps
          .bulks()
          .slice(-3)
          .map(([, ids]) => ids.length),
        [4, 1, 1],
      );
    },
  );
});

test('one that is changed each time, and one that is refused, fail with their reasons; the others do not', () =>
  atRecordedDps(
    {
      before(request, dps) {
        if (!isBulk('updateIfMatchETag')(request)) return undefined;
        const there = dps.enrollments.get('s-1');
        dps.enrollments.set('s-1', stored(there, there));
        const sent = request.body.enrollments.find((one: any) => one.registrationId === 's-2');
        if (!sent) return undefined;
        const errors = [{ registrationId: 's-2', errorCode: 400004, errorStatus: 'Hub not linked.' }];
        return { status: 200, body: { isSuccessful: false, errors } };
      },
    },
    async ({ dps, issue, enroll }) => {
      const old = await issue('old', 2);
      await enroll(old);
      const out = await issue('new', 3);
      const result = await enroll(out, { update: true });
      // A refused bulk request changed nothing else either, so that reading back is what tells.
      assert.deepEqual(countsOf(result), [1, 0, 0, 2]);
      assertCertificates(dps, old);
      const codes = result.failures.map(({ code, errorCode, count }) => [code, errorCode, count]);
      assert.deepEqual(codes.sort(), [
        ['NOT_READ_BACK', undefined, 1],
        ['REFUSED', 400004, 1],
      ]);
      const only = await enroll(await issue('one', 1), { update: true });
      assert.deepEqual(countsOf(only), [0, 0, 0, 1]);
      const [failure] = only.failures;
      assert.deepEqual([failure!.code, failure!.errorCode], ['PRECONDITION_FAILED', 412201]);
      const [line] = resultsOf(join(old, '../one.enrollments.ndjson'));
      assert.deepEqual([line.status, line.error.code], ['failed', 'PRECONDITION_FAILED']);
    },
  ));

for (const [said, body] of [
  ['success', { isSuccessful: true, errors: [] }],
  ['failure without a reason', { isSuccessful: false, errors: [] }],
  ['failure without errors', { isSuccessful: false }],
] as const) {
  test(`a write that is answered with ${said}, and cannot be read back, is none`, () =>
    atRecordedDps(
      {
        before: ({ path, body: sent }) =>
          path === '/enrollments' && sent.enrollments.some((one: any) => one.registrationId === 's-1')
            ? { status: 200, body }
            : undefined,
      },
      async ({ issue, enroll }) => {
        const result = await enroll(await issue('f', 11));
        assert.deepEqual(countsOf(result), [1, 0, 0, 10]);
        assert.deepEqual(
          result.failures.map(({ code, count }) => [code, count]),
          [['NOT_READ_BACK', 10]],
        );
      },
    ));
}

test('fleet deregister: enrollments that are not deleted, for no reason that is given, are not deleted', () =>
  atRecordedDps(
    {
      before: ({ path }) =>
        path === '/enrollments' ? { status: 200, body: { isSuccessful: false, errors: [] } } : undefined,
    },
    async ({ dps, target, service, issue }) => {
      const out = await issue('f', 2);
      const deregister = deregisterFleet({
        manifest: `${out}.manifest.csv`,
        target,
        service,
        enrollments: true,
        hubDevices: false,
        concurrency: 1,
        signal: new AbortController().signal,
      });
      await assert.rejects(deregister, (error: { code?: string }) => error.code === 'REFUSED');
      assert.deepEqual(dps.bulks(), [['delete', ['s-1', 's-2']]]);
      assert.equal(dps.requests.length, 1, 'the registration records stay, too');
    },
  ));

test('an answer that was lost: what was done counts, and is not done twice', () => {
  const lost = new Set<string>();
  return atRecordedDps(
    {
      losesAnswer({ path, body }) {
        if (path !== '/enrollments' || lost.has(body.mode)) return false;
        lost.add(body.mode);
        return true;
      },
    },
    async ({ dps, issue, enroll }) => {
      assert.deepEqual(countsOf(await enroll(await issue('old', 3))), [3, 0, 0, 0]);
      const out = await issue('new', 3);
      assert.deepEqual(countsOf(await enroll(out, { update: true })), [0, 3, 0, 0]);
      assert.deepEqual([...lost], ['create', 'updateIfMatchETag']);
      assertCertificates(dps, out);
    },
  );
});

test('without --update, an enrollment counts only when it is what would be created', () =>
  atRecordedDps({}, async ({ dps, folder, issue, enroll }) => {
    const out = await issue('f', 9, { side: 'left' });
    const initialTwin = { properties: { desired: { rate: 5 } } };
    const hubs = { iotHubs: ['hub-a.azure-devices.net', 'hub-b.azure-devices.net'] };
    const wanted = { settings: { ...settings, ...hubs, initialTwin } };
    assert.deepEqual(countsOf(await enroll(out, wanted)), [9, 0, 0, 0]);
    const other = await issue('other', 1);
    await enroll(other, { update: true });
    const differ: [id: string, member: RegExp, change: Record<string, unknown>][] = [
      ['s-2', /capabilities/, { capabilities: { iotEdge: true } }],
      ['s-3', /provisioningStatus/, { provisioningStatus: 'disabled' }],
      ['s-4', /reprovisionPolicy/, { reprovisionPolicy: undefined }],
      ['s-5', /allocationPolicy/, { allocationPolicy: 'static' }],
      ['s-6', /iotHubs/, { iotHubs: ['hub-a.azure-devices.net'] }],
      ['s-7', /initialTwin\.tags/, { initialTwin }],
      ['s-8', /initialTwin\.properties\.desired/, { initialTwin: { tags: { side: 'left' } } }],
    ];
    for (const [id, , change] of differ) Object.assign(dps.enrollments.get(id), change);
    // What is only written otherwise, or comes besides, is no difference.
    Object.assign(dps.enrollments.get('s-9'), {
      iotHubs: [...hubs.iotHubs].reverse().map((name) => name.toUpperCase()),
      deviceId: 'else',
      initialTwin: { ...initialTwin, tags: { side: 'left', $version: 1, more: true } },
    });
    dps.requests.length = 0;
    const again = await enroll(out, { ...wanted, results: join(folder, 'again.ndjson') });
    assert.deepEqual(countsOf(again), [0, 0, 1, 8]);
    assert.deepEqual(dps.bulks(), [], 'nothing is written');
    const [failure] = again.failures;
    assert.deepEqual([failure!.code, failure!.errorCode, failure!.count], ['CONFLICT', 409201, 8]);
    const lines = new Map(resultsOf(join(folder, 'again.ndjson')).map((one) => [one.registrationId, one]));
    assert.match(lines.get('s-1').error.message, /attestation/);
    for (const [id, member] of differ) assert.match(lines.get(id).error.message, member);
    const updated = await enroll(out, { ...wanted, update: true });
    assert.deepEqual(countsOf(updated), [0, 8, 1, 0]);
  }));

test('few devices at a service with many: as many pages as bulk requests at most, then each by itself', () =>
  atRecordedDps({ pageSize: 50 }, async ({ dps, issue, enroll }) => {
    const out = await issue('f', 20);
    assert.deepEqual(countsOf(await enroll(out)), [20, 0, 0, 0]);
    const one = dps.enrollments.get('s-1');
    for (let index = 0; index < 1000; index += 1) {
      dps.enrollments.set(`x-${index}`, { ...one, registrationId: `x-${index}` });
    }
    const requests = () => {
      const of = (pattern: RegExp) => dps.requests.filter(({ path }) => pattern.test(path)).length;
      const counts = [of(/query$/), of(/^\/enrollments$/), of(/enrollments\/s-/)];
      dps.requests.length = 0;
      return counts as [pages: number, bulks: number, reads: number];
    };
    requests();
    assert.deepEqual(countsOf(await enroll(out)), [0, 0, 20, 0]);
    const again = requests();
    assert.deepEqual([again[0], again[1]], [2, 2]);
    assert.ok(again[2] <= 20, String(again[2]));
    const other = await issue('other', 20);
    assert.deepEqual(countsOf(await enroll(other, { update: true })), [0, 20, 0, 0]);
    const updating = requests();
    assert.ok(updating[0] <= 4 && updating[1] <= 6 && updating[2] <= 40, String(updating));
    assertCertificates(dps, other);
  }));

test('every request counts towards the rate', () =>
  atRecordedDps({ pageSize: 1 }, async ({ dps, issue, enroll }) => {
    const out = await issue('f', 20);
    await enroll(out);
    dps.requests.length = 0;
    const started = performance.now();
    await enroll(await issue('other', 20), { update: true, perMinute: 6000 });
    // 10 ms each for 20 writes, and for each page and reading; late timers may be made up for by 50 ms.
    const reads = dps.requests.filter(({ path }) => path !== '/enrollments').length;
    assert.ok(reads >= 20);
    const took = performance.now() - started;
    assert.ok(took >= (20 + reads - 10) * 10 - 60, `${took} ms for ${reads} readings`);
  }));

test('the command tells it in text and as JSON, and ends with the status that fits', () =>
  atRecordedDps({}, async ({ dps, folder, issue }) => {
    const out = await issue('f', 3);
    const trust = join(folder, 'root.pem');
    writeFileSync(trust, dps.trust);
    const run = (...flags: string[]) =>
      cli(
        ['fleet', 'enroll', out, '--target', 'azure', '--dps-name', 'recorded', '--rate', '100000', ...flags],
        {
          cwd: folder,
          env: { ENROLLKIT_SERVICE_CONNECTION_STRING: dps.connectionString, NODE_EXTRA_CA_CERTS: trust },
        },
      );
    const created = await run();
    assert.equal(created.status, 0, created.stderr);
    assert.match(created.stdout, /^3\b.*\b3 created\b.*\b0\b/);
    const unchanged = await run('--update');
    assert.equal(unchanged.status, 0, unchanged.stderr);
    assert.match(unchanged.stdout, /^3\b(?!.*\d)/);

    Object.assign(dps.enrollments.get('s-1'), { provisioningStatus: 'disabled' });
    dps.enrollments.delete('s-2');
    const partial = await run('--json', '--quiet');
    assert.equal(partial.status, 7, partial.stderr);
    const { failures, elapsedMs: _elapsedMs, results: _results, ...counts } = JSON.parse(partial.stdout);
    assert.deepEqual(counts, { enrolled: 2, created: 1, updated: 0, unchanged: 1, failed: 1 });
    assert.deepEqual([failures[0].code, failures[0].registrationId], ['CONFLICT', 's-1']);

    const refused = await run();
    assert.equal(refused.status, 7);
    assert.match(refused.stdout, /^2\b.*\b2 unchanged\b.*\b1\b/);
    assert.match(refused.stdout, /^1\b.* CONFLICT 409201\n.* s-1 .*provisioningStatus/m);
    const kept = await run('--update', '--json', '--quiet', '--iot-edge');
    assert.equal(kept.status, 0, kept.stderr);
    assert.equal(JSON.parse(kept.stdout).updated, 3);
    const { provisioningStatus, capabilities } = dps.enrollments.get('s-1');
    assert.deepEqual([provisioningStatus, capabilities], ['disabled', { iotEdge: true }]);
    const enabled = await run('--update', '--provisioning-status', 'enabled');
    assert.match(enabled.stdout, /^3\b.*\b1 updated\b.*\b2 unchanged\b.*\b0\b/);
    assert.equal(dps.enrollments.get('s-1').provisioningStatus, 'enabled');

    for (const enrollment of dps.enrollments.values()) enrollment.allocationPolicy = 'static';
    const all = await run();
    assert.equal(all.status, 4, all.stdout);
    assert.match(all.stdout, /^0\b.*\b3\b/);
  }));

test.run();
