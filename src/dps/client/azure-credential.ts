/**
 * Microsoft Entra credentials: those of @azure/identity where it is installed, and otherwise the account that is signed
 * in to the Azure CLI. @azure/identity is 41 MB that few need, and loading it takes 0.35 s.
 */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { azureCliToken } from './azure-cli-token.js';
import { redact, redactedCause } from './redact.js';

/** The part of @azure/core-auth's TokenCredential that enrollkit uses. Times are milliseconds since 1970. */
export interface TokenCredential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/**
 * The default chain of @azure/identity (environment, workload identity, managed identity, developer tools), or the Azure
 * CLI alone where that package is not installed.
 */
export function azureCredential(): TokenCredential {
  let chain: Promise<TokenCredential> | undefined;
  return {
    /** @throws EnrollkitError NO_CREDENTIALS, NETWORK */
    async getToken(scopes, options) {
      chain ??= defaultChain();
      try {
        return await (await chain).getToken(scopes, options);
      } catch (failure) {
        if ((failure as Error).name === 'AbortError' || failure instanceof EnrollkitError) throw failure;
        throw noCredentials(failure);
      }
    },
  };
}

async function defaultChain(): Promise<TokenCredential> {
  try {
    const { DefaultAzureCredential } = await import('@azure/identity');
    return new DefaultAzureCredential();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes('@azure/identity')) throw cause;
    return azureCliOnly(cause);
  }
}

/** What only @azure/identity can use. Source: its documentation, "Environment variables". */
const otherSources = [
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_FEDERATED_TOKEN_FILE',
  'IDENTITY_ENDPOINT',
  'MSI_ENDPOINT',
];

/** As @azure/core-rest-pipeline renews tokens. */
const renewedBeforeMs = 2 * 60_000;

/** Whoever sets up another source of credentials does not want those of the Azure CLI instead. */
function azureCliOnly(cause: unknown): TokenCredential {
  const { identityMissing, installIdentity, loginOrInstallIdentity } = sentences.dpsClient;
  // By scope: each client asks, and az takes a second.
  const tokens = new Map<string, { token: string; expiresOnTimestamp: number }>();
  return {
    async getToken(scopes, options: { abortSignal?: AbortSignal } = {}) {
      const variable = otherSources.find((name) => process.env[name]);
      if (variable !== undefined) {
        throw new EnrollkitError('NO_CREDENTIALS', identityMissing(variable), {
          next: installIdentity,
          cause,
        });
      }
      const scope = [scopes].flat()[0]!;
      const earlier = tokens.get(scope);
      if (earlier && earlier.expiresOnTimestamp - Date.now() > renewedBeforeMs) return earlier;
      try {
        const token = await azureCliToken(scope, options.abortSignal);
        tokens.set(scope, token);
        return token;
      } catch (failure) {
        if ((failure as Error).name === 'AbortError') throw failure;
        throw noCredentials(failure, loginOrInstallIdentity);
      }
    },
  };
}

/**
 * Explains the chain's failure: what was tried, and why each source failed.
 *
 * @param next what to do if no source has credentials; by default what the code says
 */
export function noCredentials(failure: unknown, next?: string): EnrollkitError {
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
    ...(next === undefined ? {} : { next }),
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
