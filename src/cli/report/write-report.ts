/** Writes a report: whole or not at all, and over nothing but an earlier report that nobody has changed. */
import { basename, dirname, resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { sha256Of } from '../../workspace/digest.js';
import { lookAt, publicFileMode, readBytesIfExists } from '../../workspace/files.js';
import { certificateFolderOf } from '../../workspace/layout.js';
import { openFolder } from '../../workspace/open-folder.js';
import { assertFree } from '../input/write-files.js';
import { placesOf } from '../input/write-place.js';

/** The file in a certificate folder. A run wrote it, as far as `clean` is concerned. */
export const reportName = 'report.html';

/** Commands that write into one folder wait for each other. */
const patienceMs = 2000;

/** The last line of a report: a digest of the lines before it. */
const seal = /\n<!-- enrollkit-report:([0-9A-F]{64}) -->\n$/;

function sealed(html: string): string {
  const body = html.trimEnd();
  return `${body}\n<!-- enrollkit-report:${sha256Of(body)} -->\n`;
}

function isOwnReport(path: string): boolean {
  const text = lookAt(path)?.isFile() ? readBytesIfExists(path)?.toString('utf8') : undefined;
  const digest = text === undefined ? undefined : seal.exec(text)?.[1];
  return digest !== undefined && digest === sha256Of(text!.replace(seal, ''));
}

/**
 * Call it before the work as well, so that nobody waits for a report that cannot be written.
 *
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function assertReportFits(path: string, force: boolean): void {
  assertFree([path], force || isOwnReport(path));
}

/** @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE, FOLDER_IN_USE, JOURNAL_UNREADABLE; INTERNAL if it reads back differently */
export function writeReport(path: string, html: string, force: boolean, now: () => Date): void {
  assertReportFits(path, force);
  const contents = sealed(html);
  const absolute = resolve(path);
  const [place] = placesOf([absolute]);
  const { files, close } = openFolder(place!.layout, now, patienceMs);
  try {
    const isOfFolder =
      basename(absolute) === reportName && certificateFolderOf(absolute)?.folder === dirname(absolute);
    const options = { note: isOfFolder };
    const change = files.change();
    if (lookAt(absolute)) change.replace(absolute, contents, publicFileMode, options);
    else change.create(absolute, contents, publicFileMode, options);
    change.commit();
  } finally {
    close();
  }
  if (readBytesIfExists(absolute)?.toString('utf8') === contents) return;
  throw new EnrollkitError('INTERNAL', sentences.cliReport.notReadBack(path), { context: { file: path } });
}
