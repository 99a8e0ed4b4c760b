/**
 * Stands between a client's bytes and rhea, which gets whole frames only, of a limited size, in an encoding that has been
 * checked, and one at a time, so that the work for one frame can be awaited before the next is read.
 *
 * Source: OASIS, AMQP 1.0 part 2 section 2.2 (version negotiation) and 2.3 (framing).
 */
import type { Duplex } from 'node:stream';
import { AmqpError } from './amqp-error.js';
import { checkValue } from './encoding.js';

/** Announced in the open frame. */
export const maxFrameBytes = 64 * 1024;

const headerBytes = 8;
const protocol = Buffer.from('AMQP');
const sasl = 3;
const saslFrame = 1;
/** Sent to clients that speak another protocol: it names the one that is spoken here. */
const expectedHeader = Buffer.from([...protocol, sasl, 1, 0, 0]);

/** The part of a socket that rhea uses. */
export interface RheaSocket {
  on(event: string, listener: (argument?: unknown) => void): void;
  write(bytes: Buffer): void;
  end(): void;
  destroy(): void;
  get_id_string(): string;
}

export interface FrameStreamOptions {
  /** The client violated the protocol; nothing more is read from it. */
  violated(error: AmqpError): void;
  /** The connection is gone. */
  closed(): void;
}

/** How long a client has to read the last frames and hang up. */
const lingerMs = 2000;

export class FrameStream implements RheaSocket {
  readonly #stream: Duplex;
  readonly #options: FrameStreamOptions;
  readonly #listeners = new Map<string, (argument?: unknown) => void>();
  #chunks: Buffer[] = [];
  #length = 0;
  #pumping = false;
  #stopped = false;
  #gate: Promise<void> | undefined;
  #left: number | undefined;

  constructor(stream: Duplex, options: FrameStreamOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** Call it once rhea listens. */
  start(): void {
    this.#stream.on('data', (chunk: Buffer) => {
      if (this.#stopped) return;
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      void this.#pump();
    });
    this.#stream.resume();
    this.#stream.on('end', () => this.#stream.end());
    // 'close' tells how a connection ends; rhea frees its timers then.
    this.#stream.on('error', () => {});
    this.#stream.once('close', () => {
      this.stop();
      this.#listeners.get('end')?.();
      this.#options.closed();
    });
  }

  /** Holds back the frames that follow until the promise resolves. */
  hold(until: Promise<void>): void {
    this.#gate = until;
  }

  /** Closes the stream once so many more frames have been read. */
  closeAfter(frames: number): void {
    this.#left = frames;
  }

  /** Reads nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#chunks = [];
    this.#length = 0;
  }

  on(event: string, listener: (argument?: unknown) => void): void {
    this.#listeners.set(event, listener);
  }

  write(bytes: Buffer): void {
    if (this.#stream.writable) this.#stream.write(bytes);
  }

  /** Ends the stream, once rhea has written what it still writes in this turn. */
  end(): void {
    this.stop();
    setImmediate(() => {
      this.#stream.end();
      this.#stream.resume();
      const linger = setTimeout(() => this.#stream.destroy(), lingerMs);
      this.#stream.once('close', () => clearTimeout(linger));
    });
  }

  destroy(): void {
    this.#stream.destroy();
  }

  get_id_string(): string {
    return 'AMQP client';
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#stream.pause();
    try {
      for (let unit = this.#next(); unit !== undefined; unit = this.#next()) {
        if (this.#left !== undefined) {
          if (this.#left === 0) return this.end();
          this.#left -= 1;
        }
        this.#listeners.get('data')?.(unit);
        // rhea answers SASL in a later turn, and its answer decides how it reads what follows.
        if (unit[5] === saslFrame) await new Promise(setImmediate);
        if (this.#gate) {
          await this.#gate;
          this.#gate = undefined;
        }
        // A client that does not read its replies is not read from either.
        if (this.#stream.writableNeedDrain) await this.#drained();
      }
    } catch (error) {
      this.stop();
      this.#options.violated(error as AmqpError);
    }
    this.#pumping = false;
    if (!this.#stopped) this.#stream.resume();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#stream.off('drain', done);
        this.#stream.off('close', done);
        resolve();
      };
      this.#stream.on('drain', done);
      this.#stream.on('close', done);
    });
  }

  /**
   * The next header or frame, or undefined while it is incomplete.
   *
   * @throws AmqpError framingError, decodeError
   */
  #next(): Buffer | undefined {
    if (this.#length < headerBytes) return this.#refuseEarly();
    const head = this.#peek(headerBytes);
    if (head.subarray(0, 4).equals(protocol)) {
      if (!isHeader(head)) throw this.#notSpoken();
      return this.#take(headerBytes);
    }
    const size = head.readUInt32BE(0);
    if (size > maxFrameBytes) {
      // The first bytes of another protocol look like the size of a frame.
      if (!this.#sawHeader) throw this.#notSpoken();
      throw new AmqpError('framingError', `A frame has ${size} bytes; at most ${maxFrameBytes} are taken.`);
    }
    if (!this.#sawHeader) throw this.#notSpoken();
    if (size < headerBytes) throw new AmqpError('framingError', `A frame of ${size} bytes is none.`);
    if (this.#length < size) return undefined;
    const frame = this.#take(size);
    checkFrame(frame);
    return frame;
  }

  #sawHeader = false;

  /** Bytes that cannot become a header are refused before there are eight of them. */
  #refuseEarly(): undefined {
    const start = this.#peek(Math.min(this.#length, protocol.length));
    if (!this.#sawHeader && !protocol.subarray(0, start.length).equals(start)) throw this.#notSpoken();
    return undefined;
  }

  #notSpoken(): AmqpError {
    this.write(expectedHeader);
    return new AmqpError('framingError', 'The client does not speak AMQP 1.0.');
  }

  #peek(length: number): Buffer {
    if (this.#chunks.length > 1 && this.#chunks[0]!.length < length) {
      this.#chunks = [Buffer.concat(this.#chunks, this.#length)];
    }
    return (this.#chunks[0] ?? Buffer.alloc(0)).subarray(0, length);
  }

  #take(length: number): Buffer {
    const unit = this.#peek(length);
    if (unit.length === headerBytes && unit.subarray(0, 4).equals(protocol)) this.#sawHeader = true;
    const rest = this.#chunks[0]!.subarray(length);
    if (rest.length > 0) this.#chunks[0] = rest;
    else this.#chunks.shift();
    this.#length -= length;
    return unit;
  }
}

function isHeader(head: Buffer): boolean {
  return (head[4] === 0 || head[4] === sasl) && head[5] === 1 && head[6] === 0 && head[7] === 0;
}

/** @throws AmqpError */
function checkFrame(frame: Buffer): void {
  const start = frame[4]! * 4;
  if (start < headerBytes || start > frame.length) {
    throw new AmqpError('framingError', 'The data of a frame do not begin within it.');
  }
  // A message, or a part of one, follows the first value.
  if (start < frame.length) checkValue(frame, start);
}
