/**
 * The emulator as an identity provider: one service principal, and the access tokens that it gets. All secrets are derived
 * from the emulator's own token, so nothing else has to be stored.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a token is for: Azure Resource Manager, the service plane of DPS, or the service side of hubs. */
export type Audience = 'arm' | 'service' | 'hub';

export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
}

/** Microsoft Learn, "Configurable token lifetimes": between 60 and 90 minutes. */
export const tokenLifetimeSeconds = 3600;

/** The one service principal of an emulator. */
export function clientCredentialsOf(armToken: string): ClientCredentials {
  const id = derive(armToken, 'client ID').toString('hex');
  return {
    // RFC 9562 section 5.8: UUID version 8, whose bits are free to choose.
    clientId: `${id.slice(0, 8)}-${id.slice(8, 12)}-8${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`,
    clientSecret: derive(armToken, 'client secret').toString('base64url'),
  };
}

export class AccessTokens {
  readonly #armToken: string;
  readonly #now: () => Date;

  constructor(armToken: string, now: () => Date) {
    this.#armToken = armToken;
    this.#now = now;
  }

  /** Whether these are the emulator's client ID and secret. */
  knows(clientId: string, clientSecret: string): boolean {
    const own = clientCredentialsOf(this.#armToken);
    return sameSecret(clientId.toLowerCase(), own.clientId) && sameSecret(clientSecret, own.clientSecret);
  }

  /** A JSON Web Token, signed with HS256; good for {@link tokenLifetimeSeconds}. */
  issue(audience: Audience, claims: { issuer: string; resource: string }): string {
    const now = Math.floor(this.#now().getTime() / 1000);
    const { clientId } = clientCredentialsOf(this.#armToken);
    const payload = {
      aud: claims.resource,
      iss: claims.issuer,
      ...{ iat: now, nbf: now, exp: now + tokenLifetimeSeconds },
      ...{ appid: clientId, oid: clientId, sub: clientId, tid: 'adfs' },
      opens: audience,
    };
    const signed = [{ typ: 'JWT', alg: 'HS256' }, payload]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${this.#signature(signed)}`;
  }

  /** Whether an Authorization header has the emulator's own token, or one for this audience that has not expired. */
  accepts(authorization: string | undefined, audience: Audience): boolean {
    const token = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return false;
    if (sameSecret(token, this.#armToken)) return true;
    const end = token.lastIndexOf('.');
    const signed = token.slice(0, Math.max(end, 0));
    if (!sameSecret(token.slice(end + 1), this.#signature(signed))) return false;
    const payload = JSON.parse(Buffer.from(signed.split('.')[1]!, 'base64url').toString()) as {
      exp: number;
      opens: Audience;
    };
    return payload.opens === audience && payload.exp * 1000 > this.#now().getTime();
  }

  #signature(signed: string): string {
    return createHmac('sha256', derive(this.#armToken, 'token signing key'))
      .update(signed)
      .digest('base64url');
  }
}

function derive(armToken: string, purpose: string): Buffer {
  return createHmac('sha256', armToken).update(purpose).digest();
}

function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
