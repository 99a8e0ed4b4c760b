/** Limits the key derivation for one file, so that no file can keep a computer busy or fill its memory. */
import { sentences } from '../../../languages/language.js';
import { DerError } from '../../der/read.js';
import type { ScryptParameters } from '../../slow-work.js';
import type { Deriving } from '../deriving.js';

/** Many times what any program uses. */
const maxIterations = 5_000_000;
/** The derivation of PKCS#12 runs in JavaScript and is much slower. */
const maxPkcs12Iterations = 1_000_000;
/** For all parts of a file together, in PBKDF2 iterations. */
const maxTotal = 8_000_000;
/** N x r x p for all parts of a file together: a few seconds. OpenSSL uses 2^17. */
const maxScrypt = 2 ** 24;
/** For 128 x N x r and for 128 x r x p, in octets. OpenSSL uses 16 MiB and accepts 32. */
const maxScryptMemory = 256 * 2 ** 20;

/**
 * Keys by what they were derived from. Parts of a file often share passphrase and salt, and so do the files of one run: all
 * of them then need one derivation.
 */
export type DerivedKeys = Map<string, Buffer>;

/** The remaining budget of one file, and the keys that need no further derivation. */
export class KeyDerivationWork {
  readonly #derived: DerivedKeys;
  #left = maxTotal;
  #scryptLeft = maxScrypt;

  /** @param derived also of other files */
  constructor(derived: DerivedKeys = new Map()) {
    this.#derived = derived;
  }

  /**
   * Derives a key, if it is not known.
   *
   * @param parameters everything that the key depends on
   */
  *key<Parameters extends object>(
    parameters: Parameters,
    derive: (parameters: Parameters) => Deriving<Buffer>,
  ): Deriving<Buffer> {
    const name = JSON.stringify(parameters);
    const known = this.#derived.get(name);
    if (known) return known;
    const key = yield* derive(parameters);
    this.#derived.set(name, key);
    return key;
  }

  /** @throws DerError when PBKDF2 (RFC 8018) has too many iterations */
  pbkdf2(iterations: number): number {
    return this.#spend(iterations, maxIterations, 1);
  }

  /** @throws DerError when the derivation of PKCS#12 (RFC 7292 appendix B) has too many iterations */
  pkcs12(iterations: number): number {
    return this.#spend(iterations, maxPkcs12Iterations, 2);
  }

  /** @throws DerError when scrypt (RFC 7914) needs too much work or memory, or its parameters are invalid */
  scrypt(parameters: ScryptParameters): ScryptParameters {
    const { cost, blockSize, parallelization } = parameters;
    const asked = sentences.pkiContainers.scryptParameters(cost, blockSize, parallelization);
    if (cost * blockSize * parallelization > maxScrypt) {
      throw new DerError(sentences.pkiContainers.scryptTooMuch(asked, maxScrypt));
    }
    if (128 * blockSize * Math.max(cost, parallelization) > maxScryptMemory) {
      throw new DerError(sentences.pkiContainers.scryptMemory(asked, maxScryptMemory / 2 ** 20));
    }
    // RFC 7914 section 2: a power of 2, above 1 and below 2^(128 x r / 8).
    const isPower = cost > 1 && Number.isInteger(Math.log2(cost)) && Math.log2(cost) < 16 * blockSize;
    if (!isPower || blockSize < 1 || parallelization < 1) {
      throw new DerError(sentences.pkiContainers.scryptImpossible(asked));
    }
    this.#scryptLeft -= cost * blockSize * parallelization;
    if (this.#scryptLeft < 0) throw new DerError(sentences.pkiContainers.scryptTotal);
    return parameters;
  }

  #spend(iterations: number, max: number, cost: number): number {
    if (iterations < 1 || iterations > max) {
      throw new DerError(sentences.pkiContainers.iterationsTooMany(iterations, max));
    }
    this.#left -= iterations * cost;
    if (this.#left < 0) throw new DerError(sentences.pkiContainers.iterationsTotal);
    return iterations;
  }
}
