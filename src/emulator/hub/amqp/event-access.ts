/**
 * Who may read events: a back end with a token of a policy that grants `ServiceConnect`. Clients of event hubs sign with the
 * text of the key, those of IoT Hub with the bytes that it stands for.
 *
 * Source: @azure/core-amqp 4.4.2 and azure-iot-amqp-base, how they sign.
 */
import { parseSasToken } from '../../../dps/contract/sas.js';
import { policyProblem } from '../../access/sas-check.js';
import type { Policy } from '../../state/identity.js';
import type { HostedHub } from '../hub.js';

/** A policy whose keys are the text of the keys. */
function withTextKeys(policy: Policy): Policy {
  const text = (key: string) => Buffer.from(key).toString('base64');
  return { ...policy, primaryKey: text(policy.primaryKey), secondaryKey: text(policy.secondaryKey) };
}

/** Whether a token is for the endpoint, and not for the IoT hub: its resource is a URL, or names the event hub. */
export function isEventHubToken(authorization: string, { hubId }: HostedHub): boolean {
  const resource = parseSasToken(authorization)?.resource ?? '';
  return /^[a-z]+:\/\//i.test(resource) || resource.split('/')[1]?.toLowerCase() === hubId;
}

/**
 * @param path below the host, such as `hub-1/ConsumerGroups/$Default/Partitions/0`; a token may be for what begins it.
 *   Undefined when any will do
 * @returns why the token does not grant it, or undefined when it does; quotes neither the token nor a key
 */
export function eventTokenProblem(
  authorization: string,
  path: string | undefined,
  { policies, names }: HostedHub,
  now: Date,
): string | undefined {
  const token = parseSasToken(authorization);
  if (!token) return 'there is no shared access signature';
  const right = 'ServiceConnect';
  const problem = policyProblem(token, { policies, right, now });
  if (problem !== undefined && policyProblem(token, { policies: policies.map(withTextKeys), right, now })) {
    return problem;
  }
  const [host = '', ...segments] = token.resource
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/\/+$/, '')
    .split('/');
  const requested = path?.toLowerCase().split('/');
  const isFor = requested === undefined || segments.every((one, index) => one === requested[index]);
  return names.isCalled(host) && isFor ? undefined : 'the token is for another resource';
}
