/**
 * X.509 attestation.
 *
 * Source: Microsoft Learn, "X.509 certificate attestation" (DPS concepts): the device presents its certificate and the
 * issuers up to one whose possession is proven; the group of the CA nearest the device decides, also when it is
 * disabled. That proven one itself may be left out of what is presented, since the service holds it, unless `fullChain`
 * says otherwise. A device whose own certificate is enrolled needs no CA.
 */
import { sameId } from '../../../dps/contract/ids.js';
import { type ChainVerdict, type FailureCode, validateChain } from '../../../pki/path/validate.js';
import { type Certificate, parseCertificate, sha256Thumbprint } from '../../../pki/x509/certificate.js';
import { DpsError } from '../dps-error.js';
import type { StoredCertificate } from '../state/ca-certificates.js';
import type { StoredGroup } from '../state/stored-groups.js';
import type { StoredIndividual } from '../state/stored-individuals.js';
import type { AttestationOptions, HubCredential } from './attestation.js';
import { presentedIssuers, presentedLeaf } from './presented-certificate.js';

/**
 * Who presents this chain: the thumbprint of its first certificate, whose common name must be the registration ID.
 *
 * @param chain DER, leaf first
 * @throws DpsError
 */
export function identifyCertificate(registrationId: string, chain: readonly Buffer[]): string {
  const leaf = chain[0];
  if (leaf === undefined)
    throw new DpsError('unauthorized', { reason: 'no client certificate was presented' });
  let certificate: Certificate;
  try {
    certificate = presentedLeaf(leaf);
  } catch (error) {
    throw new DpsError('invalidCertificate', {
      reason: `the certificate cannot be read: ${(error as Error).message}`,
    });
  }
  const { commonName } = certificate.subject;
  if (commonName === undefined || !sameId(commonName, registrationId)) {
    throw new DpsError('invalidCertificate', {
      reason: `the certificate's common name is ${JSON.stringify(commonName ?? '')}, not the registration ID`,
    });
  }
  return sha256Thumbprint(certificate);
}

/** What a CA of a chain backs, asked from the one nearest the device upward. */
type Backing<Found> = (sha256: string, uploadedNames: readonly string[]) => Found | undefined;

export class X509Attestation {
  readonly #options: AttestationOptions;
  #anchors: { changes: number; all: Anchor[] } = { changes: -1, all: [] };

  constructor(options: AttestationOptions) {
    this.#options = options;
  }

