/**
 * A device that registers over AMQP: it sends requests to `{idScope}/registrations/{registrationId}`, and receives the
 * replies from there.
 *
 * Source: azure-iot-provisioning-device-amqp 1.9.1. As over MQTT, a device proves who it is when it attaches, and a chain
 * that is unknown is refused by the outcome of its request (logs of MicrosoftLearning/AZ-220). Without certificate and
 * token, Azure ends the connection as it opens (Azure/azure-iot-sdk-c#815). Here it ends with the first link to DPS: until
 * then, it may be one to a hub, which takes tokens later.
 */
import { randomUUID } from 'node:crypto';
import type { Message } from 'rhea';
import { apiVersionProperty, dpsAmqp, parseRegistrationAddress } from '../../../dps/contract/amqp.js';
import { sameId } from '../../../dps/contract/ids.js';
import { parseSasToken } from '../../../dps/contract/sas.js';
import type { RegistrationOperation, RegistrationState } from '../../../dps/contract/schemas.js';
import { AmqpError, conditionOfStatus } from '../../wire/amqp/amqp-error.js';
import { bodyOf, jsonBody, stringOf } from '../../wire/amqp/message.js';
import {
  type AmqpClient,
  type Attached,
  type AttachRequest,
  type Link,
  type Nodes,
  sendReply,
} from '../../wire/amqp/node.js';
import type { EventLog } from '../../wire/events.js';
import type { ServedApiVersions } from '../../wire/served-api-versions.js';
import { readCertificates } from '../attestation/evidence.js';
import { badRequest, DpsError, toDpsError } from '../dps-error.js';
import { parseRegistrationBody } from '../dps-request.js';
import { assertLegalId } from '../registration/legal-id.js';
import type { RegistrationRequest } from '../registration/registration-request.js';
import { outcomeReason } from '../registration/registration-state.js';
import type { Registrations } from '../registration/registrations.js';

export interface DpsNodesOptions {
  registrations: Pick<Registrations, 'register' | 'getOperation' | 'getState' | 'knowsIdScope'>;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  versions: ServedApiVersions;
  now: () => Date;
  log: EventLog;
}

/** Requests that a device may send before the first one is answered. */
const credit = 10;

/** Whether the user name and password of SASL PLAIN can be those of a device: the registration checks the signature. */
export function isDpsUser(userName: string, password: string): boolean {
  return parseRegistrationAddress(userName) !== undefined && parseSasToken(password) !== undefined;
}

/** The nodes of DPS on one connection, which several devices may share. */
export function dpsNodes(client: AmqpClient, options: DpsNodesOptions): Nodes {
  /** The links that receive replies, by registration ID in lower case. */
  const replyLinks = new Map<string, Link>();

  function attach({ address, direction, properties, link }: AttachRequest): Attached {
    const device = { ...deviceAt(address, client), apiVersion: apiVersionOf(properties, options.versions) };
    if (!options.registrations.knowsIdScope(device.idScope)) throw new DpsError('unknownIdScope');
    const key = device.registrationId.toLowerCase();
    if (direction === 'from-client') {
      const answerTo = (message: Message, { operation, call }: Request) =>
        answer(message, { operation, call }, device, replyLinks.get(key), options);
      const requestIn = (message: Message) => requestOf(message, device, options.registrations);
      return {
        credit,
        receive: (message) => answerTo(message, requestIn(message)),
        operationOf: (message) => requestIn(message).operation,
        refuse: (message, error) =>
          answerTo(message, {
            operation: requestIn(message).operation,
            call: async () => {
              throw error;
            },
          }),
        receiveAssigning(message) {
          const { operation, call } = requestIn(message);
          return answerTo(message, {
            operation,
            call: async () => ({ ...toAssigning(await call()) }),
          });
        },
      };
    }
    replyLinks.set(key, link);
    return {
      closed() {
        if (replyLinks.get(key) === link) replyLinks.delete(key);
      },
    };
  }

  return {
    attach(request) {
      try {
        return attach(request);
      } catch (cause) {
        throw toAmqpError(cause, options.now());
      }
    },
  };
}

/** @throws DpsError */
function apiVersionOf(properties: Record<string, unknown>, versions: ServedApiVersions): string {
  const version = properties[apiVersionProperty];
  if (typeof version === 'string' && versions.serves('device', 'amqp', version)) return version;
  throw new DpsError('unknownApiVersion', {
    reason: `the api-version ${JSON.stringify(version ?? '').slice(0, 40)} is not known`,
  });
}

