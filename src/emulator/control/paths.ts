/** What the emulator can be told while it runs, beside Azure's own operations: paths that Azure does not have. */
export const controlPaths = {
  clock: '/emulator/clock',
  reset: '/emulator/reset',
  stop: '/emulator/stop',
  /** `GET`, with the query of {@link MessagesQuery}. */
  messages: '/emulator/messages',
} as const;

/** The clock, as `GET` and `PUT` of its path answer it. */
export interface ClockReply {
  /** ISO 8601, UTC. */
  now: string;
  /** Milliseconds that it is ahead of the computer's. */
  offset: number;
}

/** The body of `PUT` on the clock: one of the three. */
export type ClockRequest = { at: string } | { advance: number } | { reset: true };

/** The query of `GET` on the messages. */
export interface MessagesQuery {
  /** One device only. */
  deviceId?: string;
  /** How many at most. */
  limit?: string;
  /** What came after an earlier reply; the last messages when it is not given. */
  cursor?: string;
  /** Seconds to wait for the first message after the cursor. */
  wait?: string;
}

/** A message that a device sent, as JSON. */
export interface MessageReply {
  /** The hub that took it. */
  hub: string;
  deviceId: string;
  /** ISO 8601, UTC. */
  enqueued: string;
  /** `contentType`, `contentEncoding`, `messageId`, `correlationId`, `userId` and what else the device gave. */
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  /** When it is UTF-8. */
  body?: string;
  /** When it is not. */
  bodyBase64?: string;
}

export interface MessagesReply {
  /** Oldest first. */
  messages: MessageReply[];
  /** For the next request; opaque. */
  cursor: string;
}
