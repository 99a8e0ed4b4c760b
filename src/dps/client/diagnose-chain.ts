/** Finds out what is wrong with a chain that DPS refused: DPS gives no reason. */
import { parseCertificates } from '../../pki/x509/certificate.js';
import { sameId } from '../contract/ids.js';

/**
 * Diagnoses a chain.
 *
 * @returns a sentence per problem; none if the chain itself is valid, so that the cause is what DPS knows about its CAs
 *
 * @param certificateChain PEM, leaf first
 */
export async function diagnoseChain(
  certificateChain: string,
  registrationId: string,
  at: Date,
): Promise<string[]> {
  const [leaf, ...issuers] = parseCertificates(certificateChain);
  const problems: string[] = [];
  const commonName = leaf!.subject.commonName;
  if (commonName === undefined || !sameId(commonName, registrationId)) {
    problems.push(
      `The certificate’s common name is ${commonName === undefined ? 'missing' : `"${commonName}"`}, and the registration ID "${registrationId}": they must be the same.`,
    );
  }
  const top = issuers.at(-1);
  if (!top) {
    problems.push(
      leaf!.issuer.text === leaf!.subject.text
        ? 'The certificate is signed by itself, so it leads to no CA.'
        : `The chain holds the device’s certificate only; the certificate of its issuer "${leaf!.issuer.commonName ?? leaf!.issuer.text}" is not in it.`,
    );
    return problems;
  }
  // Loaded on demand: chains are nearly always accepted.
  const { validateChain } = await import('../../pki/path/validate.js');
  const { failures } = await validateChain({
    leaf: leaf!.der,
    intermediates: issuers.slice(0, -1).map(({ der }) => der),
    trustAnchors: [top.der],
    at,
    purpose: 'clientAuth',
  });
  problems.push(...failures.map(({ message }) => message));
  return problems;
}
