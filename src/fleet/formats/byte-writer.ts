/** Text and PEM written straight into a growing buffer: intermediate strings would cost as much as the signatures. */

/** RFC 7468 section 2. */
const charactersPerLine = 64;

const hexDigits = Buffer.from('0123456789ABCDEF');

/** The first and the last line of a PEM block (RFC 7468), with their ends. */
export interface PemFrame {
  begin: Buffer;
  end: Buffer;
}

export function pemFrame(label: string, newline: string): PemFrame {
  const line = (text: string) => Buffer.from(text + newline, 'ascii');
  return { begin: line(`-----BEGIN ${label}-----`), end: line(`-----END ${label}-----`) };
}

export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param memory is overwritten, and returned by {@link take} unless it was too small */
  constructor(memory: ArrayBuffer = new ArrayBuffer(65_536)) {
    this.#bytes = Buffer.from(memory);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, in a buffer that can be transferred to another thread. */
  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.buffer as ArrayBuffer, 0, this.#length);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes text that is ASCII only. */
  ascii(text: string): void {
    this.#reserve(text.length);
    this.#bytes.write(text, this.#length, 'latin1');
    this.#length += text.length;
  }

  /** Writes octets, one per character (Latin-1), as upper-case hexadecimal. */
  hex(octets: string): void {
    this.#reserve(octets.length * 2);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < octets.length; index += 1) {
      const octet = octets.charCodeAt(index);
      bytes[at++] = hexDigits[octet >> 4]!;
      bytes[at++] = hexDigits[octet & 15]!;
    }
    this.#length = at;
  }

  /** Leaves room for octets that {@link bytesAt} writes. @returns where it begins */
  skip(count: number): number {
    this.#reserve(count);
    this.#length += count;
    return this.#length - count;
  }

  /** Writes over what was written or skipped before. */
  bytesAt(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at);
  }

  zeros(count: number): void {
    this.#reserve(count);
    this.#bytes.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  utf8(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  /** Writes a part of what was written before once more. */
  copy(from: number, to: number): void {
    this.#reserve(to - from);
    this.#bytes.copyWithin(this.#length, from, to);
    this.#length += to - from;
  }

  /** Writes a PEM block whose lines end with a line feed. */
  pem({ begin, end }: PemFrame, octets: Buffer): void {
    this.bytes(begin);
    this.base64Lines(octets, '\n');
    this.bytes(end);
  }

  /**
   * Writes the lines within a PEM block. The text is written behind the room for all line ends, and its lines are moved
   * to their places.
   *
   * @param newline ends each line; one or two octets
   */
  base64Lines(octets: Buffer, newline: string): void {
    const text = octets.toString('base64');
    const size = text.length + Math.ceil(text.length / charactersPerLine) * newline.length;
    this.#reserve(size);
    const bytes = this.#bytes;
    const [first, second] = [newline.charCodeAt(0), newline.charCodeAt(1)];
    let at = this.#length;
    const textEnd = at + size;
    bytes.write(text, textEnd - text.length, 'latin1');
    for (let from = textEnd - text.length; from < textEnd; from += charactersPerLine) {
      const end = Math.min(from + charactersPerLine, textEnd);
      bytes.copyWithin(at, from, end);
      at += end - from;
      bytes[at++] = first;
      if (newline.length === 2) bytes[at++] = second;
    }
    this.#length = at;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.from(new ArrayBuffer((this.#length + more) * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
