/** Request credentials: a new shared access signature per request, and Microsoft Entra bearer tokens. */

import { bearerTokenAuthenticationPolicy, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { ConnectionString } from '../contract/connection-string.js';
import { createSasToken } from '../contract/sas.js';
import type { TokenCredential } from './azure-credential.js';

/** As in the official SDKs. */
const sasLifetimeSeconds = 3600;

/** Signs each request with the key of a shared access policy. */
export function sasPolicy(
  { hostName, sharedAccessKeyName, sharedAccessKey }: ConnectionString,
  now: () => Date,
): PipelinePolicy {
  return {
    name: 'sharedAccessSignature',
    sendRequest(request, next) {
      const expiry = Math.floor(now().getTime() / 1000) + sasLifetimeSeconds;
      request.headers.set(
        'authorization',
        createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry),
      );
      return next(request);
    },
  };
}

/**
 * Adds a bearer token to each request; tokens are cached until shortly before they expire.
 *
 * @param scope for example `https://management.azure.com/.default`
 */
export function bearerPolicy(credential: TokenCredential, scope: string): PipelinePolicy {
  return bearerTokenAuthenticationPolicy({
    scopes: scope,
    credential: {
      async getToken(scopes, options) {
        const token = await credential.getToken(scopes, options);
        if (token) return token;
        throw new EnrollkitError('NO_CREDENTIALS', sentences.dpsClient.noToken(scope));
      },
    },
  });
}
