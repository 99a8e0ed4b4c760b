/**
 * The Event Hub-compatible endpoint of a hub: back ends read events from `{entity}/ConsumerGroups/{group}/Partitions/{id}`,
 * and runtime information from `$management`.
 *
 * Source: Microsoft Learn, "Read device-to-cloud messages from the built-in endpoint"; @azure/event-hubs 6.0.4 and
 * azure-eventhub for Python. For refusals: Azure/azure-event-hubs-node#159 and #187, Azure/azure-event-hubs-python#13,
 * Azure/azure-uamqp-c#231.
 */
import { type EventHubAddress, eventHubAmqp, parseEventHubAddress } from '../../../dps/contract/event-hub.js';
import { holdsRight } from '../../access/sas-check.js';
import { AmqpError } from '../../wire/amqp/amqp-error.js';
import type { AmqpClient, Attached, AttachRequest } from '../../wire/amqp/node.js';
import type { Report } from '../../wire/events.js';
import type { PartitionState, StartingPoint } from '../event-hub/events.js';
import { partitionIndex } from '../event-hub/partitions.js';
import type { HostedHub } from '../hub.js';
import { eventTokenProblem } from './event-access.js';
import { managementNode, unknownPartition } from './event-management.js';
import { readEvents } from './event-reading.js';
import { parseSelector } from './event-selector.js';

export interface EventHubNodesOptions {
  hub: HostedHub;
  client: AmqpClient;
  /** The tokens that the client has put, of any kind. */
  tokens: () => readonly string[];
  now: () => Date;
  report: Report;
  /** Milliseconds after which a reader that gives no credit is ended. */
  idleReaderTimeout: number;
}

export interface EventHubNodes {
  /** Takes a token for the endpoint. @returns why it is refused, or undefined when it is good */
  problemOf(authorization: string): string | undefined;
  /** Undefined for an address that is none of the endpoint. */
  find(address: string): EventHubAddress | undefined;
  /** @throws AmqpError which refuses the link */
  attach(address: EventHubAddress, request: AttachRequest): Attached;
}

/**
 * Whether the user name and password of SASL PLAIN can be a policy and its key: attaching a link checks the key.
 *
 * Source: Microsoft Learn, "AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide", SASL PLAIN.
 */
export function isEventHubUser(userName: string, password: string): boolean {
  return /^[^@/]+$/.test(userName) && /^[A-Za-z0-9+/]{20,}={0,2}$/.test(password);
}

