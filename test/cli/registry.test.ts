/** `namespace`, `authority` and `policy` on the emulator's Azure Resource Manager, up to a device with a certificate. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { inCommandWorld } from './running-emulator.js';

const policyOf = ({ namespaceName, certificateAuthorityName, certificatePolicyName }: any) => [
  namespaceName,
  certificateAuthorityName,
  certificatePolicyName,
];

const inPlant = ['--namespace', 'plant'];

test('from a namespace to a device whose certificate the CA of the customer has signed', () =>
  inCommandWorld(async ({ folder, emulator, json, enrollkit }) => {
    assert.equal((await enrollkit('quickstart', '--yes', '--count', '2')).status, 0);
    const { resourceGroup, dpsName, hubs } = emulator.endpoints;
    const place = (name: string) => join(dirname(folder), name);
    assert.deepEqual((await json(['namespace', 'list'])).namespaces, []);
    assert.equal((await json(['namespace', 'create', 'plant'], 8)).code, 'NEEDS_INPUT');
    assert.equal(
      (await json(['namespace', 'create', 'Plant', '--resource-group', resourceGroup], 2)).code,
      'USAGE',
    );
    const make = ['namespace', 'create', 'plant', '--resource-group', resourceGroup];
    const made = await json([...make, '--tag', 'line=5']);
    assert.deepEqual(
      [made.name, made.tags, made.properties.provisioningState],
      ['plant', { line: '5' }, 'Succeeded'],
    );
    assert.equal((await json(make, 4)).code, 'CONFLICT');

    const ca = (name: string, ...more: string[]) => ['authority', 'create', name, ...inPlant, ...more];
    assert.equal((await json(ca('own'), 2)).code, 'USAGE');
    assert.equal((await json(ca('root', '--type', 'Root', '--issuer-ca-name', 'x'), 2)).code, 'USAGE');
    assert.equal((await json(ca('line-5', '--issuer-ca-name', 'root'), 4)).code, 'NOT_FOUND');
    assert.equal((await json(['authority', 'create', 'root', '--type', 'Root'], 8)).code, 'NEEDS_INPUT');
    assert.equal((await json(['authority', 'list', '--namespace', 'none'], 4)).code, 'NOT_FOUND');
    await json(ca('root', '--type', 'Root'));
    const issued = await json(ca('line-5', '--issuer-ca-name', 'root'));
    assert.equal(issued.properties.issuer.issuerType, 'Microsoft');
    const own = await json(ca('own', '--type', 'ICA', '--issuer-type', 'External'));
    assert.equal(own.properties.issuer.status, 'PendingActivation');
    assert.equal((await json(ca('own', '--issuer-type', 'External'), 4)).code, 'CONFLICT');
    const listed = await enrollkit('authority', 'list', ...inPlant);
    assert.match(listed.stdout, /^line-5 +ICA +root +Succeeded$/m);
    assert.match(listed.stdout, /^own +ICA +External +PendingActivation$/m);
    assert.equal((await json(['authority', 'show', 'root', ...inPlant, '--csr'], 4)).code, 'NOT_FOUND');

    // The customer's CA is that of the quickstart.
    const csr = await enrollkit('authority', 'show', 'own', ...inPlant, '--csr');
    writeFileSync(place('own.csr.pem'), csr.stdout);
    const sign = ['cert', 'sign', place('own.csr.pem'), '--role', 'intermediate', '--out', place('own.pem')];
    const signed = await enrollkit(...sign);
    assert.equal(signed.status, 0, signed.stderr);
    const activate = ['authority', 'activate', 'own', ...inPlant];
    assert.equal((await json(activate, 2)).code, 'USAGE');
    const root = join(folder, 'ca', 'root', 'certificate.pem');
    assert.equal((await json([...activate, '--chain', root], 4)).code, 'REFUSED');
    const active = await json([...activate, '--chain', place('own.pem'), '--chain', root]);
    assert.equal(active.properties.issuer.status, 'Active');

    const policy = ['policy', 'create', 'weekly', ...inPlant, '--ca-name', 'own'];
    assert.equal((await json([...policy, '--validity-days', '91'], 2)).code, 'USAGE');
    assert.equal((await json(['policy', 'create', 'weekly', ...inPlant], 8)).code, 'NEEDS_INPUT');
    const weekly = await json([...policy, '--validity-days', '7']);
    assert.equal(weekly.properties.certificate.validityPeriodInDays, 7);
    assert.equal((await json(policy, 4)).code, 'CONFLICT');
    assert.deepEqual(await json(['policy', 'show', 'weekly', ...inPlant, '--ca-name', 'OWN']), weekly);
    assert.match((await enrollkit('policy', 'list', ...inPlant)).stdout, /^weekly +own +7 /m);

    const reference = [
      '--adr-namespace',
      'plant',
      '--adr-ca-name',
      'own',
      '--adr-cert-policy-name',
      'weekly',
    ];
    const enroll = ['enrollment', 'create', 'device-001', '--device-id', 'device-001-eu'];
    assert.equal((await json([...enroll, '--adr-namespace', 'plant'], 2)).code, 'USAGE');
    assert.equal((await json([...enroll, ...reference], 4)).code, 'REFUSED', 'not linked yet');
    assert.equal((await json(['namespace', 'link', 'plant', '--hub', hubs[0]!.name], 4)).code, 'CONFLICT');
    await json(['namespace', 'link', 'plant']);
    await json(['namespace', 'link', 'plant', '--hub', hubs[0]!.name]);
    const shown = (await enrollkit('namespace', 'show', 'plant')).stdout;
    assert.ok(shown.includes(dpsName) && shown.includes(hubs[0]!.name), shown);
    const enrollment = await json([...enroll, ...reference]);
    const trio = ['plant', 'own', 'weekly'];
    assert.deepEqual(policyOf(enrollment), trio);
    assert.deepEqual(policyOf(await json(['enrollment', 'show', 'device-001'])), trio);
    // A change that does not name it keeps it.
    await json(['enrollment', 'create', 'device-001', '--update', '--provisioning-status', 'enabled']);
    const people = await enrollkit('enrollment', 'show', 'device-001');
    assert.match(people.stdout, /^Certificate policy +plant\/own\/weekly$/m);
    const device = await json(['device', 'register', 'device-001', '--csr']);
    const days = (Date.parse(device.issued.notAfter) - Date.now()) / 86_400_000;
    assert.ok(days > 6 && days <= 7, device.issued.notAfter);
    const chain = readFileSync(device.issued.certificateFile, 'utf8');
    assert.ok(new X509Certificate(chain).checkIssued(new X509Certificate(readFileSync(place('own.pem')))));
    // Its ID in the hub is another one.
    assert.equal((await json(['device', 'renew', 'device-001'])).deviceId, 'device-001-eu');

    const groupOf = ['group', 'create', 'by-policy', '--ca-name', 'enrollkit-root', ...reference];
    assert.deepEqual(policyOf(await json(groupOf)), trio);
    await json(['group', 'create', 'by-policy', '--update', '--provisioning-status', 'disabled']);
    const group = await json(['group', 'show', 'by-policy']);
    assert.deepEqual([...policyOf(group), group.provisioningStatus], [...trio, 'disabled']);
    await json(['group', 'delete', 'by-policy', '--yes']);
    const remove = ['policy', 'delete', 'weekly', ...inPlant, '--ca-name', 'own'];
    assert.equal((await json(remove, 8)).code, 'NEEDS_INPUT');
    assert.equal((await json([...remove, '--yes'], 4)).code, 'CONFLICT');
    assert.equal((await json(['namespace', 'delete', 'plant', '--yes'], 4)).code, 'CONFLICT');
    await json(['enrollment', 'delete', 'device-001', '--yes']);
    assert.equal((await json([...groupOf.slice(0, -1), 'none'], 4)).code, 'REFUSED');
    await json([...remove, '--yes']);
    assert.equal((await json([...remove, '--yes'], 4)).code, 'NOT_FOUND');
    await json(['authority', 'delete', 'own', ...inPlant, '--yes']);
    assert.equal((await json(['authority', 'delete', 'root', ...inPlant, '--yes'], 4)).code, 'CONFLICT');
    assert.equal(
      (await json(['namespace', 'unlink', 'plant', '--hub', 'none', '--yes'], 4)).code,
      'NOT_FOUND',
    );
    await json(['namespace', 'unlink', 'plant', '--hub', hubs[0]!.name, '--yes']);
    await json(['namespace', 'unlink', 'plant', '--yes']);
    assert.deepEqual(await json(['namespace', 'delete', 'plant', '--yes']), { deleted: 'plant' });
    assert.equal((await json(['namespace', 'show', 'plant'], 4)).code, 'NOT_FOUND');
  }));

test.run();
