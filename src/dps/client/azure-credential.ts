/** Microsoft Entra credentials from @azure/identity, which is loaded on demand because that takes 0.35 s. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { redact, redactedCause } from './redact.js';

/** The part of @azure/core-auth's TokenCredential that enrollkit uses. Times are milliseconds since 1970. */
export interface TokenCredential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/** The default chain: environment, workload identity, managed identity, and developer tools. */
export function azureCredential(): TokenCredential {
  let chain: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      chain ??= import('@azure/identity').then(({ DefaultAzureCredential }) => new DefaultAzureCredential());
      try {
        return await (await chain).getToken(scopes, options);
      } catch (failure) {
        if ((failure as Error).name === 'AbortError') throw failure;
        throw noCredentials(failure);
      }
    },
  };
}

/** Explains the chain's failure: what was tried, and why each source failed. */
export function noCredentials(failure: unknown): EnrollkitError {
  const { errors = [failure] } = failure as { errors?: unknown[] };
  const messages = errors.map((error) => redact((error as Error).message));
  const cause = redactedCause(failure);
  const refused = messages.find((message) => message.includes('AADSTS'));
  if (refused !== undefined) {
    return new EnrollkitError('NO_CREDENTIALS', sentences.dpsClient.entraRefused(refused), {
      cause,
      next: sentences.dpsClient.correctEntra,
    });
  }
  // A source of credentials was found but could not be reached.
  if (errors.length === 1 && messages[0]!.includes('network_error')) {
    return new EnrollkitError('NETWORK', sentences.dpsClient.entraUnreachable, {
      cause,
      next: sentences.dpsClient.goOnline,
    });
  }
  const tried = messages.flatMap((message) => {
    const source = sources.find(({ pattern }) => pattern.test(message));
    return source ? [`${source.name} (${reasonOf(message)})`] : [];
  });
  return new EnrollkitError('NO_CREDENTIALS', sentences.dpsClient.noEntraCredentials(tried), {
    cause,
    context: { tried },
  });
}

/** The sources of the default chain, by their error messages. */
const sources: readonly { pattern: RegExp; name: string }[] = [
  { pattern: /EnvironmentCredential/, name: sentences.dpsClient.environmentVariables },
  { pattern: /WorkloadIdentityCredential/, name: sentences.dpsClient.workloadIdentity },
  { pattern: /ManagedIdentityCredential/, name: sentences.dpsClient.managedIdentity },
  { pattern: /Visual Studio Code/, name: 'Visual Studio Code' },
  { pattern: /Azure Developer CLI|azd auth/i, name: 'Azure Developer CLI' },
  { pattern: /Azure CLI|az login/i, name: 'Azure CLI' },
  { pattern: /PowerShell/i, name: 'Azure PowerShell' },
];

function reasonOf(message: string): string {
  if (/n.t be found|unable to execute|ensure that it is installed/i.test(message))
    return sentences.dpsClient.notInstalled;
  if (/please run|log ?in/i.test(message)) return sentences.dpsClient.notSignedIn;
  if (/network/i.test(message)) return sentences.dpsClient.notReachable;
  return sentences.dpsClient.noCredentials;
}
