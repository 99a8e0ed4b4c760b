/**
 * A token endpoint in the style of AD FS, which MSAL accepts from any host: OpenID configuration, and OAuth 2.0 client
 * credentials (RFC 6749 section 4.4).
 */
import type { EventLog } from '../wire/events.js';
import type { PlainRoute } from '../wire/http/http-app.js';
import type { HttpReply } from '../wire/http/operation.js';
import { HttpRefusal } from '../wire/http/refusal.js';
import type { HttpRequest } from '../wire/http/request.js';
import type { HostNames } from '../wire/network/host-names.js';
import { type AccessTokens, type Audience, tokenLifetimeSeconds } from './access-tokens.js';

export interface TokenEndpointOptions {
  tokens: AccessTokens;
  names: HostNames;
  log: EventLog;
}

/** @azure/identity asks below the authority's host, the az CLI below an authority that itself ends with `/adfs`. */
const authorities = ['/adfs', '/adfs/adfs'];

const audiences: Record<string, Audience> = {
  'management.azure.com': 'arm',
  'management.core.windows.net': 'arm',
  'azure-devices-provisioning.net': 'service',
  'iothubs.azure.net': 'hub',
};

const maxFormBytes = 96 * 1024;

/** An error of RFC 6749 section 5.2. */
interface TokenError {
  status: 400 | 401 | 413;
  error: string;
  reason: string;
}

/** The routes of the token endpoint, below both of its authorities. */
export function tokenEndpoint({ tokens, names, log }: TokenEndpointOptions): PlainRoute[] {
  const report = log.for('arm', 'https');

  function refuse({ status, error, reason }: TokenError): HttpReply {
    report({ operation: 'getToken', status, reason });
    return { status, body: { error, error_description: reason }, headers: { 'cache-control': 'no-store' } };
  }

  async function answer(request: HttpRequest, issuer: string): Promise<HttpReply> {
    const form = await readForm(request);
    if (!(form instanceof URLSearchParams)) return refuse(form);
    if (form.get('grant_type') !== 'client_credentials') {
      return refuse({
        status: 400,
        error: 'unsupported_grant_type',
        reason: 'This emulator grants client_credentials only.',
      });
    }
    if (!tokens.knows(form.get('client_id') ?? '', form.get('client_secret') ?? '')) {
      return refuse({
        status: 401,
        error: 'invalid_client',
        reason: 'The client ID or the client secret is not that of this emulator.',
      });
    }
    const resource = resourceOf(form);
    const audience = audienceOf(resource, names.aliases);
    if (audience === undefined) {
      return refuse({
        status: 400,
        error: 'invalid_resource',
        reason: `This emulator has no resource ${JSON.stringify(resource.slice(0, 200))}.`,
      });
    }
    report({ operation: 'getToken', status: 200 });
    return {
      status: 200,
      body: {
        token_type: 'Bearer',
        expires_in: tokenLifetimeSeconds,
        access_token: tokens.issue(audience, { issuer, resource }),
      },
      headers: { 'cache-control': 'no-store' },
    };
  }

  return authorities.flatMap((authority): PlainRoute[] => {
    const issuer = () => `https://${names.https}${authority}`;
    return [
      {
        route: { method: 'GET', path: `${authority}/.well-known/openid-configuration` },
        handle: () => ({
          status: 200,
          body: {
            issuer: issuer(),
            authorization_endpoint: `${issuer()}/oauth2/authorize`,
            token_endpoint: `${issuer()}/oauth2/token`,
            jwks_uri: `${issuer()}/discovery/keys`,
            grant_types_supported: ['client_credentials'],
            token_endpoint_auth_methods_supported: ['client_secret_post'],
          },
        }),
      },
      {
        // The tokens are signed with a secret, so there is no public key.
        route: { method: 'GET', path: `${authority}/discovery/keys` },
        handle: () => ({ status: 200, body: { keys: [] } }),
      },
      {
        route: { method: 'POST', path: `${authority}/oauth2/token` },
        handle: (request) => answer(request, issuer()),
      },
    ];
  });
}

async function readForm(request: HttpRequest): Promise<URLSearchParams | TokenError> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.header('content-type') ?? '')) {
    return { status: 400, error: 'invalid_request', reason: 'the body is no form' };
  }
  try {
    return new URLSearchParams((await request.bytes(maxFormBytes)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof HttpRefusal)) throw error;
    const status = error.kind === 'payloadTooLarge' ? 413 : 400;
    return { status, error: 'invalid_request', reason: error.reason };
  }
}

/** What the token is for: the scope, which ends with `/.default`, or the resource, as AD FS calls it. */
function resourceOf(form: URLSearchParams): string {
  const scopes = (form.get('scope') ?? '').split(' ');
  const scope = scopes.find((one) => one.endsWith('/.default'));
  return (scope?.slice(0, -'/.default'.length) ?? form.get('resource') ?? '').replace(/\/+$/, '');
}

/** The emulator's own address stands for Azure Resource Manager, as in a private cloud. */
function audienceOf(resource: string, ownNames: readonly string[]): Audience | undefined {
  const host = /^https:\/\/([^/]+)$/i.exec(resource)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(audiences, host) ? audiences[host] : ownNames.includes(host) ? 'arm' : undefined;
}
