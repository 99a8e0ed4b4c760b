/**
 * A device that registers over AMQP: it sends requests to `{idScope}/registrations/{registrationId}`, and receives the
 * answers from there.
 *
 * Source: azure-iot-provisioning-device-amqp 1.9.1. As over MQTT, whether a chain is known is asked when the device
 * registers; for whom it speaks, when it attaches.
 */
import type { Message } from 'rhea';
import { apiVersionProperty, dpsAmqp, parseRegistrationAddress } from '../../../dps/contract/amqp.js';
import { isKnownApiVersion } from '../../../dps/contract/api-versions.js';
import { sameId } from '../../../dps/contract/ids.js';
import { parseSasToken } from '../../../dps/contract/sas.js';
import { AmqpError, answerNotTaken, toAmqpError } from '../../wire/amqp/amqp-error.js';
import { bodyOf, jsonBody, stringOf } from '../../wire/amqp/message.js';
import type { AmqpClient, Attached, AttachRequest, Link, Nodes } from '../../wire/amqp/node.js';
import type { EmulatorLog } from '../../wire/events.js';
import { parseRegistrationRequest } from '../../wire/json-text.js';
import { readCertificates } from '../attestation/evidence.js';
import { DpsError } from '../dps-error.js';
import { assertLegalId } from '../registration/legal-id.js';
import type { RegistrationRequest } from '../registration/registration-request.js';
import type { Registrations } from '../registration/registrations.js';

export interface DpsNodesOptions {
  registrations: Pick<Registrations, 'register' | 'getOperation' | 'getState'>;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  now: () => Date;
  log: EmulatorLog;
}

/** Requests that a device may send before the first is answered. */
const credit = 10;

/** Whether a user name and password of SASL PLAIN may be those of a device: the registration looks at the signature. */
export function isDpsUser(userName: string, password: string): boolean {
  return parseRegistrationAddress(userName) !== undefined && parseSasToken(password) !== undefined;
}

export function dpsNodes(client: AmqpClient, options: DpsNodesOptions): Nodes {
  /** Where the answers go, by registration ID in lower case. */
  const answers = new Map<string, Link>();
  return {
    attach({ address, direction, properties, link }: AttachRequest): Attached {
      const device = { ...deviceAt(address, client), apiVersion: apiVersionOf(properties) };
      const key = device.registrationId.toLowerCase();
      if (direction === 'from-client') {
        return { credit, receive: (message) => answerRequest(message, device, answers.get(key), options) };
      }
      answers.set(key, link);
      return {
        closed() {
          if (answers.get(key) === link) answers.delete(key);
        },
      };
    },
  };
}

/** @throws DpsError */
function apiVersionOf(properties: Record<string, unknown>): string {
  const version = properties[apiVersionProperty];
  if (typeof version === 'string' && isKnownApiVersion('device', version)) return version;
  throw new DpsError('unknownApiVersion', {
    reason: `the api-version ${JSON.stringify(version ?? '').slice(0, 40)} is not known`,
  });
}

/** @throws DpsError, AmqpError */
function deviceAt(address: string, { chain, plain }: AmqpClient): Omit<RegistrationRequest, 'apiVersion'> {
  const node = parseRegistrationAddress(address);
  if (!node) throw new AmqpError('notFound', 'There is no such node.');
  const { registrationId } = node;
  assertLegalId('registration ID', registrationId);
  if (!plain) {
    readCertificates(registrationId, chain);
    return { ...node, chain, authorization: undefined };
  }
  const user = parseRegistrationAddress(plain.userName);
  if (!user || !sameId(user.registrationId, registrationId) || !sameId(user.idScope, node.idScope)) {
    throw new DpsError('unauthorized', { reason: 'the user of SASL PLAIN is another device' });
  }
  return { ...node, chain, authorization: plain.password };
}

async function answerRequest(
  message: Message,
  device: RegistrationRequest,
  answers: Link | undefined,
  options: DpsNodesOptions,
): Promise<void> {
  const { retryAfter, now, log } = options;
  const at = now();
  const { operation, call } = requestOf(message, device, options);
  const event = {
    at: at.toISOString(),
    plane: 'device',
    transport: 'amqp',
    operation,
    id: device.registrationId,
  } as const;
  try {
    if (!answers) throw new AmqpError('notAllowed', 'Attach a link that receives the answers first.');
    const result = await call();
    const assigning = 'operationId' in result && result.status === 'assigning';
    const sent = answers.send({
      correlation_id: message.correlation_id ?? message.message_id,
      content_type: 'application/json',
      application_properties: assigning
        ? Object.fromEntries(dpsAmqp.retryAfter.map((name) => [name, String(retryAfter)]))
        : {},
      body: jsonBody(result),
    } as Message);
    if (!sent) throw answerNotTaken();
    log({ ...event, status: assigning ? 202 : 200 });
  } catch (cause) {
    const error = toAmqpError(cause, at);
    log({ ...event, status: error.status, reason: error.reason });
    throw error;
  }
}

function requestOf(message: Message, device: RegistrationRequest, { registrations }: DpsNodesOptions) {
  const properties = message.application_properties;
  const type = stringOf(properties, dpsAmqp.operationType) ?? '';
  switch (type) {
    case dpsAmqp.register:
      return {
        operation: 'register',
        call: async () =>
          registrations.register({ ...device, body: parseRegistrationRequest(bodyOf(message)) }),
      };
    case dpsAmqp.getRegistration:
      return {
        operation: 'getRegistrationState',
        call: async () =>
          registrations.getState({ ...device, body: parseRegistrationRequest(bodyOf(message)) }),
      };
    case dpsAmqp.getOperation:
      return {
        operation: 'getOperation',
        call: async () =>
          registrations.getOperation({
            ...device,
            operationId: stringOf(properties, dpsAmqp.operationId) ?? '',
          }),
      };
    default:
      return {
        operation: 'send',
        call: async () => {
          throw new DpsError('badRequest', {
            message: `The property ${dpsAmqp.operationType} names no operation.`,
          });
        },
      };
  }
}
