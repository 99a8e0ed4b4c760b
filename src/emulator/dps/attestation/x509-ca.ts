/** Attestation by CA certificates of the provisioning service, which the enrollment names. */
import { type AttestationKind, type Slot, slots } from './attestation-kind.js';
import { assertNotEmpty, badRequest, toSlots, x509GroupLimit } from './x509-certificates.js';

export interface X509CaAttestation {
  kind: 'x509-ca';
  /** The names of the certificates, in any case. */
  references: { slot: Slot; reference: string }[];
}

export const x509Ca: AttestationKind<X509CaAttestation> = {
  type: 'x509',
  member: 'caReferences',
  enrollments: ['group', 'individual'],
  groupLimit: x509GroupLimit,

  read({ x509 }, { certificates }) {
    const references = slots.flatMap((slot) => {
      const name = x509?.caReferences?.[slot];
      if (name == null || name === '') return [];
      const certificate = certificates.get(name);
      if (!certificate) throw badRequest(`There is no CA certificate "${name.slice(0, 90)}".`);
      if (!certificate.verified) {
        throw badRequest(
          `The CA certificate "${certificate.name}" is not verified: prove its possession first.`,
        );
      }
      return [{ slot, reference: certificate.name }];
    });
    return { kind: 'x509-ca', references: assertNotEmpty(references) };
  },

  toMechanism: ({ references }) => ({
    type: 'x509',
    x509: { caReferences: toSlots(references, ({ reference }) => reference) },
  }),

  authorities: ({ references }) => references,

  verifyCertificate: ({ references }, evidence, { chains }) =>
    chains.verify(evidence, ({ names }) =>
      references.some(({ reference }) =>
        names.some((name) => name.toLowerCase() === reference.toLowerCase()),
      ),
    ),
};
