/**
 * The CA certificates of valid paths, read: a service validates many leaves below the same few, and reading a CA, its
 * key and its signature takes longer than reading a leaf.
 */
import { type Certificate, parseCertificates } from '../x509/certificate.js';

/** Enough for the CAs of a service. */
const capacity = 64;
/** Of an input, octets or characters; those of CAs in use are smaller. */
const largest = 16_384;

/** By their octets, or by their PEM. The oldest is first. */
const known = new Map<string, readonly Certificate[]>();

/** Reads the CA certificates of one request. */
export class AuthorityReader {
  readonly #read = new Map<string, readonly Certificate[]>();

  /**
   * @param input PEM (a bundle, perhaps) or DER
   * @returns the same objects as for an earlier request whose path was valid
   * @throws EnrollkitError INVALID_CERTIFICATE
   */
  read(input: string | Uint8Array): readonly Certificate[] {
    if (input.length > largest) return parseCertificates(input);
    const key = typeof input === 'string' ? input : latin1(input);
    const remembered = known.get(key);
    if (remembered) return remembered;
    const certificates = parseCertificates(input);
    this.#read.set(key, certificates);
    return certificates;
  }

  /** Remembers what was read for a valid path, and nothing else: nobody can displace it with certificates of their own. */
  remember(path: readonly Certificate[]): void {
    for (const [key, certificates] of this.#read) {
      if (!certificates.every((certificate) => path.includes(certificate))) continue;
      known.set(key, certificates);
      if (known.size > capacity) known.delete(known.keys().next().value!);
    }
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
