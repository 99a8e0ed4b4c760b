/** `sample edge config`: read back by a TOML parser, and what is refused. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { parseCertificates } from '../../src/pki/x509/certificate.js';
import { pythonWith, testWith } from '../support/tools.js';
import { type CommandWorld, inCommandWorld } from './running-emulator.js';

/** TOML 1.0, by Python's own parser. */
function parseToml(text: string): any {
  const program =
    'import json, sys, tomllib; json.dump(tomllib.loads(sys.stdin.buffer.read().decode()), sys.stdout)';
  const { status, stdout, stderr } = spawnSync(pythonWith('tomllib')!, ['-c', program], { input: text });
  assert.equal(status, 0, String(stderr));
  return JSON.parse(String(stdout));
}

async function withGateway(act: (world: CommandWorld) => Promise<void>): Promise<void> {
  await inCommandWorld(async (world) => {
    for (const words of [
      ['quickstart', '--yes', '--count', '1'],
      ['cert', 'device', 'gateway-1'],
      ['cert', 'edge', 'gateway-1'],
    ]) {
      const made = await world.enrollkit(...words);
      assert.equal(made.status, 0, made.stderr);
    }
    await act(world);
  });
}

testWith('tomllib', test)('the configuration names the files of the gateway, and its DPS', () =>
  withGateway(async ({ folder, enrollkit, emulator }) => {
    const { stdout, status, stderr } = await enrollkit('sample', 'edge', 'config', '--hostname', 'gw.local');
    assert.equal(status, 0, stderr);
    const config = parseToml(stdout);
    assert.equal(config.hostname, 'gw.local');
    const { source, id_scope, global_endpoint, attestation } = config.provisioning;
    assert.deepEqual(
      [source, id_scope, global_endpoint],
      ['dps', emulator.endpoints.idScope, `https://${emulator.endpoints.globalDeviceEndpoint}`],
    );
    assert.deepEqual([attestation.method, attestation.registration_id], ['x509', 'gateway-1']);
    const read = (uri: string) => readFileSync(fileURLToPath(uri), 'utf8');
    const [identity] = parseCertificates(read(attestation.identity_cert));
    assert.equal(identity!.subject.commonName, 'gateway-1');
    const edgeCa = parseCertificates(read(config.edge_ca.cert));
    assert.equal(edgeCa[0]!.basicConstraints?.certificateAuthority, true);
    assert.ok(edgeCa.length >= 3, 'with its chain');
    const [root] = parseCertificates(read(config.trust_bundle_cert));
    assert.equal(root!.subject.text, root!.issuer.text);
    assert.equal(root!.subject.text, edgeCa.at(-1)!.subject.text);
    for (const key of [attestation.identity_pk, config.edge_ca.pk]) assert.match(read(key), /PRIVATE KEY/);

    const out = join(folder, 'config.toml');
    const flags = ['--out', out, '--at', '/var/aziot "x" ü'];
    assert.equal((await enrollkit('sample', 'edge', 'config', ...flags)).status, 0);
    const copied = parseToml(readFileSync(out, 'utf8'));
    assert.equal(
      fileURLToPath(copied.edge_ca.pk),
      '/var/aziot "x" ü/secrets/gateway-1.edge-ca.key.pem',
      'no character of a path is lost',
    );
    assert.equal(copied.hostname, undefined);
    const again = await enrollkit('sample', 'edge', 'config', ...flags);
    assert.equal(again.status, 9, 'nothing is overwritten');
    assert.equal((await enrollkit('sample', 'edge', 'config', ...flags, '--force')).status, 0);
  }),
);

test('what is missing, encrypted or does not match is refused, and nothing is written', () =>
  withGateway(async ({ folder, json, enrollkit }) => {
    const out = join(folder, 'config.toml');
    const refused = async (status: number, code: string, ...flags: string[]) => {
      const error = await json(['sample', 'edge', 'config', '--out', out, ...flags], status);
      assert.equal(error.code, code, error.message);
      assert.ok(!existsSync(out));
      return error;
    };
    assert.equal((await json(['sample', 'edge', 'nothing'], 2)).code, 'USAGE');
    await refused(2, 'USAGE', '--at', 'relative');
    await refused(2, 'INVALID_REGISTRATION_ID', '--device', 'a/b');
    const plain = await refused(9, 'FILE_UNREADABLE', '--device', 'device-001');
    assert.match(plain.next, /cert edge device-001/);
    for (const id of ['gateway-2']) {
      assert.equal((await enrollkit('cert', 'edge', id)).status, 0);
      const incomplete = await refused(9, 'FILE_UNREADABLE', '--device', id);
      assert.match(incomplete.message, /gateway-2/);
    }
    await refused(8, 'NEEDS_INPUT');
    const gateway = join(folder, 'devices', 'gateway-1');
    const key = readFileSync(join(gateway, 'key.pem'));
    writeFileSync(join(gateway, 'key.pem'), readFileSync(join(gateway, 'edge-ca', 'key.pem')));
    await refused(2, 'KEY_MISMATCH', '--device', 'gateway-1');
    writeFileSync(join(gateway, 'key.pem'), 'no key');
    await refused(2, 'INVALID_KEY', '--device', 'gateway-1');
    writeFileSync(
      join(gateway, 'key.pem'),
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n',
    );
    const encrypted = await refused(2, 'INVALID_KEY', '--device', 'gateway-1');
    assert.match(encrypted.next, /cert convert/);
    writeFileSync(join(gateway, 'key.pem'), key);
    rmSync(join(folder, 'ca', 'root'), { recursive: true });
    await refused(9, 'FILE_UNREADABLE', '--device', 'gateway-1');
  }));

test.run();
