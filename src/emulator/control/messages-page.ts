/** The messages of devices, as the emulator's own endpoint returns them. */
import { isUtf8 } from 'node:buffer';
import type { DeviceMessage, MessageFeed } from './message-feed.js';
import type { MessageReply, MessagesQuery, MessagesReply } from './paths.js';

const defaultLimit = 20;
const maxLimit = 1000;
const maxWaitSeconds = 30;
/** The most bytes of bodies in one reply. */
const maxBytes = 8 * 1024 * 1024;

/** @throws RangeError when a value of the query is not legal */
export async function messagesPage(
  feed: MessageFeed,
  query: MessagesQuery,
  signal: AbortSignal,
): Promise<MessagesReply> {
  const { deviceId, cursor } = query;
  const limit = wholeNumber('limit', query.limit, 1, maxLimit, defaultLimit);
  const until = Date.now() + wholeNumber('wait', query.wait, 0, maxWaitSeconds, 0) * 1000;
  for (let after = cursor; ; ) {
    const page = feed.page({ deviceId, limit, maxBytes, cursor: after });
    const left = until - Date.now();
    if (page.messages.length > 0 || after === undefined || left <= 0 || signal.aborted) {
      return { messages: page.messages.map(toReply), cursor: page.cursor };
    }
    after = page.cursor;
    await feed.next(left, signal);
  }
}

function toReply({ body, ...message }: DeviceMessage): MessageReply {
  return isUtf8(body)
    ? { ...message, body: body.toString('utf8') }
    : { ...message, bodyBase64: body.toString('base64') };
}

function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
  byDefault: number,
): number {
  if (text === undefined) return byDefault;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name} must be a number from ${least} to ${most}.`);
}
