/** `enrollkit cert rollover` with more than one intermediate: every CA below the named one is replaced with it. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';
import { assertHolds, commandsOn, contentsOf, sha256 } from './rollover-support.js';

const testWithOpenssl = testWith('openssl', test);

/**
 * The folder of a quickstart with two more CAs: root > intermediate > line > cell. The quickstart's device is below
 * the intermediate, device-line below line, device-cell below cell.
 */
async function makeDeepFolder(folder: string) {
  const { at, succeed } = commandsOn(folder);
  await succeed('quickstart', '--yes', '--count', '1', '--no-telemetry', '--json');
  const make = async (...argv: string[]) => {
    const { status, stderr } = await run(['cert', ...argv]);
    assert.equal(status, 0, `${argv.join(' ')}\n${stderr}`);
  };
  const signedBy = (name: string) => [
    '--ca',
    at('ca', name, 'chain.pem'),
    '--ca-key',
    at('ca', name, 'key.pem'),
  ];
  for (const [name, issuer] of [
    ['line', 'intermediate'],
    ['cell', 'line'],
  ] as const) {
    const room = name === 'line' ? ['--path-length', '1'] : ['--path-length', '0'];
    await make('intermediate', `${name} CA`, ...signedBy(issuer), ...room, '--out', at('ca', name));
    const id = `device-${name}`;
    await make('device', id, ...signedBy(name), '--out', at('devices', id));
  }
  await make(
    'device',
    'device-cell/camera',
    ...signedBy('cell'),
    '--out',
    at('devices/device-cell/modules/camera'),
  );
}

const made = mkdtempSync(join(tmpdir(), 'enrollkit-deep-'));
test.before(() => makeDeepFolder(join(made, 'certs')));
test.after(() => rmSync(made, { recursive: true, force: true }));

/** A copy of that folder. */
function deepFolder(top: string) {
  cpSync(join(made, 'certs'), join(top, 'certs'), { recursive: true });
  return commandsOn(join(top, 'certs'));
}

const devices = ['device-001', 'device-cell', 'device-line'];

testWithOpenssl(
  'a root with three intermediates: all have successors, and every device has a new chain',
  () =>
    inTemporaryFolder(async (top) => {
      const { at, rollover, succeed, register } = deepFolder(top);
      cpSync(at('devices'), join(top, 'old'), { recursive: true });
      const before = contentsOf(at());

      const started = await rollover('root', '--group', 'enrollkit-devices');
      assert.deepEqual(
        started.authorities.map(({ role }) => role),
        ['root', 'intermediate', 'line', 'cell'],
      );
      for (const { role, old, new: successor } of started.authorities) {
        assert.equal(sha256(at('ca', role, 'certificate.pem')), successor.sha256Thumbprint);
        assert.equal(sha256(join(old.folder, 'certificate.pem')), old.sha256Thumbprint);
        assertHolds(at('ca', role, 'chain.pem'), at('ca/root/certificate.pem'));
      }
      assert.deepEqual(
        started.devices.map(({ name, reissued }) => [name, reissued]),
        ['device-001', 'device-cell', 'device-cell/camera', 'device-line'].map((name) => [name, false]),
      );
      assert.deepEqual(
        readdirSync(at('ca')).filter((name) => name.endsWith('.next')),
        [],
      );
      const kept = [...contentsOf(at()).values()];
      for (const [name, contents] of before) assert.ok(kept.includes(contents), name);

      await rollover('root', '--reissue');
      for (const id of devices) {
        assertHolds(at('devices', id, 'chain.pem'), at('ca/root/certificate.pem'));
        assert.equal((await register(id, at('devices', id))).status, 0, `${id}, the new certificate`);
        assert.equal((await register(id, join(top, 'old', id))).status, 0, `${id}, the old certificate`);
      }
      await rollover('root', '--finish');
      for (const id of devices) {
        assert.equal((await register(id, at('devices', id))).status, 0, `${id}, the new certificate`);
        assert.equal((await register(id, join(top, 'old', id))).status, 4, `${id}, the old certificate`);
      }
      await succeed('quickstart', '--plan', at('.enrollkit/plan.json'), '--json');
    }),
);

testWithOpenssl('an intermediate in the middle: the CAs above and their devices stay', () =>
  inTemporaryFolder(async (top) => {
    const { at, rollover } = deepFolder(top);
    const above = ['ca/root', 'ca/intermediate', 'devices/device-001'].map((name) => at(name));
    const before = above.map((folder) => [...contentsOf(folder)]);
    const started = await rollover('line');
    assert.deepEqual(
      started.authorities.map(({ role }) => role),
      ['line', 'cell'],
    );
    const { devices: reissued } = await rollover('line', '--reissue', '--new-key');
    assert.deepEqual(
      reissued.map(({ name, kind, reissued: done }) => [name, kind, done]),
      [
        ['device-cell', 'device', true],
        ['device-cell/camera', 'module', true],
        ['device-line', 'device', true],
      ],
    );
    assertHolds(at('devices/device-cell/modules/camera/chain.pem'), at('ca/root/certificate.pem'));
    assertHolds(at('devices/device-cell/chain.pem'), at('ca/root/certificate.pem'));
    assert.deepEqual(
      above.map((folder) => [...contentsOf(folder)]),
      before,
    );
    await rollover('line', '--finish');
  }),
);

test('a CA in between whose files are elsewhere: refused, named, nothing is changed', () =>
  inTemporaryFolder(async (top) => {
    const { at, fail } = deepFolder(top);
    renameSync(at('ca/line'), join(top, 'line'));
    const before = contentsOf(at());
    await fail(2, ['CHAIN_INVALID', 'line CA', at('ca')], 'cert', 'rollover', 'root');
    await fail(2, ['USAGE', '"line"', 'cell'], 'cert', 'rollover', 'line');
    await fail(9, ['FILE_UNREADABLE', 'line CA', '--ca'], 'cert', 'rollover', 'cell');
    for (const name of ['..', '../ca/root', 'root.next', ''])
      await fail(2, ['USAGE'], 'cert', 'rollover', name);
    assert.deepEqual(contentsOf(at()), before);
    assert.equal(existsSync(at('ca/rollover.json')), false);
  }));

test.run();
