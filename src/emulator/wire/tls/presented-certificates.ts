/** The certificates that a client presents in its TLS handshake. */
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** DER. Node.js makes new objects of the certificates at every call, so they are read once, and only as far as needed. */
export interface PresentedCertificates {
  /** The client's own; undefined when it presented none. Reading it takes a fifth of the time of the chain. */
  readonly leaf: Buffer | undefined;
  /** The client's own first, then each one's issuer, in whatever order they were sent; empty when it presented none. */
  readonly chain: readonly Buffer[];
}

const presented = new WeakMap<TLSSocket, PresentedCertificates>();

export function presentedCertificates(socket: TLSSocket): PresentedCertificates {
  const known = presented.get(socket) ?? new CertificatesOfSocket(socket);
  presented.set(socket, known);
  return known;
}

/** Those that were read before. */
export function certificatesOf(chain: readonly Buffer[]): PresentedCertificates {
  return { leaf: chain[0], chain };
}

class CertificatesOfSocket implements PresentedCertificates {
  readonly #socket: TLSSocket;
  #leaf: Buffer | undefined;
  #chain: readonly Buffer[] | undefined;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  get leaf(): Buffer | undefined {
    this.#leaf ??= this.#chain ? this.#chain[0] : this.#socket.getPeerCertificate()?.raw;
    return this.#leaf;
  }

  get chain(): readonly Buffer[] {
    this.#chain ??= readChain(this.#socket);
    return this.#chain;
  }
}

/** More than any chain has, and more than a TLS Certificate message holds with certificates of a usual size. */
const maxPresented = 64;

function readChain(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  // getPeerX509Certificate has them in the order of sending, but leaks about 6 KB for each in Node.js before 26.
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.raw && chain.length < maxPresented) {
    chain.push(certificate.raw);
    // A root names itself as its issuer.
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    certificate = issuer === certificate ? undefined : issuer;
  }
  return chain;
}
