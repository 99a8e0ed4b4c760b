/**
 * Whether a device may register, and through which enrollment group: X.509 attestation.
 *
 * Source: Microsoft Learn, "X.509 certificate attestation" (DPS concepts): the device presents its certificate and the
 * issuers up to one whose possession is proven; the group of the CA nearest the device decides, also when it is
 * disabled. The root itself may be left out of what is presented, since the service holds it.
 */
import { sameId } from '../dps/contract/ids.js';
import { type Certificate, parseCertificate, sha256Thumbprint } from '../pki/certificate.js';
import { type ChainVerdict, type FailureCode, validateChain } from '../pki/validate.js';
import { DpsError } from './dps-error.js';
import type { Certificates, StoredCertificate } from './state/certificates.js';
import type { EnrollmentGroups, StoredGroup } from './state/enrollment-groups.js';

export interface Decision {
  group: StoredGroup;
  /** SHA-256 of the device's certificate, upper-case hexadecimal. */
  leafSha256: string;
  /** SHA-256 of its issuers, nearest first, up to the CA that backs the group. */
  issuerSha256: string[];
}

export interface AttestationOptions {
  certificates: Certificates;
  groups: EnrollmentGroups;
  now: () => Date;
}

export class Attestation {
  readonly #options: AttestationOptions;
  #anchors: { changes: number; all: Anchor[] } = { changes: -1, all: [] };

  constructor(options: AttestationOptions) {
    this.#options = options;
  }

  /**
   * Who presents this chain: the thumbprint of its first certificate, whose common name must be the registration ID.
   *
   * @param chain DER, leaf first
   * @throws DpsError
   */
  identify(registrationId: string, chain: readonly Buffer[]): string {
    const leaf = chain[0];
    if (leaf === undefined)
      throw new DpsError('unauthorized', { reason: 'no client certificate was presented' });
    let certificate: Certificate;
    try {
      certificate = parseCertificate(leaf);
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

  /**
   * @param chain DER, leaf first
   * @throws DpsError 401002 in all the cases that the service has for it, with the reason for the log
   */
  async decide(registrationId: string, chain: readonly Buffer[]): Promise<Decision> {
    const leafSha256 = this.identify(registrationId, chain);
    const at = this.#options.now();
    const anchors = this.#readAnchors();
    const intermediates: Buffer[] = chain.slice(1);
    // Above the proven CA that ends the path there may be another one, with a group of its own.
    for (let trusted = anchors; ; ) {
      const verdict = await validateChain({
        leaf: chain[0]!,
        intermediates,
        trustAnchors: trusted.map(({ der }) => der),
        at,
        purpose: 'clientAuth',
      });
      if (!verdict.valid) {
        if (trusted !== anchors)
          throw new DpsError('caNotFound', { reason: 'no CA of the chain backs an enrollment group' });
        throw await this.#refusal(verdict, chain, at);
      }
      const decision = this.#decideOnPath(verdict.path, leafSha256);
      if (decision) return decision;
      const top = trusted.find(({ sha256 }) => sha256 === verdict.path.at(-1));
      if (!top) throw new DpsError('caNotFound', { reason: 'no CA of the chain backs an enrollment group' });
      trusted = trusted.filter((anchor) => anchor !== top);
      intermediates.push(top.der);
    }
  }

  #decideOnPath(path: string[], leafSha256: string): Decision | undefined {
    for (let index = 1; index < path.length; index += 1) {
      const sha256 = path[index]!;
      const proven = this.#anchors.all.find((anchor) => anchor.sha256 === sha256);
      const group = this.#options.groups.byAuthority(sha256, proven?.names ?? []);
      if (!group) continue;
      if (group.provisioningStatus === 'disabled') {
        throw new DpsError('unauthorizedDevice', {
          reason: `the enrollment group "${group.enrollmentGroupId}" is disabled`,
        });
      }
      return { group, leafSha256, issuerSha256: path.slice(1, index + 1) };
    }
    return undefined;
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
      leaf: chain[0]!,
      intermediates: chain.slice(1),
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
  der: Buffer;
  sha256: string;
}

/** The failures of validateChain that mean: no way from the device's certificate to a CA that is trusted. */
const noPathCodes = new Set<FailureCode>(['ISSUER_NOT_FOUND']);

function toAnchors(certificates: StoredCertificate[]): Anchor[] {
  const anchors = new Map<string, Anchor>();
  for (const { name, der, sha256 } of certificates) {
    const anchor = anchors.get(sha256);
    if (anchor) anchor.names.push(name);
    else anchors.set(sha256, { names: [name], der, sha256 });
  }
  return [...anchors.values()];
}
