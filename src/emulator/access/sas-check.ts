/** Whether a shared access signature grants what a request asks for, at a provisioning service or a hub. */
import { withoutPort } from '../../dps/contract/host.js';
import { percentDecoded } from '../../dps/contract/percent-decoded.js';
import { parseSasToken, type SasToken, sasSignatureMatches } from '../../dps/contract/sas.js';
import type { Policy } from '../state/identity.js';

export interface SasRequest {
  /** The value of the Authorization header. */
  authorization: string;
  /** The path of the request. */
  path: string;
  /** The host that the request names: a mapped port is seen only there. */
  host: string | undefined;
}

export interface SasRules {
  policies: readonly Policy[];
  /** The names of the service or hub, in lower case, with and without port. */
  hostNames: readonly string[];
  /** The right that the policy must have; undefined when any policy will do. */
  right: string | undefined;
  now: Date;
}

/**
 * Source: Microsoft Learn, "Control access to Azure IoT Hub DPS with shared access signatures".
 *
 * @returns why the token does not grant it, or undefined when it does; quotes neither the token nor a key
 */
export function sasProblem(request: SasRequest, rules: SasRules): string | undefined {
  const token = parseSasToken(request.authorization);
  if (!token) return 'the Authorization header holds no shared access signature';
  const problem = policyProblem(token, rules);
  if (problem !== undefined) return problem;
  return covers(token.resource, request, rules.hostNames) ? undefined : 'the token is for another resource';
}

/**
 * Whether a token was signed with a policy that grants a right, and has not expired.
 *
 * @returns why not, or undefined when it is good; quotes neither the token nor a key
 */
export function policyProblem(
  token: SasToken,
  { policies, right, now }: Pick<SasRules, 'policies' | 'right' | 'now'>,
): string | undefined {
  const policy = policies.find(({ keyName }) => keyName.toLowerCase() === token.policyName.toLowerCase());
  if (!policy) return 'there is no shared access policy of this name';
  const signed = [policy.primaryKey, policy.secondaryKey].some((key) => sasSignatureMatches(token, key));
  if (!signed) return 'the signature does not match';
  if (token.expiry * 1000 < now.getTime()) return 'the token has expired';
  if (right !== undefined && !holdsRight(policy, right)) {
    return `the policy ${policy.keyName} lacks the right ${right}`;
  }
  return undefined;
}

/**
 * The rights that others hold. That the right to write holds the right to read is recorded: the policies of owners name no
 * right to read (Azure/azure-cli, Azure/azure-powershell). That EnrollmentWrite holds those on registration records is
 * inferred: the owner of a provisioning service reads and deletes them, and has no other right that could hold them.
 */
const holders: Readonly<Record<string, readonly string[]>> = {
  EnrollmentRead: ['EnrollmentWrite'],
  RegistrationStatusRead: ['RegistrationStatusWrite', 'EnrollmentWrite'],
  RegistrationStatusWrite: ['EnrollmentWrite'],
  RegistryRead: ['RegistryWrite'],
};

/** Whether a policy grants a right, by itself or by another that holds it. */
export function holdsRight({ rights }: Policy, right: string): boolean {
  const given = rights.split(',').map((one) => one.trim());
  return [right, ...(holders[right] ?? [])].some((one) => given.includes(one));
}

/** Whether a token covers a path: it is for a host, or for everything below a path of the host, segment by segment. */
function covers(resource: string, { path, host }: SasRequest, hostNames: readonly string[]): boolean {
  const [name, ...segments] = resource.toLowerCase().replace(/\/+$/, '').split('/');
  const port = /:\d+$/.exec(host ?? '')?.[0] ?? '';
  const isKnownHost = hostNames.some((own) => own === name || `${withoutPort(own)}${port}` === name);
  const requested = path.split('/').slice(1);
  // IDs are percent-encoded in the path; some clients encode them in the token too.
  const readings = (segment = '') => [segment, percentDecoded(segment)].map((one) => one?.toLowerCase());
  return (
    isKnownHost &&
    segments.every((segment, index) =>
      readings(segment).some((one) => one !== undefined && readings(requested[index]).includes(one)),
    )
  );
}
