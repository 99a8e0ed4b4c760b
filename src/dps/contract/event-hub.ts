/**
 * The Event Hub-compatible endpoint of an IoT hub: addresses, names on the wire, and its connection string.
 *
 * Source: @azure/event-hubs 6.0.4; azure-eventhub for Python; Azure.Messaging.EventHubs, for what they send.
 */

export const eventHubAmqp = {
  /** Values of a request's `type`. */
  hubType: 'com.microsoft:eventhub',
  partitionType: 'com.microsoft:partition',
  /** Where a reader begins; described by a symbol or a number. */
  selectorFilter: 'apache.org:selector-filter:string',
  /** Attach properties. */
  epoch: 'com.microsoft:epoch',
  receiverName: 'com.microsoft:receiver-name',
  /** Desired capability: each event says what the last one of its partition is. */
  runtimeMetric: 'com.microsoft:enable-receiver-runtime-metric',
} as const;

export type EventHubAddress =
  /** The node for runtime information. */
  | { kind: 'management'; entity: string | undefined }
  | { kind: 'reader'; entity: string; consumerGroup: string; partition: string }
  /** The IoT hub's own name for the endpoint: clients are redirected from there. */
  | { kind: 'redirect'; path: string }
  /** Where events would be sent to an event hub. */
  | { kind: 'sender'; entity: string };

/**
 * Reads an address below the Event Hub-compatible endpoint; undefined for any other address.
 *
 * @param isEntity whether a name is that of an event hub
 */
export function parseEventHubAddress(
  address: string,
  isEntity: (name: string) => boolean,
): EventHubAddress | undefined {
  const path = address.replace(/^(amqps?|sb):\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '');
  const redirected = /^messages\/events(?:\/(.*))?$/i.exec(path);
  if (redirected) return { kind: 'redirect', path: redirected[1] ?? '' };
  if (path.toLowerCase() === '$management') return { kind: 'management', entity: undefined };
  const [entity = '', ...rest] = path.split('/');
  const reader = /^ConsumerGroups\/([^/]+)\/Partitions\/([^/]+)$/i.exec(rest.join('/'));
  if (reader) return { kind: 'reader', entity, consumerGroup: reader[1]!, partition: reader[2]! };
  if (rest.length === 1 && rest[0]!.toLowerCase() === '$management') return { kind: 'management', entity };
  const isSender = rest.length === 0 || (rest.length === 2 && rest[0]!.toLowerCase() === 'partitions');
  return isSender && isEntity(entity) ? { kind: 'sender', entity } : undefined;
}

/** The connection string of the endpoint, which names its entity. */
export function eventHubConnectionString(parts: {
  /** With its port. */
  host: string;
  keyName: string;
  /** Base64, as the policy has it: clients of event hubs sign with the text. */
  key: string;
  entity: string;
}): string {
  const { host, keyName, key, entity } = parts;
  return `Endpoint=sb://${host}/;SharedAccessKeyName=${keyName};SharedAccessKey=${key};EntityPath=${entity}`;
}
