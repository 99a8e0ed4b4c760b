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
  readonly #dates: Buffer;
  readonly #tagCount: number;

  constructor(validity: { notBefore: string; notAfter: string }, tagCount: number) {
    this.#dates = datesText(validity);
    this.#tagCount = tagCount;
  }

  add(device: MadeDevice, into: ByteWriter): void {
    const { registrationId, subjectRest, tags } = device;
    into.ascii(`${registrationId},`);
    into.hex(device.serialNumber);
    into.bytes(device.validity ? datesText(device.validity) : this.#dates);
    into.hex(device.sha1Thumbprint);
    into.ascii(',');
    into.hex(device.sha256Thumbprint);
    if (subjectRest === '') into.ascii(`,CN=${registrationId}`);
    else into.utf8(`,${csvField(`CN=${registrationId}${subjectRest}`)}`);
    for (let index = 0; index < this.#tagCount; index += 1) into.utf8(`,${csvField(tags[index] ?? '')}`);
    into.ascii('\n');
  }
}

function datesText({ notBefore, notAfter }: { notBefore: string; notAfter: string }): Buffer {
  return Buffer.from(`,${notBefore},${notAfter},`);
}

/**
 * A field of the manifest: RFC 4180 section 2, with an apostrophe before what a spreadsheet would take for a formula
 * (OWASP, "CSV Injection"). {@link fieldText} takes the apostrophe away again.
 */
export function csvField(text: string): string {
  if (!/^'*[=+\-@]|[",\r\n\t]/.test(text)) return text;
  const safe = /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text of a field that {@link csvField} wrote, without its quotes. */
export function fieldText(field: string): string {
  return /^'+[=+\-@\t\r]/.test(field) ? field.slice(1) : field;
}

/** A time in the manifest: ISO 8601 in UTC, whole seconds. */
export function isoSeconds(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
