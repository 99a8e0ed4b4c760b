/** Attestation by certificates of the device itself, which need no CA: individual enrollments only. */
import { sha256Thumbprint } from '../../../pki/x509/certificate.js';
import { DpsError, type Reason } from '../dps-error.js';
import type { AttestationKind } from './attestation-kind.js';
import { readCertificateSlots, type SlotCertificate, toInfo, toSlots } from './x509-certificates.js';

export interface X509ClientAttestation {
  kind: 'x509-client';
  certificates: SlotCertificate[];
}

export const x509Client: AttestationKind<X509ClientAttestation> = {
  type: 'x509',
  member: 'clientCertificates',
  enrollments: ['individual'],

  read: ({ x509 }, { before }) => ({
    kind: 'x509-client',
    certificates: readCertificateSlots(x509, 'clientCertificates', before?.certificates),
  }),

  toMechanism: ({ certificates }) => ({
    type: 'x509',
    x509: { clientCertificates: toSlots(certificates, toInfo) },
  }),

  verifyCertificate({ certificates }, { leaf }, { at }) {
    const refused = (reason: Reason) => new DpsError('invalidCertificate', { reason });
    const thumbprint = sha256Thumbprint(leaf);
    if (!certificates.some(({ sha256 }) => sha256 === thumbprint))
      throw refused(({ emulator }) => emulator.reasons.notEnrolled);
    const { notBefore, notAfter } = leaf;
    if (at < notBefore)
      throw refused(({ emulator }) => emulator.reasons.notYetValid(notBefore.toISOString()));
    if (at > notAfter) throw refused(({ emulator }) => emulator.reasons.expired(notAfter.toISOString()));
    return { type: 'selfSigned', primaryThumbprint: thumbprint, issuerThumbprints: [] };
  },
};