/** The endpoint on one connection. */
export function eventHubNodes(options: EventHubNodesOptions): EventHubNodes {
  const { hub: hosted, client, tokens, now, report, idleReaderTimeout } = options;
  const { hub, hubId: entity, names, policies } = hosted;
  const { events, consumerGroups, readers } = hub.eventHub;

  const problemOf = (authorization: string, path?: string) =>
    eventTokenProblem(authorization, path, hosted, now());

  /** With SASL PLAIN: a policy and its key. */
  function isPolicyUser(): boolean {
    const { userName, password } = client.plain ?? {};
    return policies.some(
      (policy) =>
        policy.keyName.toLowerCase() === userName?.toLowerCase() &&
        [policy.primaryKey, policy.secondaryKey].includes(password ?? '') &&
        holdsRight(policy, 'ServiceConnect'),
    );
  }

  /** @throws AmqpError unauthorizedAccess */
  function assertAuthorized(path: string): void {
    const problems = tokens().map((token) => problemOf(token, path));
    if (problems.includes(undefined) || isPolicyUser()) return;
    throw new AmqpError(
      'unauthorizedAccess',
      `Unauthorized access. 'Listen' claim(s) are required to perform this operation. Resource: 'sb://${names.host}/${path}'.`,
      { reason: problems.at(-1) ?? 'no token was put' },
    );
  }

  function assertEntity(name: string, path: string): void {
    if (name.toLowerCase() !== entity) throw notFound(path);
  }

  function notFound(path: string): AmqpError {
    return new AmqpError('notFound', `The messaging entity 'sb://${names.host}/${path}' could not be found.`);
  }

  function attachReader(
    { entity: named, consumerGroup, partition: partitionId }: Extract<EventHubAddress, { kind: 'reader' }>,
    { direction, properties, filters, desiredCapabilities = [], link }: AttachRequest,
  ): Attached {
    const path = `${named}/ConsumerGroups/${consumerGroup}/Partitions/${partitionId}`;
    assertAuthorized(path);
    assertEntity(named, path);
    if (direction !== 'to-client') throw notSent(path);
    const group = consumerGroups.get(consumerGroup);
    if (group === undefined) throw notFound(path);
    const partition = partitionIndex(partitionId);
    if (partition === undefined) throw unknownPartition();
    const point = parseSelector(filters?.get(eventHubAmqp.selectorFilter));
    const after = events.startAt(partition, point);
    if (after === undefined) throw pastTheEnd(point, events.state(partition));
    return readEvents(link, {
      events,
      partition,
      after,
      readers,
      consumerGroup: group.name,
      epoch: epochOf(properties),
      name: String(properties[eventHubAmqp.receiverName] ?? 'nil').slice(0, 64),
      showsLastEvent: desiredCapabilities.includes(eventHubAmqp.runtimeMetric),
      assertAuthorized: () => assertAuthorized(path),
      now,
      report: (outcome) => report({ ...outcome, id: `${group.name}/${partitionId}` }),
      idleTimeout: idleReaderTimeout,
    });
  }

  function redirect(path: string): AmqpError {
    const { host, ports } = names;
    return new AmqpError('linkRedirect', 'Read from the Event Hub-compatible endpoint.', {
      info: {
        hostname: host,
        'network-host': host,
        port: ports.amqp,
        address: `amqps://${host}:${ports.amqp}/${entity}/${path}`,
      },
    });
  }

  function notSent(path: string): AmqpError {
    return new AmqpError(
      'unauthorizedAccess',
      `Unauthorized access. 'Send' claim(s) are required to perform this operation. Resource: 'sb://${names.host}/${path}'.`,
      { reason: 'nothing is sent to the Event Hub-compatible endpoint of a hub' },
    );
  }

  const management = managementNode({
    entity,
    host: names.host,
    created: hosted.created,
    events,
    report: (outcome) => report({ ...outcome, id: '' }),
    assertAuthorized: () => assertAuthorized(`${entity}/$management`),
  });

  return {
    problemOf: (authorization) => problemOf(authorization),
    find: (address) => parseEventHubAddress(address, (name) => name.toLowerCase() === entity),
    attach(address, request) {
      switch (address.kind) {
        case 'reader':
          return attachReader(address, request);
        case 'management':
          assertAuthorized(`${entity}/$management`);
          assertEntity(address.entity ?? entity, `${address.entity}/$management`);
          return management(request);
        case 'redirect':
          assertAuthorized(`messages/events/${address.path}`);
          throw redirect(address.path);
        case 'sender':
          assertAuthorized(address.entity);
          throw notSent(address.entity);
      }
    },
  };
}

/** @throws AmqpError argumentError */
function epochOf(properties: Record<string, unknown>): number | undefined {
  const epoch = properties[eventHubAmqp.epoch];
  if (epoch === undefined || epoch === null) return undefined;
  if (typeof epoch === 'number' && Number.isSafeInteger(epoch) && epoch >= 0) return epoch;
  throw new AmqpError('argumentError', `${eventHubAmqp.epoch} must be a number from 0 on.`);
}

function pastTheEnd(point: StartingPoint, { lastOffset, lastSequenceNumber }: PartitionState): AmqpError {
  const [what, last] =
    point.from === 'offset' ? ['offset', lastOffset] : ['sequence number', lastSequenceNumber];
  const value = 'value' in point ? point.value : '';
  return new AmqpError(
    'argumentError',
    `The supplied ${what} '${value}' is invalid. The last ${what} in the system is '${last}'`,
  );
}
