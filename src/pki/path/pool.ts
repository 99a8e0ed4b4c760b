/** The certificates available for a path, by name. */
import type { Certificate } from '../x509/certificate.js';
import type { Name } from '../x509/name.js';

export class Pool {
  readonly #anchors = new Set<Certificate>();
  readonly #byDer = new Map<string, Certificate>();
  readonly #bySubject = new Map<string, Certificate[]>();
  /** How many certificates a path to the nearest anchor needs, by names alone. */
  readonly #distances = new Map<Certificate, number>();
  readonly #issuers = new Map<Certificate, readonly Certificate[]>();

  constructor(anchors: readonly Certificate[], intermediates: readonly Certificate[]) {
    for (const anchor of anchors) this.#anchors.add(this.#add(anchor));
    for (const intermediate of intermediates) this.#add(intermediate);
    this.#measureDistances();
  }

  isAnchor(certificate: Certificate): boolean {
    const known = this.#byDer.get(certificate.der.toString('latin1'));
    return known !== undefined && this.#anchors.has(known);
  }

  get hasAnchors(): boolean {
    return this.#anchors.size > 0;
  }

  /** Certificates to the nearest anchor, 0 for an anchor; undefined if none can be reached. */
  distance(certificate: Certificate): number | undefined {
    return this.#distances.get(certificate);
  }

  /**
   * Certificates with the issuer's name, the likeliest first: by key identifier (only a hint, RFC 5280 section
   * 4.2.1.1), then by distance to an anchor, then by the latest end of validity.
   */
  issuersOf(certificate: Certificate): readonly Certificate[] {
    let issuers = this.#issuers.get(certificate);
    if (!issuers) {
      const found = this.#bySubject.get(certificate.issuer.key) ?? [];
      issuers = found.length < 2 ? found : this.#sorted(found, certificate.authorityKeyIdentifier);
      this.#issuers.set(certificate, issuers);
    }
    return issuers;
  }

  /** The certificates with a subject. */
  namedAs(subject: Name): readonly Certificate[] {
    return this.#bySubject.get(subject.key) ?? [];
  }

  /** Adds a certificate. @returns the one object used for equal certificates */
  #add(certificate: Certificate): Certificate {
    const key = certificate.der.toString('latin1');
    const known = this.#byDer.get(key);
    if (known) return known;
    this.#byDer.set(key, certificate);
    append(this.#bySubject, certificate.subject.key, certificate);
    return certificate;
  }

  #measureDistances(): void {
    const byIssuer = new Map<string, Certificate[]>();
    for (const certificate of this.#byDer.values()) append(byIssuer, certificate.issuer.key, certificate);
    const queue = [...this.#anchors];
    for (const anchor of queue) this.#distances.set(anchor, 0);
    // The queue grows during the loop: breadth-first, each name once.
    for (const certificate of queue) {
      const name = certificate.subject.key;
      const issued = byIssuer.get(name) ?? [];
      byIssuer.delete(name);
      for (const below of issued) {
        if (this.#distances.has(below)) continue;
        this.#distances.set(below, this.#distances.get(certificate)! + 1);
        queue.push(below);
      }
    }
  }

  #sorted(candidates: readonly Certificate[], wanted: string | undefined): Certificate[] {
    const fit = ({ subjectKeyIdentifier: key }: Certificate) =>
      wanted === undefined || key === undefined ? 1 : key === wanted ? 0 : 2;
    const distance = (candidate: Certificate) => this.#distances.get(candidate) ?? Number.MAX_SAFE_INTEGER;
    return [...candidates].sort(
      (a, b) => fit(a) - fit(b) || distance(a) - distance(b) || b.notAfter.getTime() - a.notAfter.getTime(),
    );
  }
}

function append(map: Map<string, Certificate[]>, key: string, certificate: Certificate): void {
  const list = map.get(key);
  if (list) list.push(certificate);
  else map.set(key, [certificate]);
}
