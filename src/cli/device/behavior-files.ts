/** The files that say what running devices do: templates, columns of CSV files, and the table of methods. */
import { dirname, resolve } from 'node:path';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { EnrollkitError } from '../../errors.js';
import { distinctColumns } from '../../fleet/csv-header.js';
import { type MethodTable, methodTableSchema } from '../../fleet/running/method-table.js';
import {
  type CsvValue,
  csvReferences,
  type MessageMaker,
  messageMakers,
  templateSchema,
} from '../../fleet/running/template.js';
import { sentences } from '../../languages/language.js';
import { readInputFile } from '../input/input-file.js';
import { type JsonDocument, readJsonDocument } from '../input/json-document.js';

/** Microsoft Learn, "IoT Hub quotas and throttling": device-to-cloud messages; reported properties have 32 KB. */
const maxMessageBytes = 256 * 1024;
const maxReportedBytes = 32 * 1024;
const maxFileBytes = 4 * 1024 * 1024;

const usualTemplate = {
  deviceId: { $deviceId: {} },
  time: { $timestamp: {} },
  count: { $counter: { start: 1 } },
  temperature: { $randomWalk: { start: 21, step: 0.5, minimum: 15, maximum: 30 } },
};

/**
 * @returns what makes the messages of a device
 * @throws EnrollkitError FILE_UNREADABLE; INVALID_TEMPLATE with file, line and column of each problem
 */
export function readTemplate(path: string | undefined): (deviceId: string) => MessageMaker {
  if (path === undefined) return messageMakers(usualTemplate, () => [0]);
  return readMakers(path, maxMessageBytes);
}

/** As {@link readTemplate}, of what a device reports as it connects. */
export function readReported(path: string): (deviceId: string) => MessageMaker {
  return readMakers(path, maxReportedBytes);
}

/** @throws EnrollkitError FILE_UNREADABLE; INVALID_METHODS with file, line and column of each problem */
export function readMethods(path: string): MethodTable {
  const invalid = (message: string) => new EnrollkitError('INVALID_METHODS', message);
  return readJsonDocument(path, methodTableSchema, invalid, { maxBytes: maxFileBytes }).value;
}

function readMakers(path: string, maxBytes: number): (deviceId: string) => MessageMaker {
  const document = readJsonDocument(path, templateSchema, invalidTemplate, { maxBytes: maxFileBytes });
  const columns = new Map<string, readonly CsvValue[]>();
  const key = ({ file, column }: { file: string; column: string }) => `${file}\n${column}`;
  for (const reference of csvReferences(document.value)) {
    columns.set(key(reference), readColumn(path, reference, document));
  }
  const makers = messageMakers(document.value, (reference) => columns.get(key(reference))!);
  // The longest registration ID has 128 characters.
  const bytes = Buffer.byteLength(JSON.stringify(makers('x'.repeat(128))(new Date())));
  if (bytes > maxBytes) throw invalidTemplate(sentences.deviceRun.tooLong(path, bytes, maxBytes));
  return makers;
}

/** @param template its folder is that of the CSV file */
function readColumn(
  template: string,
  { path, file, column }: { path: PropertyKey[]; file: string; column: string },
  document: JsonDocument<unknown>,
): readonly CsvValue[] {
  const wrong = (problem: string) =>
    invalidTemplate(sentences.deviceRun.csvUnreadable(document.at(path), file, problem.replace(/\.$/, '')));
  try {
    const text = readInputFile(resolve(dirname(template), file));
    const options = { columns: distinctColumns(wrong), bom: true, skip_empty_lines: true };
    const rows = parse(text, options) as Record<string, string>[];
    const [first] = rows;
    if (first === undefined) throw wrong(sentences.deviceRun.csvEmpty);
    if (!Object.hasOwn(first, column)) {
      throw wrong(sentences.deviceRun.csvNoColumn(column, Object.keys(first).slice(0, 20)));
    }
    return rows.map((row) => numberOrText(row[column]!));
  } catch (error) {
    if (error instanceof CsvError) throw wrong(error.message.slice(0, 200));
    if (error instanceof EnrollkitError && error.code === 'FILE_UNREADABLE') throw wrong(error.message);
    throw error;
  }
}

/** A number as JSON writes it stays one. */
function numberOrText(text: string): CsvValue {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text))
    ? Number(text)
    : text;
}

function invalidTemplate(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_TEMPLATE', message);
}
