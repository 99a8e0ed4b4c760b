/** Whether the files of an interrupted run are as its journal says, so that what follows the committed part may be cut off. */

import { sentences } from '../../languages/language.js';
import type { OutputFormat } from '../formats/output-format.js';
import { manifestHeader } from '../manifest.js';
import { linesOf } from '../text-files.js';
import { assertUnchanged, changed } from './committed-file.js';
import type { Progress } from './journal.js';
import type { FleetRequest } from './request.js';

/**
 * Changes nothing. The journal may be a copy, or edited, and the files may be someone else's by now.
 *
 * @throws EnrollkitError FILE_EXISTS when a file has changed since the run was interrupted; FILE_UNREADABLE
 */
export async function assertResumable(
  request: FleetRequest,
  format: OutputFormat,
  done: Progress,
): Promise<void> {
  const { source, range, out, manifest } = request;
  const { devices, tails } = done;
  const [first, at] = [range.begin, range.begin + devices];
  const around = { begin: Math.max(first, at - 1), end: Math.min(range.end, at + 1) };
  const ids: string[] = [];
  for await (const { registrationId } of source.devices(around)) ids.push(registrationId);
  const last = devices > 0 ? ids.shift() : undefined;
  const [next] = ids;

  const row = next === undefined ? '' : `${next},`;
  const nextRow = done.manifest === 0 ? manifestHeader(source.tagNames) : row;
  await assertUnchanged(manifest, { length: done.manifest, tail: tails?.manifest }, Buffer.from(nextRow));
  await assertListed(manifest, done, last);
  if (typeof out !== 'string' || format.folder) return;
  const trailer = done.ended ? undefined : format.trailer;
  const start = next === undefined ? trailer : format.startOf?.(next);
  await assertUnchanged(out, { length: done.output, tail: tails?.output }, Buffer.from(start ?? []));
}

/** @param last the ID of the last device that is committed */
async function assertListed(manifest: string, done: Progress, last: string | undefined): Promise<void> {
  let [length, devices, lastRow] = [0, -1, ''];
  for await (const line of linesOf(manifest, done.manifest)) {
    length += Buffer.byteLength(line) + 1;
    devices += 1;
    lastRow = line;
  }
  const isLast = last === undefined || lastRow.startsWith(`${last},`);
  if (length === done.manifest && Math.max(devices, 0) === done.devices && isLast) return;
  throw changed(manifest, sentences.fleet.changedRows(manifest, done.devices));
}
