/** Messages of AMQP 1.0, as rhea encodes and decodes them. */
import rhea, { type Message } from 'rhea';
import { AmqpError } from './amqp-error.js';
import { checkMessage } from './encoding.js';

const dataSection = 0x75;

/**
 * The bytes of a message's body: of its data sections, or of a string or binary value.
 *
 * @throws AmqpError notImplemented
 */
export function bodyOf({ body }: Pick<Message, 'body'>): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const { typecode, content } = body as { typecode?: unknown; content?: unknown };
  if (typecode === dataSection) {
    const parts = Array.isArray(content) ? content : [content];
    if (parts.every((part) => Buffer.isBuffer(part))) return Buffer.concat(parts);
  }
  throw new AmqpError('notImplemented', 'The body of a message must be data, or a string or binary value.');
}

/**
 * The messages of a batch: each data section holds one.
 *
 * @throws AmqpError decodeError
 */
export function messagesOfBatch(batch: Buffer): Message[] {
  const { body } = decodeMessage(batch);
  const { typecode, content } = (body ?? {}) as { typecode?: unknown; content?: unknown };
  if (typecode !== dataSection) throw new AmqpError('decodeError', 'A batch holds data sections only.');
  return (Array.isArray(content) ? content : [content]).map((part) => decodeMessage(part as Buffer));
}

/** @throws AmqpError */
function decodeMessage(bytes: Buffer): Message {
  checkMessage(bytes);
  return rhea.message.decode(bytes) as unknown as Message;
}

/** A data section. */
export function dataBody(bytes: Buffer): unknown {
  return rhea.message.data_section(bytes);
}

/** A data section with JSON in it. */
export function jsonBody(value: unknown): unknown {
  return dataBody(Buffer.from(JSON.stringify(value)));
}

/** A string value of a map that a client sent; undefined if the map has no such string. */
export function stringOf(map: Record<string, unknown> | undefined, name: string): string | undefined {
  const value = map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
