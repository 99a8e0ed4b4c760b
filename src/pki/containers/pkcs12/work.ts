/** How much key derivation one file may ask for: none must be able to keep a computer busy. */
import { DerError } from '../../der/read.js';

/** Many times what any program writes. */
const maxIterations = 5_000_000;
/** PKCS#12's own derivation runs here, not in OpenSSL, and is slower by far. */
const maxPkcs12Iterations = 1_000_000;
/** Of all parts of a file together, in rounds of PBKDF2. */
const maxTotal = 8_000_000;

/** What is left for one file. */
export class KeyDerivationWork {
  #left = maxTotal;

  /** @throws DerError when PBKDF2 (RFC 8018) is to do too many rounds */
  pbkdf2(iterations: number): number {
    return this.#spend(iterations, maxIterations, 1);
  }

  /** @throws DerError when PKCS#12's own way (RFC 7292 appendix B) is to do too many rounds */
  pkcs12(iterations: number): number {
    return this.#spend(iterations, maxPkcs12Iterations, 2);
  }

  #spend(iterations: number, max: number, cost: number): number {
    if (iterations < 1 || iterations > max) {
      throw new DerError(`it asks for ${iterations} rounds of key derivation; 1 to ${max} are done here`);
    }
    this.#left -= iterations * cost;
    if (this.#left < 0) throw new DerError('its parts together ask for too many rounds of key derivation');
    return iterations;
  }
}
