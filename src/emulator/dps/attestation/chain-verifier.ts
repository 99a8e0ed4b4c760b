/**
 * Verifies the certificate chains of devices up to a CA whose possession is verified.
 *
 * Source: Microsoft Learn, "X.509 certificate attestation" (DPS concepts): the device presents its certificate and the
 * issuers up to a verified one; the group of the CA nearest to the device decides, even if it is disabled. The verified CA
 * itself may be missing from the handshake, since the service has it, unless `fullChain` is set.
 */
import { en, type Sentences } from '../../../languages/en.js';
import { inLanguage } from '../../../languages/language.js';
import { type Failure, type FailureCode, validatePath } from '../../../pki/path/validate.js';
import { type Certificate, parseCertificate, sha256Thumbprint } from '../../../pki/x509/certificate.js';
import type { DeviceCredential } from '../../hub/devices.js';
import { Recent } from '../../wire/recent.js';
import { DpsError, type Reason } from '../dps-error.js';
import type { Certificates, VerifiedAuthority } from '../state/ca-certificates.js';
import type { CertificateEvidence } from './evidence.js';

export interface ChainVerifierOptions {
  certificates: Certificates;
  /** Whether devices must present the verified CA as well. */
  fullChain: boolean;
  now: () => Date;
}

/** A CA in the chain of a device. */
export interface ChainAuthority {
  /** Upper-case hexadecimal. */
  sha256: string;
  /** The names that it was uploaded under, if its possession is verified. */
  names: readonly string[];
}

export class ChainVerifier {
  readonly #options: ChainVerifierOptions;

  constructor(options: ChainVerifierOptions) {
    this.#options = options;
  }

  /**
   * Verifies the chain of a device, and finds the CA nearest to the device that `match` accepts.
   *
   * @returns the result of `match`, and the credential of the device in its hub; undefined when `match` accepts no CA
   * @throws DpsError when the chain is not valid, or does not lead to a verified CA
   */
  findAuthority<Match>(
    evidence: CertificateEvidence,
    match: (authority: ChainAuthority) => Match | undefined,
  ): { match: Match; credential: DeviceCredential } | undefined {
    const at = this.#options.now();
    const { leaf } = evidence;
    const authorities = this.#options.certificates.verified();
    const intermediates = evidence.issuers.map(parseIssuer);
    // Above the verified CA at the end of the path, there may be another one with an enrollment.
    for (let trusted = authorities; ; ) {
      const trustAnchors = trusted.map(({ certificate }) => certificate);
      const path = {
        leaf,
        intermediates: [...intermediates],
        trustAnchors,
        at,
        purpose: 'clientAuth',
      } as const;
      const verdict = validatePath(path);
      if (!verdict.valid) {
        if (trusted !== authorities) return undefined;
        throw this.#refusal(verdict.failures, path);
      }
      const [, ...issuers] = verdict.path;
      const top = find(trusted, verdict.path.at(-1)!);
      if (trusted === authorities && top) this.#assertFullChain(evidence, top);
      const issuerThumbprints: string[] = [];
      for (const certificate of issuers) {
        const sha256 = sha256Thumbprint(certificate);
        issuerThumbprints.push(sha256);
        const matched = match({ sha256, names: find(authorities, certificate)?.names ?? [] });
        if (matched === undefined) continue;
        const primaryThumbprint = sha256Thumbprint(leaf);
        return { match: matched, credential: { type: 'selfSigned', primaryThumbprint, issuerThumbprints } };
      }
      if (!top) return undefined;
      trusted = trusted.filter((authority) => authority !== top);
      intermediates.push(top.certificate);
    }
  }

  /**
   * Verifies the chain of a device with an individual enrollment.
   *
   * @param isEnrolled whether a CA is one of the enrollment's
   * @returns the credential of the device in its hub
   * @throws DpsError when the chain is not valid, or none of its CAs is enrolled
   */
  verify(
    evidence: CertificateEvidence,
    isEnrolled: (authority: ChainAuthority) => boolean,
  ): DeviceCredential {
    const found = this.findAuthority(evidence, (authority) => isEnrolled(authority) || undefined);
    if (found) return found.credential;
    throw new DpsError('chainMismatch', {
      reason: ({ emulator }) => emulator.reasons.caNotInEnrollment,
    });
  }

  #assertFullChain({ leaf, issuers }: CertificateEvidence, { certificate, names }: VerifiedAuthority): void {
    if (!this.#options.fullChain) return;
    if ([leaf.der, ...issuers].some((der) => der.equals(certificate.der))) return;
    throw new DpsError('caNotFound', {
      reason: ({ emulator }) => emulator.reasons.caNotSent(names[0]!),
    });
  }

  /** The error for a chain that is not valid; its reason, for the log, says more than the service does. */
  #refusal(failures: readonly Failure[], path: Parameters<typeof validatePath>[0]): DpsError {
    const textOf = (found: readonly Failure[], { emulator }: Sentences) =>
      emulator.reasons.failures(found.map(({ message }) => message));
    // Messages are in the language in which a chain was validated.
    const reason: Reason = (words) =>
      words === en
        ? textOf(failures, words)
        : inLanguage(words, () => {
            const again = validatePath(path);
            return textOf(again.valid ? [] : again.failures, words);
          });
    if (!failures.every(({ code }) => noPathCodes.has(code)))
      return new DpsError('invalidCertificate', { reason, failures });
    const unverified = this.#options.certificates.list().filter(({ verified }) => !verified);
    const trustAnchors = unverified.map(({ der }) => der);
    const verdict = validatePath({ ...path, trustAnchors });
    const end = verdict.valid
      ? unverified.find(({ sha256 }) => sha256 === sha256Thumbprint(verdict.path.at(-1)!))
      : undefined;
    return new DpsError('caNotFound', {
      failures,
      reason: end ? ({ emulator }) => emulator.reasons.endsUnverified(end.name) : reason,
    });
  }
}

/** The codes of validation for a chain that does not lead to a trusted CA. */
const noPathCodes = new Set<FailureCode>(['ISSUER_NOT_FOUND']);

function find(
  authorities: readonly VerifiedAuthority[],
  certificate: Certificate,
): VerifiedAuthority | undefined {
  const sha256 = sha256Thumbprint(certificate);
  return authorities.find((authority) => authority.sha256 === sha256);
}

/** Far more than the CAs of the devices that register at the same time. */
const maxIssuers = 256;

/** Whole fleets present the same issuers, so each is parsed once; by DER. */
const parsedIssuers = new Recent<string, Certificate>(maxIssuers);

/** @returns the DER itself when it is not a certificate: validation reports it */
function parseIssuer(der: Buffer): Certificate | Buffer {
  const key = der.toString('latin1');
  const known = parsedIssuers.get(key);
  if (known) return known;
  try {
    const certificate = parseCertificate(der);
    parsedIssuers.set(key, certificate);
    return certificate;
  } catch {
    return der;
  }
}
