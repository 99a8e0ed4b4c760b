import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import {
  differingMembers,
  type EnrollmentMembers,
  type FoundEnrollment,
  withMembers,
} from '../../src/dps/client/enrollment-members.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import { make } from '../support/chains.js';

const attestation = { type: 'x509' as const, x509: { caReferences: { primary: 'ca' } } };
const nullable = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const hubs = fc.uniqueArray(fc.constantFrom('a.example', 'B.example', 'c.example'), { minLength: 1 });
const collection = fc.dictionary(fc.constantFrom('a', 'b', '$version', '__proto__'), fc.jsonValue());
const record = {
  capabilities: nullable(fc.record({ iotEdge: fc.boolean() }, { requiredKeys: [] })),
  provisioningStatus: nullable(fc.constantFrom('enabled' as const, 'disabled' as const)),
  reprovisionPolicy: nullable(
    fc.record({ updateHubAssignment: fc.boolean(), migrateDeviceData: fc.boolean() }, { requiredKeys: [] }),
  ),
  allocationPolicy: nullable(fc.constantFrom('hashed' as const, 'static' as const)),
  iotHubs: nullable(hubs),
  initialTwin: nullable(
    fc.record(
      {
        tags: nullable(collection),
        properties: nullable(fc.record({ desired: nullable(collection) }, { requiredKeys: [] })),
      },
      { requiredKeys: [] },
    ),
  ),
};
const members = fc.record(record, { requiredKeys: [] }) as fc.Arbitrary<EnrollmentMembers>;
const enrollment = members.map((one): FoundEnrollment => ({ ...one, attestation }));

const withoutMetadata = (wanted: EnrollmentMembers) => !JSON.stringify(wanted).includes('"$');

test('what is set is there, and setting it again changes nothing', () =>
  fc.assert(
    fc.property(members.filter(withoutMetadata), enrollment, (wanted, found) => {
      const changed = withMembers(found, wanted);
      assert.deepEqual(differingMembers(wanted, changed), []);
      assert.deepEqual(withMembers(changed, wanted), changed);
    }),
  ));

test('what is not set stays, whatever it is; what the service writes itself is not sent', () =>
  fc.assert(
    fc.property(members, enrollment, fc.jsonValue(), (wanted, found, later) => {
      const sent = withMembers(
        {
          ...found,
          etag: 'e',
          deviceId: 'd',
          memberOfLater: later,
          registrationState: { status: 'assigned' },
          createdDateTimeUtc: 't',
          lastUpdatedDateTimeUtc: 't',
        },
        wanted,
      ) as Record<string, unknown>;
      assert.deepEqual([sent.etag, sent.deviceId, sent.memberOfLater], ['e', 'd', later]);
      for (const name of ['registrationState', 'createdDateTimeUtc', 'lastUpdatedDateTimeUtc'])
        assert.ok(!(name in sent));
      for (const [name, value] of Object.entries(found)) {
        const isSet = (wanted as Record<string, unknown>)[name] != null;
        if (!isSet && name !== 'initialTwin') assert.deepEqual(sent[name], value, name);
      }
    }),
  ));

test('an older name of a hub does not contradict the list', () => {
  const found: FoundEnrollment = { attestation, iotHubHostName: 'A.example' };
  assert.deepEqual(differingMembers({ iotHubs: ['a.example'] }, found), []);
  assert.deepEqual(differingMembers({ iotHubs: ['b.example'] }, found), ['iotHubs']);
  assert.equal(withMembers(found, { iotHubs: ['b.example'] }).iotHubHostName, undefined);
  assert.equal(withMembers(found, {}).iotHubHostName, 'A.example');
});

type X509 = NonNullable<FoundEnrollment['attestation']['x509']>;

test('certificates are compared by thumbprint, uploaded CAs by name, and other kinds are replaced', async () => {
  const [one, two] = [await make('device', 'one'), await make('device', 'two')];
  const held = (made: { pem: string }, sha256 = true) => {
    const { sha1Thumbprint, sha256Thumbprint } = inspectCertificate(made.pem);
    return { info: { sha1Thumbprint, ...(sha256 ? { sha256Thumbprint } : {}) } };
  };
  const byLeaf = (pair: NonNullable<X509['clientCertificates']>): FoundEnrollment => ({
    attestation: { type: 'x509', x509: { clientCertificates: pair } },
  });
  const wanted = byLeaf({ primary: { certificate: one.pem } });
  assert.deepEqual(differingMembers(wanted, byLeaf({ primary: held(one) })), []);
  assert.deepEqual(differingMembers(wanted, byLeaf({ primary: held(one, false) })), []);
  const others: FoundEnrollment[] = [
    byLeaf({ primary: held(two) }),
    byLeaf({ primary: held(two), secondary: held(one) }),
    byLeaf({ secondary: held(one) }),
    { attestation: { type: 'x509', x509: { signingCertificates: { primary: held(one) } } } },
    { attestation: { type: 'symmetricKey' } },
    { attestation },
  ];
  for (const other of others) {
    assert.deepEqual(differingMembers(wanted, other), ['attestation']);
    const { clientCertificates, ...rest } = withMembers(other, wanted).attestation.x509!;
    assert.equal(clientCertificates?.primary?.certificate, one.pem);
    assert.deepEqual(rest, {});
  }
  const reference = (primary: string): FoundEnrollment => ({
    attestation: { type: 'x509', x509: { caReferences: { primary } } },
  });
  assert.deepEqual(differingMembers(reference('CA-1'), reference('ca-1')), []);
  assert.deepEqual(differingMembers(reference('ca-1'), reference('ca-2')), ['attestation']);
});

test.run();
