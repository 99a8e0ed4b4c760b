/** The messages that devices sent to all hubs, to be read back. */
import type { HubMessage, HubMessages, MessageHead } from '../hub/messages.js';

/** A message that a device sent to its hub. */
export interface DeviceMessage {
  /** The hub that took it. */
  hub: string;
  deviceId: string;
  /** ISO 8601, UTC. */
  enqueued: string;
  /** `contentType`, `contentEncoding`, `messageId`, `correlationId`, `userId`, and others that the device set. */
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  body: Buffer;
}

export interface FeedHub {
  hubId: string;
  messages: HubMessages;
}

export interface FeedQuery {
  deviceId: string | undefined;
  limit: number;
  /** The most bytes of bodies; one message is returned whatever its size. */
  maxBytes: number;
  /** Of an earlier page: returns what came after it. Undefined for the last messages. */
  cursor: string | undefined;
}

export interface FeedPage {
  /** Oldest first. */
  messages: DeviceMessage[];
  cursor: string;
}

interface Head extends MessageHead {
  hub: FeedHub;
}

/** The names of system properties in the property bag, and in the SDKs. */
const systemPropertyNames: Record<string, string> = {
  ct: 'contentType',
  ce: 'contentEncoding',
  mid: 'messageId',
  cid: 'correlationId',
  uid: 'userId',
};

export class MessageFeed {
  /** The current hubs: a reset replaces them. */
  hubs: () => readonly FeedHub[] = () => [];

  /** All messages that are kept, of one device or of all, oldest first. */
  kept(deviceId?: string): DeviceMessage[] {
    const all = Number.MAX_SAFE_INTEGER;
    return this.page({ deviceId, limit: all, maxBytes: all, cursor: undefined }).messages;
  }

  /** @throws RangeError when the cursor is malformed */
  page({ deviceId, limit, maxBytes, cursor }: FeedQuery): FeedPage {
    const headsOf = (read: (hub: FeedHub) => MessageHead[]) =>
      merge(this.hubs().map((hub) => read(hub).map((head) => ({ ...head, hub }))));
    if (cursor === undefined) {
      const heads = headsOf(({ messages }) => messages.last(limit, deviceId));
      const chosen = within(heads.slice(-limit).reverse(), maxBytes).reverse();
      const positions = new Map(this.hubs().map(({ hubId, messages }) => [hubId, messages.position]));
      return { messages: read(chosen), cursor: toCursor(positions) };
    }
    const known = fromCursor(cursor);
    const start = new Map(
      this.hubs().map(({ hubId, messages }) => {
        const position = known.get(hubId) ?? 0;
        // A cursor from before a reset: all messages came after it.
        return [hubId, position > messages.position ? 0 : position];
      }),
    );
    const heads = headsOf(({ hubId, messages }) => messages.after(start.get(hubId)!, limit, deviceId));
    const chosen = within(heads.slice(0, limit), maxBytes);
    for (const { hub, position } of chosen) start.set(hub.hubId, position);
    return { messages: read(chosen), cursor: toCursor(start) };
  }

  /** Waits for a message of any device, for at most this long. */
  next(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const stops = this.hubs().map(({ messages }) => messages.onAppend(done));
      const timer = setTimeout(done, milliseconds).unref();
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        for (const stop of stops) stop();
        resolve();
      }
    });
  }
}

/** Merges messages by time. Those of one hub keep their order, even if the clock was set back. */
function merge(lists: Head[][]): Head[] {
  const merged: Head[] = [];
  const positions = lists.map(() => 0);
  for (;;) {
    let first: number | undefined;
    for (const [index, list] of lists.entries()) {
      const head = list[positions[index]!];
      if (head === undefined) continue;
      if (first === undefined || head.enqueued < lists[first]![positions[first]!]!.enqueued) first = index;
    }
    if (first === undefined) return merged;
    merged.push(lists[first]![positions[first]!]!);
    positions[first]! += 1;
  }
}

/** The first messages, as many as fit. */
function within(heads: Head[], maxBytes: number): Head[] {
  let bytes = 0;
  const beyond = heads.findIndex(({ size }, index) => {
    bytes += size;
    return index > 0 && bytes > maxBytes;
  });
  return beyond < 0 ? heads : heads.slice(0, beyond);
}

function read(heads: Head[]): DeviceMessage[] {
  return heads.flatMap(({ hub, deviceId, position }) => {
    const message = hub.messages.at(position);
    return message === undefined ? [] : [toDeviceMessage(hub.hubId, deviceId, message)];
  });
}

function toDeviceMessage(
  hub: string,
  deviceId: string,
  { enqueued, systemProperties, properties, body }: HubMessage,
): DeviceMessage {
  const entries = Object.entries(systemProperties).map(([name, value]) => [
    Object.hasOwn(systemPropertyNames, name) ? systemPropertyNames[name] : name,
    value,
  ]);
  return { hub, deviceId, enqueued, systemProperties: Object.fromEntries(entries), properties, body };
}

function toCursor(positions: ReadonlyMap<string, number>): string {
  return Buffer.from(JSON.stringify([...positions])).toString('base64url');
}

function fromCursor(cursor: string): Map<string, number> {
  try {
    const entries = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown][];
    const good = ([hubId, position]: [unknown, unknown]) =>
      typeof hubId === 'string' && Number.isSafeInteger(position) && (position as number) >= 0;
    if (entries.every(good)) return new Map(entries as [string, number][]);
  } catch {
    // Reported below.
  }
  throw new RangeError('The cursor is not one of an earlier reply.');
}
