/**
 * Checks frames before rhea gets them: rhea accepts some that would cost unlimited work or memory.
 *
 * Source: OASIS, AMQP 1.0 part 2 section 2.7 (performatives).
 */
import type { Connection } from 'rhea';
import { AmqpError } from './amqp-error.js';
import { checkMessage } from './encoding.js';

/** The fields of a performative, as rhea decodes them: they can have any type. */
type Performative = Record<string, unknown>;

export interface Frame {
  channel: number;
  performative: Performative;
  payload?: Buffer;
}

type Handler = (frame: Frame) => void;

/** rhea calls one of these for each frame. */
type FrameHandlers = Record<
  | 'on_open'
  | 'on_begin'
  | 'on_attach'
  | 'on_flow'
  | 'on_transfer'
  | 'on_disposition'
  | 'on_detach'
  | 'on_end',
  Handler
>;

/** OASIS, AMQP 1.0 part 2 section 2.7.1: every peer accepts frames of this size. */
const leastFrameSize = 512;
/** Milliseconds. Heartbeats are sent twice as often. */
const leastIdleTimeout = 1000;

/** On one connection. IoT Hub, too, lets several devices share one. */
export const maxSessions = 1024;
const maxLinks = 4096;
/** A disposition covers a range of deliveries; a session of rhea holds 2,048. */
const maxDispositions = 2048;
/** The index of the outcome in a disposition. */
const stateField = 4;

export interface FrameRulesOptions {
  /** Of an encoded message, in bytes. */
  maxMessageBytes: number;
  /** Attaches the link, sooner or later, or refuses it. */
  beforeAttach(frame: Frame, attach: () => void): void;
  /** The client ended a link or a session: rhea answers in a later turn, and only then are its names free again. */
  endedByClient(): void;
  /** The client has opened the window of a session. */
  sessionFlow(): void;
  /** Whether the client may send another message on a link. */
  hasCredit(frame: Frame): boolean;
  /** Ends a link whose message is too large. */
  tooLarge(frame: Frame): void;
  /** Ends the connection. */
  violated(error: AmqpError): void;
}

/** Puts the rules in front of a connection's frame handlers. */
export function applyFrameRules(connection: Connection, options: FrameRulesOptions): void {
  const handlers = connection as unknown as FrameHandlers;
  const partial = new Map<string, { chunks: Buffer[]; length: number; refused: boolean }>();
  /** The handles in use, by channel, and whether the client sends on each link. */
  const sessions = new Map<number, Map<unknown, boolean>>();
  let links = 0;

  /** @param rule returns whether rhea gets the frame */
  function before(name: keyof FrameHandlers, rule: (frame: Frame, pass: () => void) => boolean): void {
    const handler = handlers[name].bind(connection);
    handlers[name] = (frame) => {
      try {
        if (rule(frame, () => handler(frame))) handler(frame);
      } catch (error) {
        options.violated(
          error instanceof AmqpError ? error : new AmqpError('framingError', (error as Error).message),
        );
      }
    };
  }

  before('on_open', ({ performative }) => {
    const { max_frame_size: size, idle_time_out: timeout } = performative;
    if (typeof size === 'number' && size < leastFrameSize) {
      throw new AmqpError('invalidField', `max-frame-size is at least ${leastFrameSize}.`);
    }
    if (typeof timeout === 'number' && timeout > 0 && timeout < leastIdleTimeout) {
      throw new AmqpError('invalidField', `idle-time-out is at least ${leastIdleTimeout}.`);
    }
    return true;
  });

  before('on_begin', ({ channel }) => {
    if (sessions.has(channel)) throw new AmqpError('notAllowed', 'The channel is in use.');
    if (sessions.size >= maxSessions) throw tooMany('sessions', maxSessions);
    sessions.set(channel, new Map());
    return true;
  });

  before('on_end', ({ channel }) => {
    links -= sessions.get(channel)?.size ?? 0;
    sessions.delete(channel);
    options.endedByClient();
    return true;
  });

  before('on_attach', (frame, attach) => {
    const handles = sessions.get(frame.channel);
    const { handle, role } = frame.performative;
    if (!handles) throw new AmqpError('notAllowed', 'A link was attached without a session.');
    if (handles.has(handle)) throw new AmqpError('notAllowed', 'The handle is in use.');
    if (links >= maxLinks) throw tooMany('links', maxLinks);
    handles.set(handle, role !== true);
    links += 1;
    options.beforeAttach(frame, attach);
    return false;
  });

  before('on_detach', (frame) => {
    if (sessions.get(frame.channel)?.delete(frame.performative.handle)) links -= 1;
    partial.delete(linkKey(frame));
    options.endedByClient();
    return true;
  });

  before('on_flow', (frame) => {
    // Only a receiver may drain. rhea would adopt the sender's idea of its credit, and write to the console.
    const { handle, drain } = frame.performative;
    if (handle === undefined || handle === null) options.sessionFlow();
    if (drain === true && sessions.get(frame.channel)?.get(handle)) frame.performative.drain = false;
    return true;
  });

  before('on_transfer', (frame) => {
    const link = linkKey(frame);
    let message = partial.get(link);
    if (!message) {
      if (!options.hasCredit(frame)) {
        throw new AmqpError('transferLimitExceeded', 'A message was sent without credit for it.');
      }
      message = { chunks: [], length: 0, refused: false };
      partial.set(link, message);
    }
    if (message.refused) return false;
    const payload = frame.payload ?? Buffer.alloc(0);
    message.length += payload.length;
    if (message.length > options.maxMessageBytes) {
      partial.set(link, { chunks: [], length: 0, refused: true });
      options.tooLarge(frame);
      return false;
    }
    message.chunks.push(payload);
    if (!frame.performative.more) {
      partial.delete(link);
      checkMessage(Buffer.concat(message.chunks));
    }
    frame.payload = payload;
    return true;
  });

  before('on_disposition', ({ performative }) => {
    const { first, last } = performative;
    const count = Number(last ?? first) - Number(first);
    if (!(count >= 0 && count < maxDispositions)) {
      throw new AmqpError('framingError', 'A disposition is for more deliveries than there are.');
    }
    const fields = performative.value as ({ value: unknown } | undefined)[];
    // rhea would take AMQP's null for an outcome.
    if (fields[stateField]?.value === null) fields[stateField] = undefined;
    if (fields[stateField] !== undefined && !isOutcome(fields[stateField])) {
      throw new AmqpError('framingError', 'A disposition has an outcome that is none.');
    }
    return true;
  });
}

/** Identifies a link within its connection. */
export function linkKey({ channel, performative }: Frame): string {
  return `${channel}/${String(performative.handle)}`;
}

/** Whether a state is an outcome, by the number or the symbol of its type. */
function isOutcome(state: unknown): boolean {
  const { descriptor } = state as { descriptor?: { value?: unknown } };
  const type = descriptor?.value;
  if (typeof type === 'number') return type >= 0x23 && type <= 0x27;
  return /^amqp:(received|accepted|rejected|released|modified):list$/.test(String(type));
}

function tooMany(what: string, most: number): AmqpError {
  return new AmqpError('resourceLimitExceeded', `A connection has at most ${most} ${what}.`);
}
