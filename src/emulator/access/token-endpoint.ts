/**
 * A token endpoint in the style of AD FS, which is the style that MSAL takes from any host: OpenID configuration, and
 * OAuth 2.0 client credentials (RFC 6749 section 4.4).
 */
import type { IncomingMessage } from 'node:http';
import { type Context, Hono } from 'hono';
import { DpsError } from '../dps/dps-error.js';
import type { EmulatorLog } from '../wire/events.js';
import type { Bindings } from '../wire/http/app.js';
import { readBytes } from '../wire/http/body.js';
import type { HostNames } from '../wire/network/host-names.js';
import { type AccessTokens, type Audience, tokenLifetimeSeconds } from './access-tokens.js';

export interface TokenEndpointOptions {
  tokens: AccessTokens;
  names: HostNames;
  now: () => Date;
  log: EmulatorLog;
}

/** @azure/identity asks below the authority's host, the az CLI below an authority that ends with `/adfs` itself. */
const authorities = ['/adfs', '/adfs/adfs'];

const audiences: Record<string, Audience> = {
  'management.azure.com': 'arm',
  'management.core.windows.net': 'arm',
  'azure-devices-provisioning.net': 'service',
  'iothubs.azure.net': 'hub',
};

export function tokenEndpoint({ tokens, names, now, log }: TokenEndpointOptions): Hono<Bindings> {
  const app = new Hono<Bindings>();

  /** RFC 6749 section 5.2. */
  function refuse(context: Context<Bindings>, status: 400 | 401 | 413, error: string, reason: string) {
    note(status, reason);
    return context.json({ error, error_description: reason }, status, { 'cache-control': 'no-store' });
  }

  function note(status: number, reason?: string) {
    const event = {
      at: now().toISOString(),
      plane: 'arm',
      transport: 'https',
      operation: 'getToken',
      status,
    } as const;
    log(reason === undefined ? event : { ...event, reason });
  }

  for (const authority of authorities) {
    const base = () => `https://${names.https}${authority}`;

    app.get(`${authority}/.well-known/openid-configuration`, (context) =>
      context.json({
        issuer: base(),
        authorization_endpoint: `${base()}/oauth2/authorize`,
        token_endpoint: `${base()}/oauth2/token`,
        jwks_uri: `${base()}/discovery/keys`,
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      }),
    );

    // The tokens are signed with a secret: there is no public key to be had.
    app.get(`${authority}/discovery/keys`, (context) => context.json({ keys: [] }));

    app.post(`${authority}/oauth2/token`, async (context) => {
      let form: URLSearchParams;
      try {
        form = await readForm(context.env.incoming);
      } catch (error) {
        if (!(error instanceof DpsError)) throw error;
        const status = error.status === 413 ? 413 : 400;
        return refuse(context, status, 'invalid_request', error.reason);
      }
      const grant = form.get('grant_type') ?? '';
      if (grant !== 'client_credentials') {
        const sentence = 'This emulator grants client_credentials only.';
        return refuse(context, 400, 'unsupported_grant_type', sentence);
      }
      if (!tokens.knows(form.get('client_id') ?? '', form.get('client_secret') ?? '')) {
        return refuse(
          context,
          401,
          'invalid_client',
          'The client ID or the client secret is not that of this emulator.',
        );
      }
      const resource = resourceOf(form);
      const audience = audienceOf(resource, names.aliases);
      if (audience === undefined) {
        return refuse(
          context,
          400,
          'invalid_resource',
          `This emulator has no resource ${JSON.stringify(resource.slice(0, 200))}.`,
        );
      }
      note(200);
      const access_token = tokens.issue(audience, { issuer: base(), resource });
      return context.json({ token_type: 'Bearer', expires_in: tokenLifetimeSeconds, access_token }, 200, {
        'cache-control': 'no-store',
      });
    });
  }
  return app;
}

async function readForm(incoming: IncomingMessage): Promise<URLSearchParams> {
  const type = incoming.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    throw new DpsError('unsupportedMediaType', { reason: 'the body is no form' });
  }
  return new URLSearchParams((await readBytes(incoming)).toString('utf8'));
}

/** What the token is for: by its scope, which ends with `/.default`, or by its name, as AD FS has it. */
function resourceOf(form: URLSearchParams): string {
  const scopes = (form.get('scope') ?? '').split(' ');
  const scope = scopes.find((one) => one.endsWith('/.default'));
  return (scope?.slice(0, -'/.default'.length) ?? form.get('resource') ?? '').replace(/\/+$/, '');
}

/** The emulator's own address stands for Azure Resource Manager, as in clouds of one's own. */
function audienceOf(resource: string, ownNames: readonly string[]): Audience | undefined {
  const host = /^https:\/\/([^/]+)$/i.exec(resource)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(audiences, host) ? audiences[host] : ownNames.includes(host) ? 'arm' : undefined;
}
