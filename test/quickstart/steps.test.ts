/** Steps whose act meets something else than their check did: someone was quicker. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { sha1Thumbprint } from '../../src/pki/x509/inspect.js';
import type { RunContext, Step } from '../../src/quickstart/step.js';
import { enrollmentGroup } from '../../src/quickstart/steps/enrollment-group.js';
import { uploadCa } from '../../src/quickstart/steps/upload-ca.js';
import { make } from '../support/chains.js';
import { planWith } from '../support/quickstart.js';

const root = await make('root', 'Root');
const other = await make('root', 'Other');

/** A context in which the service shows `shown` and notes what is written. */
function contextWith(shown: { certificate?: unknown; group?: unknown }) {
  const writes: string[] = [];
  const write = (name: string) => async () => writes.push(name);
  const context = {
    plan: planWith(),
    journalTarget: {},
    journal: {
      run: () => '0123456789abcdef',
      has: () => false,
      intend: write('intend'),
      made: write('made'),
      removed: write('removed'),
    },
    found: { root: { pem: root.pem, certificate: parseCertificate(root.pem) } },
    control: { getCertificate: async () => shown.certificate, putCertificate: write('putCertificate') },
    service: {
      getEnrollmentGroup: async () => shown.group,
      createEnrollmentGroup: write('createEnrollmentGroup'),
      updateEnrollmentGroup: write('updateEnrollmentGroup'),
    },
  } as unknown as RunContext;
  return { context, writes };
}

const uploaded = (pem: string) => ({
  name: 'enrollkit-root',
  etag: 'e',
  properties: { subject: 'S', thumbprint: sha1Thumbprint(parseCertificate(pem)) },
});
const group = (allocationPolicy: string) => ({
  enrollmentGroupId: 'enrollkit-devices',
  attestation: { type: 'x509', x509: { caReferences: { primary: 'enrollkit-root' } } },
  reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
  allocationPolicy,
  etag: 'e',
});

for (const [what, step, others, ours] of [
  ['CA certificate', uploadCa, { certificate: uploaded(other.pem) }, { certificate: uploaded(root.pem) }],
  ['enrollment group', enrollmentGroup, { group: group('static') }, { group: group('hashed') }],
] as [string, Step, object, object][]) {
  test(`a ${what} that came up since the check is not overwritten`, async () => {
    const { context, writes } = contextWith(others);
    await assert.rejects(step.act!(context), (error: { code?: string }) => error.code === 'CONFLICT');
    assert.deepEqual(writes, []);
  });

  test(`a ${what} that came up since the check, and is the one wanted, is left alone`, async () => {
    const { context, writes } = contextWith(ours);
    await step.act!(context);
    assert.deepEqual(writes, []);
  });
}

test.run();