  /**
   * The group of the CA nearest the device, enabled or not.
   *
   * @param chain DER, leaf first
   * @throws DpsError
   */
  async findGroup(chain: readonly Buffer[]): Promise<{ group: StoredGroup; issuerThumbprints: string[] }> {
    const walked = await this.#walk(chain, (sha256, names) =>
      this.#options.groups.byAuthority(sha256, names),
    );
    if (!walked) throw new DpsError('caNotFound', { reason: 'no CA of the chain backs an enrollment group' });
    return { group: walked.found, issuerThumbprints: walked.issuerThumbprints };
  }

  /**
   * Whether a chain is what an individual enrollment asks for.
   *
   * @param leafThumbprint SHA-256 of the chain's first certificate
   * @throws DpsError
   */
  async matchIndividual(
    { clientCertificates, authorities }: StoredIndividual,
    chain: readonly Buffer[],
    leafThumbprint: string,
  ): Promise<HubCredential> {
    if (clientCertificates) {
      if (!clientCertificates.some(({ sha256 }) => sha256 === leafThumbprint)) {
        throw new DpsError('invalidCertificate', {
          reason: 'the certificate is not one of those that the individual enrollment has',
        });
      }
      this.#assertDates(chain[0]!);
      return { leafThumbprint, issuerThumbprints: [] };
    }
    const walked = await this.#walk(chain, (sha256, names) =>
      authorities.find((authority) =>
        'sha256' in authority
          ? authority.sha256 === sha256
          : names.some((name) => name.toLowerCase() === authority.reference.toLowerCase()),
      ),
    );
    if (!walked) {
      throw new DpsError('chainMismatch', {
        reason: 'no CA of the chain is one that the individual enrollment has',
      });
    }
    return { leafThumbprint, issuerThumbprints: walked.issuerThumbprints };
  }

  #assertDates(leaf: Buffer): void {
    const { notBefore, notAfter } = presentedLeaf(leaf);
    const at = this.#options.now();
    if (at < notBefore) {
      throw new DpsError('invalidCertificate', {
        reason: `the certificate is not valid before ${notBefore.toISOString()}`,
      });
    }
    if (at > notAfter) {
      throw new DpsError('invalidCertificate', {
        reason: `the certificate expired at ${notAfter.toISOString()}`,
      });
    }
  }

  /** @returns undefined when the chain is valid, and none of its CAs backs anything */
  async #walk<Found>(
    chain: readonly Buffer[],
    backing: Backing<Found>,
  ): Promise<{ found: Found; issuerThumbprints: string[] } | undefined> {
    const at = this.#options.now();
    const anchors = this.#readAnchors();
    const leaf = presentedLeaf(chain[0]!);
    const intermediates = presentedIssuers(chain);
    // Above the proven CA that ends the path there may be another one, with an enrollment of its own.
    for (let trusted = anchors; ; ) {
      const verdict = await validateChain({
        leaf,
        intermediates,
        trustAnchors: trusted.map(({ certificate }) => certificate),
        at,
        purpose: 'clientAuth',
      });
      if (!verdict.valid) {
        if (trusted !== anchors) return undefined;
        throw await this.#refusal(verdict, chain, at);
      }
      if (trusted === anchors) this.#assertFull(chain, verdict.path.at(-1)!);
      for (let index = 1; index < verdict.path.length; index += 1) {
        const sha256 = verdict.path[index]!;
        const names = anchors.find((anchor) => anchor.sha256 === sha256)?.names ?? [];
        const found = backing(sha256, names);
        if (found !== undefined) return { found, issuerThumbprints: verdict.path.slice(1, index + 1) };
      }
      const top = trusted.find(({ sha256 }) => sha256 === verdict.path.at(-1));
      if (!top) return undefined;
      trusted = trusted.filter((anchor) => anchor !== top);
      intermediates.push(top.certificate);
    }
  }

  /** @param end the SHA-256 of the verified CA that ends the path */
  #assertFull(chain: readonly Buffer[], end: string): void {
    if (!this.#options.fullChain) return;
    const anchor = this.#readAnchors().find(({ sha256 }) => sha256 === end)!;
    if (chain.some((der) => der.equals(anchor.certificate.der))) return;
    throw new DpsError('caNotFound', {
      reason: `the verified CA "${anchor.names[0]}" is not in the chain that was presented, and --full-chain asks for it`,
    });
  }

  #readAnchors(): Anchor[] {
    const { certificates } = this.#options;
    if (this.#anchors.changes !== certificates.changes) {
      const proven = certificates.list().filter(({ verified }) => verified);
      this.#anchors = { changes: certificates.changes, all: toAnchors(proven) };
    }
    return this.#anchors.all;
  }

  /** The error of a chain that is not valid; its reason says more than the service does. */
  async #refusal(verdict: ChainVerdict, chain: readonly Buffer[], at: Date): Promise<DpsError> {
    const words = verdict.failures.map(({ message }) => message).join('; ') || 'the chain is not valid';
    if (!verdict.failures.every(({ code }) => noPathCodes.has(code))) {
      return new DpsError('invalidCertificate', { reason: words });
    }
    const unproven = this.#options.certificates.list().filter(({ verified }) => !verified);
    const other = await validateChain({
      leaf: presentedLeaf(chain[0]!),
      intermediates: presentedIssuers(chain),
      trustAnchors: unproven.map(({ der }) => der),
      at,
      purpose: 'clientAuth',
    });
    const end = unproven.find(({ sha256 }) => sha256 === other.path.at(-1));
    return new DpsError('caNotFound', {
      reason: end
        ? `the chain ends at the uploaded certificate "${end.name}", whose possession is not proven`
        : words,
    });
  }
}

/** A CA whose possession is proven; it can be uploaded under several names. */
interface Anchor {
  names: string[];
  certificate: Certificate;
  sha256: string;
}

/** The failures of validateChain that mean: no way from the device's certificate to a CA that is trusted. */
const noPathCodes = new Set<FailureCode>(['ISSUER_NOT_FOUND']);

function toAnchors(certificates: StoredCertificate[]): Anchor[] {
  const anchors = new Map<string, Anchor>();
  for (const { name, der, sha256 } of certificates) {
    const anchor = anchors.get(sha256);
    if (anchor) anchor.names.push(name);
    else anchors.set(sha256, { names: [name], certificate: parseCertificate(der), sha256 });
  }
  return [...anchors.values()];
}
