/**
 * Headers of entries in an archive (POSIX.1-2017, pax, ustar interchange format), the same as tar-stream writes. Its
 * streams take as long for the four entries of a device as node:crypto for the certificate.
 */
import { writeShort } from '../short-text.js';
import type { ByteWriter } from './byte-writer.js';

/** Octets; contents are padded with zeros to a multiple of it. */
export const blockSize = 512;

/** The fields of a header: where each begins, octets. */
const fields = {
  mode: 100,
  owner: 108,
  group: 116,
  size: 124,
  time: 136,
  checksum: 148,
  type: 156,
  magic: 257,
};
const deviceNumbers = [329, 337];
const checksumSize = 8;
const checksumDigits = 6;
const nameSize = 100;

/** The header of one file in each of many folders, or of these folders. */
export class TarHeader {
  /** The last header that was written: the next differs in few octets. */
  readonly #block = Buffer.alloc(blockSize);
  /** What follows the name of the folder. */
  readonly #rest: string;
  #folderLength = -1;
  #size = -1;
  /** Of all octets but those of the folder's name and of the size. */
  readonly #sum: number;
  /** With that of the size. */
  #sumWithSize = 0;

  /**
   * @param file its name; undefined for the folder
   * @param mtime seconds since 1970
   */
  constructor(file: string | undefined, mode: number, mtime: number) {
    this.#rest = `/${file ?? ''}`;
    const block = this.#block;
    const set = (at: number, text: string) => block.write(text, at, 'latin1');
    set(fields.mode, octal(mode, 6));
    for (const at of [fields.owner, fields.group, ...deviceNumbers]) set(at, octal(0, 6));
    set(fields.time, octal(mtime, 11));
    set(fields.type, file === undefined ? '5' : '0');
    set(fields.magic, 'ustar\x0000');
    // The checksum counts as spaces.
    this.#sum = sumOf(this.#rest) + sumOf(block.toString('latin1')) + checksumSize * 0x20;
    set(fields.checksum, octal(0, checksumDigits));
  }

  /** Whether a header has room for the name: it is divided, or continued in another header, otherwise. */
  fits(folder: string): boolean {
    return folder.length + this.#rest.length <= nameSize;
  }

  /**
   * @param at where to write it, over other octets
   * @param folder its name, ASCII; see {@link fits}
   * @param folderSum of its octets; see {@link sumOf}
   * @param size of the contents, octets; 0 for a folder
   */
  write(into: ByteWriter, at: number, folder: string, folderSum: number, size: number): void {
    const block = this.#block;
    if (folder.length !== this.#folderLength) {
      block.fill(0, 0, nameSize).write(this.#rest, folder.length, 'latin1');
      this.#folderLength = folder.length;
    }
    writeShort(block, 0, folder);
    if (size !== this.#size) {
      const digits = octal(size, 11);
      block.write(digits, fields.size, 'latin1');
      this.#sumWithSize = this.#sum + sumOf(digits);
      this.#size = size;
    }
    let sum = this.#sumWithSize + folderSum;
    for (let digit = fields.checksum + checksumDigits - 1; digit >= fields.checksum; digit -= 1) {
      block[digit] = 0x30 + (sum & 7);
      sum >>= 3;
    }
    into.bytesAt(at, block);
  }
}

/** The sum of the octets of a text. */
export function sumOf(text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index += 1) sum += text.charCodeAt(index);
  return sum;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')} `;
}
