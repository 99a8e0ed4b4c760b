/** The rows of a manifest: what a fleet consists of, without its keys. */
import type { ByteWriter } from './byte-writer.js';
import type { MadeDevice } from './device.js';

/** The columns that every manifest has; those of the tags follow, `tags.NAME`. */
export const manifestColumns = [
  'registrationId',
  'serialNumber',
  'notBefore',
  'notAfter',
  'sha1Thumbprint',
  'sha256Thumbprint',
  'subject',
] as const;

export const tagPrefix = 'tags.';

/** The first line, with its end. */
export function manifestHeader(tagNames: readonly string[]): string {
  return `${[...manifestColumns, ...tagNames.map((name) => tagPrefix + name)].map(csvField).join(',')}\n`;
}

/** Writes a line for each device. */
export class ManifestRows {
  readonly #dates: string;
  readonly #tagCount: number;

  constructor(validity: { notBefore: string; notAfter: string }, tagCount: number) {
    this.#dates = datesText(validity);
    this.#tagCount = tagCount;
  }

  add(device: MadeDevice, into: ByteWriter): void {
    const dates = device.validity ? datesText(device.validity) : this.#dates;
    into.ascii(
      `${device.registrationId},${device.serialNumber}${dates}${device.sha1Thumbprint},${device.sha256Thumbprint},`,
    );
    into.utf8(csvField(device.subject));
    for (let index = 0; index < this.#tagCount; index += 1)
      into.utf8(`,${csvField(device.tags[index] ?? '')}`);
    into.ascii('\n');
  }
}

function datesText({ notBefore, notAfter }: { notBefore: string; notAfter: string }): string {
  return `,${notBefore},${notAfter},`;
}

/** RFC 4180 section 2. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
