/**
 * Who may use the emulator's page: a browser that was opened with the token of its URL. All secrets are derived from the
 * emulator's own token, so nothing else has to be stored, and the URL stays the same when the emulator is restarted.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export class ConsoleSession {
  readonly #armToken: string;

  constructor(armToken: string) {
    this.#armToken = armToken;
  }

  /** In the query of the URL. */
  get token(): string {
    return this.#derive('console');
  }

  /** The value of the cookie. */
  get cookie(): string {
    return this.#derive('console session');
  }

  isToken(given: string): boolean {
    return sameSecret(given, this.token);
  }

  isCookie(given: string): boolean {
    return sameSecret(given, this.cookie);
  }

  /** For one form: it also tells a form that is sent twice from two forms. */
  formToken(): string {
    const nonce = randomBytes(16).toString('base64url');
    return `${nonce}.${this.#derive(`console form ${nonce}`)}`;
  }

  isFormToken(given: string): boolean {
    const [nonce = '', signature = ''] = given.split('.');
    return sameSecret(signature, this.#derive(`console form ${nonce}`));
  }

  #derive(purpose: string): string {
    // 192 bits, so that the link fits in a line of a terminal.
    return createHmac('sha256', this.#armToken)
      .update(purpose)
      .digest()
      .subarray(0, 24)
      .toString('base64url');
  }
}

function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
