/**
 * The secrets of the emulator's page. All are derived from the emulator's token, so nothing else is stored and the URL is
 * the same after a restart.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export class ConsoleSession {
  readonly #armToken: string;

  constructor(armToken: string) {
    this.#armToken = armToken;
  }

  /** The token in the URL. */
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

  /** A token for one form, which also shows that a form is sent a second time. */
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
