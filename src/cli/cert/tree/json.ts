/** The tree as JSON; docs/certificate-tree.md describes it. */
import { inspectCertificate } from '../../../pki/x509/inspect.js';
import type { Forest } from '../../pictures/certificate-tree/forest.js';
import { percentOf } from '../../pictures/certificate-tree/validity.js';

export function treeJson({ nodes }: Forest) {
  return nodes.map((node) => {
    const { subject, commonName, issuer, sha1Thumbprint, keyAlgorithm, problems } = inspectCertificate(
      node.certificate,
    );
    return {
      sha256Thumbprint: node.sha256Thumbprint,
      sha1Thumbprint,
      subject,
      ...(commonName === undefined ? {} : { commonName }),
      issuer,
      kind: node.kind,
      parent: node.parent?.sha256Thumbprint ?? null,
      signedBy: node.signers.map((one) => one.sha256Thumbprint),
      notBefore: node.validity.notBefore.toISOString(),
      notAfter: node.validity.notAfter.toISOString(),
      state: node.validity.state,
      usedPercent: percentOf(node.validity),
      keyAlgorithm,
      privateKeys: node.keys,
      uploads: node.uploads.map(({ name, dpsName }) => ({ name, dpsName: dpsName ?? null })),
      files: node.files,
      notes: node.notes,
      ...(problems ? { problems } : {}),
    };
  });
}
