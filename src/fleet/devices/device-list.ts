/** The devices of a list: checked as a whole before anything is made, then read again as they are needed. */

import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { registrationIdProblem, sameId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { alternativeNameKinds, alternativeNamesProblem } from '../../pki/make/alternative-names.js';
import type { Subject } from '../../pki/make/issue.js';
import { batchesOf } from '../batches.js';
import { subjectPrefix } from '../issue/certificate-template.js';
import { fileError } from '../text-files.js';
import type { DeviceRequest, SubjectPrefix } from './device.js';
import type { DeviceSource, IndexRange } from './device-source.js';
import { IdTable } from './id-table.js';
import { type ListedDevice, type ListRecord, recordsOf } from './list-records.js';

/** Problems shown at once. */
const maxProblems = 5;
const maxTagNames = 100;

/**
 * Devices from a CSV file with a header, or from a file of NDJSON; docs/fleet.md has the columns. The whole list is
 * checked now, in little memory however long it is, and read again when the devices are made.
 *
 * @param subject the `subject` that `issueFleet` is called with; an organization in the list overrides its own
 * @throws EnrollkitError FILE_UNREADABLE; INVALID_DEVICE_LIST with file and line of the first five problems
 */
export async function devicesFromList(
  path: string,
  subject: Omit<Subject, 'commonName'> = {},
): Promise<DeviceSource> {
  assertRegularFile(path);
  const prefixOf = cachedPrefixes(subject);
  const problems: string[] = [];
  const ids = new IdTable();
  const tagNames: string[] = [];
  let count = 0;
  for await (const record of recordsOf(path)) {
    const found =
      typeof record.device === 'string'
        ? record.device
        : (problemOf(record.device, prefixOf) ??
          tagProblem(record.device, tagNames) ??
          (await duplicateOf(
            record.device.registrationId,
            ids.add(record.device.registrationId, count),
            path,
          )));
    count += 1;
    if (found === undefined) continue;
    problems.push(`${path}:${record.line}: ${found}`);
    if (problems.length > maxProblems) break;
  }
  if (count === 0) problems.push(sentences.fleet.emptyList(path));
  if (problems.length > 0) throw invalid(problems);
  const digest = await digestOfFile(path);
  const devices = (range: IndexRange) => devicesOf(path, range, { prefixOf, tagNames });
  return {
    count,
    tagNames,
    identity: { list: digest },
    devices,
    async *batches(range, size) {
      for await (const batch of batchesOf(devices(range), size)) yield { devices: batch };
    },
  };
}

async function* devicesOf(
  path: string,
  { begin, end }: IndexRange,
  { prefixOf, tagNames }: { prefixOf: PrefixOf; tagNames: readonly string[] },
): AsyncGenerator<DeviceRequest, void, undefined> {
  if (begin >= end) return;
  let index = 0;
  for await (const { device, line } of recordsOf(path)) {
    if (index >= begin) yield requestOf(device, line);
    index += 1;
    if (index === end) return;
  }
  throw changed(path);

  function requestOf(device: ListRecord['device'], line: number): DeviceRequest {
    if (typeof device === 'string') throw invalid([`${path}:${line}: ${device}`]);
    const { registrationId, organization, tags } = device;
    return {
      registrationId,
      ...(organization === undefined ? {} : { subjectPrefix: prefixOf(organization) }),
      ...(alternativeNameKinds.some((kind) => device[kind]) ? { alternativeNames: namesOf(device) } : {}),
      ...(tagNames.length === 0 ? {} : { tags: tagNames.map((name) => tags?.[name] ?? '') }),
    };
  }
}

const namesOf = ({ dns, ip, uri, email }: ListedDevice) => ({ dns, ip, uri, email });

/** The subject for an organization. @throws EnrollkitError INVALID_SUBJECT */
type PrefixOf = (organization: string) => SubjectPrefix;

/** Caches the subjects: a few organizations have most of the devices. */
function cachedPrefixes(subject: Omit<Subject, 'commonName'>): PrefixOf {
  const cache = new Map<string, SubjectPrefix>();
  return (organization) => {
    let prefix = cache.get(organization);
    if (!prefix) {
      prefix = subjectPrefix({ ...subject, organization });
      if (cache.size >= 1000) cache.clear();
      cache.set(organization, prefix);
    }
    return prefix;
  };
}

function problemOf(device: ListedDevice, prefixOf: PrefixOf): string | undefined {
  const problem = registrationIdProblem(device.registrationId) ?? alternativeNamesProblem(namesOf(device));
  if (problem !== undefined || device.organization === undefined) return problem;
  try {
    prefixOf(device.organization);
    return undefined;
  } catch (error) {
    if (error instanceof EnrollkitError) return error.message;
    throw error;
  }
}

/** Adds new tag names to `known`. */
function tagProblem({ tags = {} }: ListedDevice, known: string[]): string | undefined {
  for (const [name, value] of Object.entries(tags)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: each line of the manifest is a device.
    if (/[\u0000-\u001f\u007f]/.test(name + value)) {
      return sentences.fleet.controlCharacters(JSON.stringify(name.slice(0, 64)));
    }
    if (known.includes(name)) continue;
    if (known.length === maxTagNames) return sentences.fleet.tooManyTags(maxTagNames);
    known.push(name);
  }
  return undefined;
}

/** An equal digest nearly always means an equal ID; only the earlier record can tell. */
async function duplicateOf(
  id: string,
  suspects: readonly number[],
  path: string,
): Promise<string | undefined> {
  if (suspects.length === 0) return undefined;
  let index = 0;
  for await (const { device, line } of recordsOf(path)) {
    if (suspects.includes(index) && typeof device !== 'string' && sameId(device.registrationId, id)) {
      const other = device.registrationId;
      return sentences.fleet.listedTwice(id, line, other === id ? undefined : other);
    }
    index += 1;
    if (index > suspects.at(-1)!) break;
  }
  return undefined;
}

async function digestOfFile(path: string): Promise<string> {
  const digest = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  } catch (cause) {
    throw fileError(path, cause);
  }
  return digest.digest('hex');
}

function assertRegularFile(path: string): void {
  let isFile: boolean;
  try {
    isFile = statSync(path).isFile();
  } catch (cause) {
    throw fileError(path, cause);
  }
  if (isFile) return;
  throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.notAFile(path), {
    next: sentences.fleet.writeToFile,
  });
}

function invalid(problems: readonly string[]): EnrollkitError {
  const more = problems.length > maxProblems ? sentences.fleet.andMore : '';
  const lines = problems
    .slice(0, maxProblems)
    .map((problem) => (/[.。]$/.test(problem) ? problem : `${problem}.`));
  return new EnrollkitError('INVALID_DEVICE_LIST', lines.join('\n') + more);
}

function changed(path: string): EnrollkitError {
  return new EnrollkitError('INVALID_DEVICE_LIST', sentences.fleet.changedWhileRead(path));
}
