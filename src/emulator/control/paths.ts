/** The emulator's own operations, for its command line and for tests: paths that Azure does not have. */
export const controlPaths = {
  clock: '/emulator/clock',
  faults: '/emulator/faults',
  reset: '/emulator/reset',
  stop: '/emulator/stop',
  /** `GET`, with the query of {@link MessagesQuery}. */
  messages: '/emulator/messages',
} as const;

/** The reply to `GET` and `PUT` of the clock. */
export interface ClockReply {
  /** ISO 8601, UTC. */
  now: string;
  /** Milliseconds that it is ahead of the computer's clock. */
  offset: number;
}

/** The body of `PUT` of the clock. */
export type ClockRequest = { at: string } | { advance: number } | { reset: true };

/** The query of `GET` of the messages. */
export interface MessagesQuery {
  /** Messages of this device only. */
  deviceId?: string | undefined;
  /** The most messages to return. */
  limit?: string | undefined;
  /** Of an earlier reply: returns what came after it. Without one, the last messages. */
  cursor?: string | undefined;
  /** Seconds to wait for the first message after the cursor. */
  wait?: string | undefined;
}

/** A message that a device sent, as JSON. */
export interface MessageReply {
  /** The hub that the device sent it to. */
  hub: string;
  deviceId: string;
  /** ISO 8601, UTC. */
  enqueued: string;
  /** `contentType`, `contentEncoding`, `messageId`, `correlationId`, `userId`, and others that the device set. */
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  /** Present when the body is UTF-8. */
  body?: string;
  /** Present when it is not. */
  bodyBase64?: string;
}

export interface MessagesReply {
  /** Oldest first. */
  messages: MessageReply[];
  /** For the next request. Opaque. */
  cursor: string;
}
