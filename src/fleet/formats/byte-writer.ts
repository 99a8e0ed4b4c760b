/** Text and PEM written straight into a growing buffer: intermediate strings would cost as much as the signatures. */

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'ascii');
const padding = 0x3d;
/** RFC 7468 section 2: lines of 64 characters, which are 48 octets. */
const octetsPerLine = 48;

/** The first and the last line of a PEM block, and the end of every line. */
export interface PemFrame {
  begin: Buffer;
  end: Buffer;
  newline: Buffer;
}

export function pemFrame(label: string, newline: string): PemFrame {
  const line = (text: string) => Buffer.from(text + newline, 'ascii');
  return { begin: line(`-----BEGIN ${label}-----`), end: line(`-----END ${label}-----`), newline: line('') };
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

  /** Writes a PEM block (RFC 7468). */
  pem({ begin, end, newline }: PemFrame, octets: Uint8Array): void {
    this.bytes(begin);
    this.#base64Lines(octets, newline);
    this.bytes(end);
  }

  #base64Lines(octets: Uint8Array, newline: Uint8Array): void {
    const lines = Math.ceil(octets.length / octetsPerLine);
    this.#reserve(Math.ceil(octets.length / 3) * 4 + lines * newline.length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let start = 0; start < octets.length; start += octetsPerLine) {
      const end = Math.min(start + octetsPerLine, octets.length);
      let from = start;
      for (; from + 3 <= end; from += 3) {
        const group = (octets[from]! << 16) | (octets[from + 1]! << 8) | octets[from + 2]!;
        bytes[at] = alphabet[group >> 18]!;
        bytes[at + 1] = alphabet[(group >> 12) & 63]!;
        bytes[at + 2] = alphabet[(group >> 6) & 63]!;
        bytes[at + 3] = alphabet[group & 63]!;
        at += 4;
      }
      if (from < end) {
        const two = end - from === 2;
        const group = (octets[from]! << 16) | (two ? octets[from + 1]! << 8 : 0);
        bytes[at++] = alphabet[group >> 18]!;
        bytes[at++] = alphabet[(group >> 12) & 63]!;
        bytes[at++] = two ? alphabet[(group >> 6) & 63]! : padding;
        bytes[at++] = padding;
      }
      for (let index = 0; index < newline.length; index += 1) bytes[at++] = newline[index]!;
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
