/** The namespace of Azure Device Registry that a command works with, in an account. */
import type { NamespaceScope } from '../../dps/client/device-registry.js';
import { scopeOf } from '../../dps/client/resource-manager.js';
import type {
  CertificateAuthority,
  CertificatePolicy,
  RegistryNamespace,
} from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type Account, ofAllSubscriptions, sameName } from './account.js';

/** The namespaces of an account. */
export function namespacesOf(account: Account, signal: AbortSignal): Promise<RegistryNamespace[]> {
  return ofAllSubscriptions(account, (scope) => account.registry.listNamespaces(scope, { signal }));
}

export interface FoundNamespace {
  namespace: RegistryNamespace;
  scope: NamespaceScope;
}

/** @throws EnrollkitError NOT_FOUND; NEEDS_INPUT without a name, and when several resource groups have one of it */
export async function requireNamespace(
  account: Account,
  name: string | undefined,
  signal: AbortSignal,
): Promise<FoundNamespace> {
  if (name === undefined)
    throw missing(sentences.cliRegistry.whichNamespace, sentences.cliRegistry.listNamespaces);
  const found = (await namespacesOf(account, signal)).filter((one) => sameName(one.name, name));
  const [namespace] = found;
  if (namespace === undefined) {
    throw new EnrollkitError('NOT_FOUND', sentences.cliRegistry.noNamespace(name), {
      next: sentences.cliRegistry.listNamespaces,
    });
  }
  if (found.length > 1) {
    const groups = found.map(({ id }) => scopeOf(id).resourceGroup);
    throw new EnrollkitError('NEEDS_INPUT', sentences.cliRegistry.severalNamespaces(name, groups), {
      next: sentences.cliRegistry.nameResourceGroup,
    });
  }
  return { namespace, scope: { ...scopeOf(namespace.id), namespaceName: namespace.name } };
}

/** @throws EnrollkitError NOT_FOUND; NEEDS_INPUT without a name */
export async function requireAuthority(
  { registry }: Account,
  scope: NamespaceScope,
  name: string | undefined,
  signal: AbortSignal,
): Promise<CertificateAuthority> {
  const list = sentences.cliRegistry.listAuthorities(scope.namespaceName);
  if (name === undefined) throw missing(sentences.cliRegistry.whichAuthority, list);
  const found = await registry.getAuthority(scope, name, { signal });
  if (found) return found;
  throw new EnrollkitError('NOT_FOUND', sentences.cliRegistry.noAuthority(name, scope.namespaceName), {
    next: list,
  });
}

export interface FoundPolicy {
  policy: CertificatePolicy;
  authority: CertificateAuthority;
}

/** @throws EnrollkitError NOT_FOUND; NEEDS_INPUT without the name of the certificate authority */
export async function requirePolicy(
  account: Account,
  scope: NamespaceScope,
  authorityName: string | undefined,
  name: string,
  signal: AbortSignal,
): Promise<FoundPolicy> {
  const authority = await requireAuthority(account, scope, authorityName, signal);
  const policy = await account.registry.getPolicy(scope, authority.name, name, { signal });
  if (policy) return { policy, authority };
  const { notFound, listThem } = sentences.cliRegistry.policy;
  throw new EnrollkitError('NOT_FOUND', notFound(name, authority.name), {
    next: listThem(scope.namespaceName),
  });
}

function missing(what: string, next: string): EnrollkitError {
  return new EnrollkitError('NEEDS_INPUT', what, { next });
}
