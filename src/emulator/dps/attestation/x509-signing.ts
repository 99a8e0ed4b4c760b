/** Attestation by CA certificates that the enrollment contains itself. */
import type { AttestationKind } from './attestation-kind.js';
import {
  readCertificateSlots,
  type SlotCertificate,
  toInfo,
  toSlots,
  x509GroupLimit,
} from './x509-certificates.js';

export interface X509SigningAttestation {
  kind: 'x509-signing';
  certificates: SlotCertificate[];
}

export const x509Signing: AttestationKind<X509SigningAttestation> = {
  type: 'x509',
  member: 'signingCertificates',
  enrollments: ['group', 'individual'],
  groupLimit: x509GroupLimit,

  read: ({ x509 }, { before }) => ({
    kind: 'x509-signing',
    certificates: readCertificateSlots(x509, 'signingCertificates', before?.certificates),
  }),

  toMechanism: ({ certificates }) => ({
    type: 'x509',
    x509: { signingCertificates: toSlots(certificates, toInfo) },
  }),

  authorities: ({ certificates }) => certificates.map(({ slot, sha256 }) => ({ slot, sha256 })),

  verifyCertificate: ({ certificates }, evidence, { chains }) =>
    chains.verify(evidence, ({ sha256 }) => certificates.some((one) => one.sha256 === sha256)),
};
