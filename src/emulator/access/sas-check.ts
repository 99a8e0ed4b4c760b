/** Whether a shared access signature opens what a request asks for. The provisioning service and the hub both ask. */
import { withoutPort } from '../../dps/contract/host.js';
import { percentDecoded } from '../../dps/contract/percent-decoded.js';
import { parseSasToken, type SasToken, sasSignatureMatches } from '../../dps/contract/sas.js';
import type { Policy } from '../state/identity.js';

export interface SasRequest {
  /** The value of the Authorization header. */
  authorization: string;
  /** The path of the request. */
  path: string;
  /** The request's Host header: a port that is mapped elsewhere shows only there. */
  host: string | undefined;
}

export interface SasRules {
  policies: readonly Policy[];
  /** The names of the service, in lower case, with and without port. */
  hostNames: readonly string[];
  /** The right that is needed; undefined when any policy will do. */
  right: string | undefined;
  now: Date;
}

/**
 * Source: Microsoft Learn, "Control access to Azure IoT Hub DPS with shared access signatures".
 *
 * @returns why the token does not open it, or undefined when it does; quotes neither the token nor a key
 */
export function sasProblem(request: SasRequest, rules: SasRules): string | undefined {
  const token = parseSasToken(request.authorization);
  if (!token) return 'the Authorization header holds no shared access signature';
  const problem = policyProblem(token, rules);
  if (problem !== undefined) return problem;
  return covers(token.resource, request, rules.hostNames) ? undefined : 'the token is for another resource';
}

/**
 * Whether a token was signed with a policy that grants a right, and is still good.
 *
 * @returns why not, or undefined when it was; quotes neither the token nor a key
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
  const rights = policy.rights.split(',').map((one) => one.trim());
  if (right !== undefined && !rights.includes(right)) {
    return `the policy ${policy.keyName} lacks the right ${right}`;
  }
  return undefined;
}

/** A token opens a host, or what lies below a path of it, segment by segment. */
function covers(resource: string, { path, host }: SasRequest, hostNames: readonly string[]): boolean {
  const [name, ...segments] = resource.toLowerCase().replace(/\/+$/, '').split('/');
  const port = /:\d+$/.exec(host ?? '')?.[0] ?? '';
  const known = hostNames.some((own) => own === name || `${withoutPort(own)}${port}` === name);
  const asked = path.split('/').slice(1);
  // IDs are percent-encoded in the path, and in the token by some clients.
  const readings = (segment = '') => [segment, percentDecoded(segment)].map((one) => one?.toLowerCase());
  return (
    known &&
    segments.every((segment, index) =>
      readings(segment).some((one) => one !== undefined && readings(asked[index]).includes(one)),
    )
  );
}
