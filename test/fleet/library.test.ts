/** The fleet as a library: everything that the commands do, without the CLI. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { mock } from 'node:test';
import { test } from 'uvu';
import { isAbort } from '../../src/errors.js';
import type { FleetCa, IssueFleetOptions } from '../../src/fleet/index.js';
import { bin } from '../support/bin.js';
import { fails } from '../support/fails.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { inFleetWorld } from './registration-support.js';
import { assertWhole, makeCertificateFolder, manifestOf, numbered } from './support.js';

// Worker threads load the built package, also when this file runs from source.
const {
  deregisterFleet,
  devicesFromPattern,
  enrollFleet,
  fleetDevices,
  fleetFormats,
  issueFleet,
  mergeManifests,
  registerFleet,
  shardRange,
}: typeof import('../../src/fleet/index.js') = await import(join(dirname(bin), 'fleet', 'index.js'));

function caIn(certs: string): FleetCa {
  const text = (name: string) => readFileSync(join(certs, 'ca', 'intermediate', name), 'utf8');
  return {
    certificate: text('certificate.pem'),
    privateKey: createPrivateKey(text('key.pem')),
    chainPem: text('chain.pem'),
  };
}

function inFolder(act: (options: IssueFleetOptions, folder: string) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const ca = caIn(await makeCertificateFolder(join(folder, 'certs')));
    const out = join(folder, 'f');
    const source = devicesFromPattern('s-{1..}', 30);
    await act({ source, ca, format: 'ndjson', out, manifest: `${out}.manifest.csv`, workers: 1 }, folder);
  });
}

for (const format of fleetFormats) {
  test(`${format}: an aborted fleet is resumed by the same call, and read back`, () =>
    inFolder(async (options, folder) => {
      const { out, manifest } = options as { out: string; manifest: string };
      const interrupt = new AbortController();
      const onProgress = () => interrupt.abort();
      await assert.rejects(issueFleet({ ...options, format, signal: interrupt.signal, onProgress }), isAbort);
      assert.ok(readdirSync(folder).includes('f.journal'));
      const result = await issueFleet({ ...options, format });
      assert.equal(result.devices, 30);
      assert.match(result.notBefore, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      await assertWhole(format, out, numbered('s-', 1, 30));
      assert.deepEqual(readdirSync(folder).sort(), ['certs', 'f', 'f.manifest.csv']);
      assert.equal((await issueFleet({ ...options, format })).made, 0);
      const ids: string[] = [];
      for await (const { registrationId, certificateChain, privateKey } of fleetDevices({ out, manifest })) {
        ids.push(registrationId);
        assert.match(certificateChain, /^-----BEGIN CERTIFICATE-----/);
        assert.match(privateKey, /^-----BEGIN PRIVATE KEY-----/);
      }
      assert.deepEqual(ids, numbered('s-', 1, 30));
    }));
}

test('a stream takes lines and archives, and no folders', () =>
  inFolder(async (options, folder) => {
    const out = new PassThrough();
    const lines = buffer(out);
    await issueFleet({ ...options, out });
    out.end();
    assert.equal((await lines).toString().trimEnd().split('\n').length, 30);
    const manifest = join(folder, 'g.manifest.csv');
    await assert.rejects(issueFleet({ ...options, format: 'dir', out, manifest }), fails('USAGE'));
    assert.deepEqual(readdirSync(folder).sort(), ['certs', 'f.manifest.csv']);
  }));

test('shards are merged, enrolled, registered and deregistered, and nothing is printed', () =>
  inFleetWorld(async (world) => {
    const printed = [mock.method(process.stdout, 'write'), mock.method(process.stderr, 'write')];
    try {
      const path = (name: string) => join(world.folder, name);
      const source = devicesFromPattern('s-{1..3}');
      const ca = caIn(world.certs);
      for (const index of [1, 2]) {
        const range = shardRange({ index, of: 2 }, source.count);
        const [out, manifest] = [path(`${index}`), path(`${index}.csv`)];
        await issueFleet({ source, range, ca, format: 'ndjson', out, manifest });
      }
      assert.equal(await mergeManifests([path('1.csv'), path('2.csv')], path('all.csv')), 3);
      assert.deepEqual(
        manifestOf(path('all.csv')).map(({ registrationId }) => registrationId),
        ['s-1', 's-2', 's-3'],
      );
      const { target, service } = world;
      const files = { out: path('2'), manifest: path('2.csv') };
      const common = { files, target, service, concurrency: 2 };
      const enrolled = await enrollFleet({ ...common, results: path('e'), settings: {}, update: false });
      assert.deepEqual([enrolled.created, enrolled.failed], [2, 0]);
      const idScope = target.idScope!;
      const registered = await registerFleet({ ...common, results: path('r'), idScope, protocol: 'https' });
      assert.deepEqual([registered.assigned, registered.failed], [2, 0]);
      const { devices } = await deregisterFleet({ ...common, manifest: files.manifest, enrollments: true });
      assert.equal(devices, 2);
      assert.equal(await service.getEnrollment('s-2'), undefined);
      assert.equal(
        printed.reduce((sum, { mock }) => sum + mock.callCount(), 0),
        0,
      );
    } finally {
      for (const { mock } of printed) mock.restore();
    }
  }));

test.run();