/** @throws DpsError, AmqpError */
function deviceAt(
  address: string,
  { certificates: { chain }, plain }: AmqpClient,
): Omit<RegistrationRequest, 'apiVersion'> {
  const node = parseRegistrationAddress(address);
  if (!node) throw new AmqpError('notFound', 'There is no such node.');
  const { registrationId } = node;
  assertLegalId('registration ID', registrationId);
  if (!plain) {
    if (chain.length === 0)
      throw new DpsError('connectionRefused', { reason: 'no client certificate was presented' });
    readCertificates(registrationId, chain);
    return { ...node, chain, authorization: undefined };
  }
  const user = parseRegistrationAddress(plain.userName);
  if (!user || !sameId(user.registrationId, registrationId) || !sameId(user.idScope, node.idScope)) {
    throw new DpsError('unauthorized', { reason: 'the user of SASL PLAIN is another device' });
  }
  return { ...node, chain, authorization: plain.password };
}

/** @throws AmqpError which rejects the message */
async function answer(
  message: Message,
  { operation, call }: Request,
  device: RegistrationRequest,
  replies: Link | undefined,
  { retryAfter, now, log }: DpsNodesOptions,
): Promise<void> {
  const report = log.for('device', 'amqp');
  const at = now();
  const event = { operation, id: device.registrationId, at };
  try {
    if (!replies) throw new AmqpError('notAllowed', 'Attach a link that receives the answers first.');
    const result = await call();
    const isAssigning = 'operationId' in result && result.status === 'assigning';
    sendReply(replies, {
      correlation_id: message.correlation_id ?? message.message_id,
      content_type: 'application/json',
      application_properties: isAssigning ? retryAfterProperties(retryAfter) : {},
      body: jsonBody(result),
    });
    report({ ...event, status: isAssigning ? 202 : 200, reason: outcomeReason(result) });
  } catch (cause) {
    const error = toAmqpError(cause, at);
    report({ ...event, status: error.status, reason: error.reason });
    throw error;
  }
}

/** What a device finds that is still being assigned. */
function toAssigning(result: RegistrationOperation | RegistrationState): RegistrationOperation {
  return 'operationId' in result
    ? { operationId: result.operationId, status: 'assigning' }
    : (result as never);
}

interface Request {
  /** For the log. */
  operation: string;
  call(): Promise<RegistrationOperation | RegistrationState>;
}

function requestOf(
  message: Message,
  device: RegistrationRequest,
  registrations: DpsNodesOptions['registrations'],
): Request {
  const properties = message.application_properties;
  switch (stringOf(properties, dpsAmqp.operationType)) {
    case dpsAmqp.register:
      return {
        operation: 'register',
        call: async () => registrations.register({ ...device, body: parseRegistrationBody(bodyOf(message)) }),
      };
    case dpsAmqp.getRegistration:
      return {
        operation: 'getRegistrationState',
        call: async () => registrations.getState({ ...device, body: parseRegistrationBody(bodyOf(message)) }),
      };
    case dpsAmqp.getOperation:
      return {
        operation: 'getOperation',
        call: async () => {
          const operationId = stringOf(properties, dpsAmqp.operationId) ?? '';
          return registrations.getOperation({ ...device, operationId });
        },
      };
    default:
      return {
        operation: 'send',
        call: async () => {
          throw badRequest(`The property ${dpsAmqp.operationType} names no operation.`);
        },
      };
  }
}

/**
 * An error as DPS answers it over AMQP: the condition that goes with the status, and the body of the error as description,
 * where the SDK for C# reads the code.
 */
function toAmqpError(cause: unknown, now: Date): AmqpError {
  if (cause instanceof AmqpError) return cause;
  const error = toDpsError(cause);
  const { status, reason, retryAfter } = error;
  return new AmqpError(conditionOfStatus(status), JSON.stringify(error.toBody(randomUUID(), now)), {
    reason,
    info: retryAfter === undefined ? undefined : retryAfterProperties(retryAfter),
    endsConnection: error.kind === 'connectionRefused',
  });
}

function retryAfterProperties(seconds: number): Record<string, string> {
  return Object.fromEntries(dpsAmqp.retryAfter.map((name) => [name, String(seconds)]));
}
