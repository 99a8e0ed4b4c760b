/** The records of a list of devices, as a stream: CSV with a header (RFC 4180), or NDJSON. */

import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import * as z from 'zod';
import { sentences } from '../../languages/language.js';
import { type AlternativeNameKind, alternativeNameKinds } from '../../pki/make/alternative-names.js';
import { repeatedColumn, shownColumn } from '../csv-header.js';
import { tagPrefix } from '../manifest.js';
import { fileError, linesOf } from '../text-files.js';

/** A device in a list; only its shape is checked. */
export interface ListedDevice {
  registrationId: string;
  /** Its ID in the hub; only where lists may have one. */
  deviceId?: string | undefined;
  organization?: string | undefined;
  dns?: readonly string[] | undefined;
  ip?: readonly string[] | undefined;
  uri?: readonly string[] | undefined;
  email?: readonly string[] | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
}

export interface ListRecord {
  /** From 1. */
  line: number;
  /** The device, or part of a sentence about what is wrong with the record. */
  device: ListedDevice | string;
}

export interface RecordOptions {
  /** Whether a device may have an ID in its hub that is not its registration ID. */
  deviceIds?: boolean;
}

/** @throws EnrollkitError FILE_UNREADABLE */
export async function* recordsOf(
  path: string,
  options: RecordOptions = {},
): AsyncGenerator<ListRecord, void, undefined> {
  yield* (await isNdjson(path)) ? ndjsonRecords(path, options) : csvRecords(path, options);
}

async function isNdjson(path: string): Promise<boolean> {
  const lines = linesOf(path, 65_536);
  try {
    for await (const line of lines) {
      const text = line.replace(/^\uFEFF/, '').trim();
      if (text !== '') return text.startsWith('{');
    }
    return false;
  } finally {
    await lines.return();
  }
}

function columnsOf({ deviceIds = false }: RecordOptions): string[] {
  return ['registrationId', ...(deviceIds ? ['deviceId'] : []), 'organization', ...alternativeNameKinds];
}

const maxRecordCharacters = 1_048_576;

async function* csvRecords(
  path: string,
  options: RecordOptions,
): AsyncGenerator<ListRecord, void, undefined> {
  const file = createReadStream(path);
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: maxRecordCharacters,
  });
  file.on('error', (error) => parser.destroy(error));
  file.pipe(parser);
  let header: string[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      const line = info.lines;
      if (header === undefined) {
        header = record;
        const problem = headerProblem(header, columnsOf(options));
        if (problem === undefined) continue;
        yield { line, device: problem };
        return;
      }
      yield { line, device: csvDevice(header, record) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw fileError(path, error);
    yield { line: Number(error.lines), device: sentences.fleet.notCsv(firstSentence(error.message)) };
  } finally {
    file.destroy();
    parser.destroy();
  }
}

function headerProblem(header: readonly string[], columns: readonly string[]): string | undefined {
  const repeated = repeatedColumn(header);
  if (repeated !== undefined) return repeated;
  if (!header.includes('registrationId')) {
    return sentences.fleet.noIdColumn(header.slice(0, 5).map(shownColumn));
  }
  const unknown = header.find((name) => !columns.includes(name) && !/^tags\../.test(name));
  if (unknown === undefined) return undefined;
  return sentences.fleet.unknownColumn(shownColumn(unknown), columns);
}

function csvDevice(header: readonly string[], record: readonly string[]): ListedDevice | string {
  if (record.length !== header.length) {
    return sentences.fleet.fieldCount(record.length, header.length);
  }
  const device: ListedDevice & { tags: Record<string, string> } = { registrationId: '', tags: {} };
  for (const [index, name] of header.entries()) {
    const value = record[index]!;
    if (name.startsWith(tagPrefix)) device.tags[name.slice(tagPrefix.length)] = value;
    else if (value === '') continue;
    else if (name === 'registrationId' || name === 'deviceId' || name === 'organization')
      device[name] = value;
    else device[name as AlternativeNameKind] = value.split(/\s+/);
  }
  return device;
}

const text = z.string();
const names = z.union([text.transform((name) => [name]), z.array(text)]).optional();
const deviceSchema = z.strictObject({
  registrationId: text,
  organization: text.optional(),
  dns: names,
  ip: names,
  uri: names,
  email: names,
  tags: z.record(z.string().min(1), z.union([text, z.number(), z.boolean()]).transform(String)).optional(),
});

async function* ndjsonRecords(
  path: string,
  { deviceIds = false }: RecordOptions,
): AsyncGenerator<ListRecord, void, undefined> {
  const schema = deviceIds ? deviceSchema.extend({ deviceId: text.optional() }) : deviceSchema;
  let line = 0;
  for await (const json of linesOf(path)) {
    line += 1;
    const trimmed = (line === 1 ? json.replace(/^\uFEFF/, '') : json).trim();
    if (trimmed !== '') yield { line, device: ndjsonDevice(trimmed, schema) };
  }
}

function ndjsonDevice(json: string, schema: z.ZodType<ListedDevice>): ListedDevice | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return sentences.fleet.notJson((error as Error).message);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue!.path.length === 0 ? '' : `${issue!.path.join('.')}: `;
  return `${place}${issue!.message}`;
}

function firstSentence(message: string): string {
  return message.replace(/[.\n].*$/s, '');
}
