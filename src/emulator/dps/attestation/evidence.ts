/** What a device presents to prove its identity, read before any enrollment is looked at. */
import { sameId } from '../../../dps/contract/ids.js';
import { parseSasToken, type SasToken } from '../../../dps/contract/sas.js';
import { type Certificate, parseCertificate } from '../../../pki/x509/certificate.js';
import { DpsError } from '../dps-error.js';
import type { RegistrationRequest } from '../registration/registration-request.js';

export type Evidence = CertificateEvidence | TokenEvidence;

/** The certificates of the TLS handshake. */
export interface CertificateEvidence {
  by: 'certificate';
  leaf: Certificate;
  /** What the handshake has besides the leaf, not parsed yet: DER. */
  issuers: readonly Buffer[];
}

/** A shared access signature. */
export interface TokenEvidence {
  by: 'token';
  registrationId: string;
  token: SasToken;
}

/**
 * Reads the evidence in a request, and checks that it is for this registration. If there is a token, certificates do not
 * count.
 *
 * @throws DpsError
 */
export function readEvidence(request: RegistrationRequest, at: Date): Evidence {
  const { registrationId, authorization } = request;
  return authorization === undefined
    ? readCertificates(registrationId, request.chain)
    : { by: 'token', registrationId, token: readToken(authorization, request, at) };
}

/**
 * Reads the certificates of a handshake. The common name of the first one must be the registration ID.
 *
 * @param chain DER, leaf first
 * @throws DpsError
 */
export function readCertificates(registrationId: string, chain: readonly Buffer[]): CertificateEvidence {
  const [leafDer, ...issuers] = chain;
  if (leafDer === undefined)
    throw new DpsError('unauthorized', { reason: ({ emulator }) => emulator.reasons.noCertificate });
  let leaf: Certificate;
  try {
    leaf = parseLeaf(leafDer);
  } catch (error) {
    throw new DpsError('invalidCertificate', {
      reason: ({ emulator }) => emulator.reasons.unreadable((error as Error).message),
    });
  }
  const { commonName } = leaf.subject;
  if (commonName === undefined || !sameId(commonName, registrationId)) {
    throw new DpsError('invalidCertificate', {
      reason: ({ emulator }) => emulator.reasons.otherCommonName(JSON.stringify(commonName ?? '')),
    });
  }
  return { by: 'certificate', leaf, issuers };
}

function readToken(
  authorization: string,
  { idScope, registrationId }: RegistrationRequest,
  at: Date,
): SasToken {
  const refused = (key: 'noToken' | 'otherKeyName' | 'tokenExpired' | 'tokenOfOther') =>
    new DpsError('unauthorizedDevice', { reason: ({ emulator }) => emulator.reasons[key] });
  const token = parseSasToken(authorization);
  if (!token) throw refused('noToken');
  // The SDK for Python and the one for embedded C leave skn out; the one for Java sends it empty.
  if (!['registration', ''].includes(token.policyName.toLowerCase())) throw refused('otherKeyName');
  if (token.expiry * 1000 < at.getTime()) throw refused('tokenExpired');
  if (token.resource.toLowerCase() !== `${idScope}/registrations/${registrationId}`.toLowerCase()) {
    throw refused('tokenOfOther');
  }
  return token;
}

/** The leaf of a connection is needed for each of its requests, so it is parsed once. */
const leaves = new WeakMap<Buffer, Certificate>();

/** @throws EnrollkitError INVALID_CERTIFICATE */
function parseLeaf(der: Buffer): Certificate {
  let certificate = leaves.get(der);
  if (certificate === undefined) {
    certificate = parseCertificate(der);
    leaves.set(der, certificate);
  }
  return certificate;
}
