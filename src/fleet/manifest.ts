/** The manifest, a CSV file that lists the devices of a fleet, without their keys. Loaded by every worker. */
import type { MadeDevice } from './devices/device.js';
import type { ByteWriter } from './formats/byte-writer.js';

/** The columns of every manifest. Those of the tags, `tags.NAME`, follow them. */
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

/** The first line, with its line feed. */
export function manifestHeader(tagNames: readonly string[]): string {
  return `${[...manifestColumns, ...tagNames.map((name) => tagPrefix + name)].map(csvField).join(',')}\n`;
}

/** Writes a line per device. */
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

/** A time in the manifest: ISO 8601 in UTC, whole seconds. */
export function isoSeconds(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
