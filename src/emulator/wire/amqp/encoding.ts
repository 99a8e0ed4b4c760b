/**
 * Checks bytes in AMQP's encoding before rhea decodes them: rhea would allocate whatever a count announces, and follow any
 * depth.
 *
 * Source: OASIS, AMQP 1.0 part 1 section 1.2 (composite type representation), part 3 section 3.2 (message format).
 */
import { AmqpError } from './amqp-error.js';

const maxDepth = 32;
/** Elements of an array can take no bytes at all, so sizes do not limit their number. For all arrays together. */
const maxEmptyElements = 1024;

const firstSection = 0x70;
const lastSection = 0x78;
const sectionSymbol =
  /^amqp:(header:list|(delivery-annotations|message-annotations|application-properties|footer):map|properties:list|data:binary|amqp-sequence:list|value:\*)$/;

/**
 * Checks the value that begins at `start`.
 *
 * @returns where it ends
 * @throws AmqpError decodeError
 */
export function checkValue(bytes: Buffer, start: number): number {
  return new Checker(bytes).value(start, 0);
}

/**
 * Checks a message: described sections of known kinds, one after another.
 *
 * @throws AmqpError decodeError
 */
export function checkMessage(bytes: Buffer): void {
  let position = 0;
  const checker = new Checker(bytes);
  while (position < bytes.length) {
    const start = position;
    position = checker.value(start, 0);
    if (!isSection(bytes, start)) throw undecodable('a message has something else than sections of AMQP 1.0');
  }
}

/** Whether a value is a section. Its descriptor is a number, short or long, or a symbol; it is known to be complete. */
function isSection(bytes: Buffer, start: number): boolean {
  if (bytes[start] !== 0) return false;
  const at = start + 2;
  switch (bytes[start + 1]) {
    case 0x53:
      return bytes[at]! >= firstSection && bytes[at]! <= lastSection;
    case 0x80: {
      const code = bytes.readBigUInt64BE(at);
      return code >= firstSection && code <= lastSection;
    }
    case 0xa3:
      return sectionSymbol.test(bytes.toString('latin1', at + 1, at + 1 + bytes[at]!));
    default:
      return false;
  }
}

class Checker {
  readonly #bytes: Buffer;
  #emptyElements = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(start: number, depth: number): number {
    const { end, code } = this.#typeCode(start, depth);
    return this.#content(code, end, depth);
  }

  /** A type code, after any descriptors. */
  #typeCode(start: number, depth: number): { code: number; end: number } {
    if (depth > maxDepth) throw undecodable(`values are nested more than ${maxDepth} deep`);
    const code = this.#unsigned(start, 1);
    if (code !== 0) return { code, end: start + 1 };
    return this.#typeCode(this.value(start + 1, depth + 1), depth + 1);
  }

  #content(code: number, start: number, depth: number): number {
    switch (code >> 4) {
      case 0x4:
        return start;
      case 0x5:
      case 0x6:
      case 0x7:
      case 0x8:
      case 0x9:
        return this.#within(start + 2 ** ((code >> 4) - 5));
      case 0xa:
        return this.#within(start + 1 + this.#unsigned(start, 1));
      case 0xb:
        return this.#within(start + 4 + this.#unsigned(start, 4));
      case 0xc:
        return this.#compound(start, 1, depth);
      case 0xd:
        return this.#compound(start, 4, depth);
      case 0xe:
        return this.#array(start, 1, depth);
      case 0xf:
        return this.#array(start, 4, depth);
      default:
        throw undecodable(`there is no type of code 0x${code.toString(16)}`);
    }
  }

  #compound(start: number, width: 1 | 4, depth: number): number {
    const { end, count } = this.#limits(start, width);
    let position = start + 2 * width;
    // Each element takes at least one byte.
    if (count > end - position) throw undecodable('a list announces more items than it has');
    for (let index = 0; index < count; index += 1) position = this.value(position, depth + 1);
    if (position !== end) throw undecodable('a list is not as long as it says');
    return end;
  }

  #array(start: number, width: 1 | 4, depth: number): number {
    const { end, count } = this.#limits(start, width);
    const { code, end: first } = this.#typeCode(start + 2 * width, depth + 1);
    const empty = code >> 4 === 0x4;
    if (empty) this.#emptyElements += count;
    if (this.#emptyElements > maxEmptyElements || (!empty && count > end - first)) {
      throw undecodable('an array announces more items than it has');
    }
    let position = first;
    for (let index = 0; index < count; index += 1) position = this.#content(code, position, depth + 1);
    if (position !== end) throw undecodable('an array is not as long as it says');
    return end;
  }

  /** The size, which counts from behind itself, and the count. */
  #limits(start: number, width: 1 | 4): { end: number; count: number } {
    const end = this.#within(start + width + this.#unsigned(start, width));
    return { end, count: this.#unsigned(start + width, width) };
  }

  #unsigned(start: number, width: 1 | 4): number {
    this.#within(start + width);
    return width === 1 ? this.#bytes[start]! : this.#bytes.readUInt32BE(start);
  }

  #within(end: number): number {
    if (end > this.#bytes.length) throw undecodable('a value ends before it is complete');
    return end;
  }
}

function undecodable(message: string): AmqpError {
  return new AmqpError('decodeError', message);
}
