/** Common types and checks of the commands. */
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import type { Certificate } from '../pki/x509/certificate.js';

/** Paths are relative to the folder. */
export interface CertgenResult {
  /** Files, in the order in which they were written. */
  written: string[];
  /** The files that were moved aside. */
  moved: { from: string; to: string }[];
  /** The issued certificates; for a CA, the root first. */
  certificates: Certificate[];
}

/** OpenSSL's own minimum when it prompts for a passphrase. */
const minPassphraseLength = 4;

/** What is wrong with a new passphrase, as a sentence, or undefined. */
function passphraseProblem(passphrase: string): string | undefined {
  const { length } = [...passphrase];
  if (length >= minPassphraseLength) return undefined;
  return sentences.certgen.shortPassphrase(length, minPassphraseLength);
}

/** @throws EnrollkitError USAGE */
export function assertPassphrase(passphrase: string): void {
  const problem = passphraseProblem(passphrase);
  if (problem) throw new EnrollkitError('USAGE', problem, { next: sentences.certgen.longerPassphrase });
}
