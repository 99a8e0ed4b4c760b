/** Microsoft Entra credentials as @azure/identity finds them. It takes 0.35 s to load, so it waits until it is needed. */
import { EnrollkitError } from '../errors.js';
import { redact, redactedCause } from './redact.js';
import type { TokenCredential } from './target.js';

/** The default chain: environment, workload identity, managed identity, and what developers are signed in with. */
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

/** @internal What the chain's failure says, in words: what was tried, and why each did not serve. */
export function noCredentials(failure: unknown): EnrollkitError {
  const { errors = [failure] } = failure as { errors?: unknown[] };
  const options = { cause: redactedCause(failure) };
  const refused = errors
    .map((error) => redact((error as Error).message))
    .find((message) => message.includes('AADSTS'));
  if (refused !== undefined) {
    return new EnrollkitError('NO_CREDENTIALS', `Microsoft Entra refused the credentials: ${refused}`, {
      ...options,
      next: 'Correct what it names (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, or the account of "az login"), then run the same command again.',
    });
  }
  const tried = [
    ...new Set(
      errors.flatMap((error) => /^([A-Z]\w+Credential)\b/.exec((error as Error).message)?.[1] ?? []),
    ),
  ].map((name) => words[name] ?? name);
  return new EnrollkitError(
    'NO_CREDENTIALS',
    `There are no Microsoft Entra credentials here. Tried: ${(tried.length > 0 ? tried : Object.values(words)).join(', ')}.`,
    { ...options, details: { tried } },
  );
}

const words: Record<string, string> = {
  EnvironmentCredential: 'environment variables',
  WorkloadIdentityCredential: 'workload identity',
  ManagedIdentityCredential: 'managed identity',
  VisualStudioCodeCredential: 'Visual Studio Code',
  AzureCliCredential: 'Azure CLI (az login)',
  AzurePowerShellCredential: 'Azure PowerShell (Connect-AzAccount)',
  AzureDeveloperCliCredential: 'Azure Developer CLI (azd auth login)',
  BrokerCredential: 'sign-in broker',
};
