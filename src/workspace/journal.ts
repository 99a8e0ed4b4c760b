/**
 * The journal: what a run made, remote and local, so that cleaning up removes just that.
 *
 * One JSON object a line, only ever appended. A line is written before the act ("intended") and after it ("made"): a
 * run that is killed between the two leaves an intention, and cleaning up then looks whether the thing is there. A
 * last line that was cut off is ignored.
 */

import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { ensureFolder, readTextIfExists, secretFileMode, unwritable } from './files.js';
import { jsonOf, withoutZeros } from './json-text.js';
import { isPathInside } from './path-inside.js';

/** No name of Azure is as long, and no path of a run. */
const text = z.string().max(1024);

export const journalTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('emulator') }),
  z.object({
    kind: z.literal('azure'),
    subscriptionId: text.optional(),
    resourceGroup: text.optional(),
    dpsName: text,
  }),
]);
/** The provisioning service that a resource was created in. */
export type JournalTarget = z.infer<typeof journalTarget>;

/** As a segment of a URL, these two would lead to another resource. */
export const remoteName = text.refine((name) => !['', '.', '..'].includes(name), {
  error: () => sentences.workspace.notAName,
});

/** 64 bits in hexadecimal: what the runs in one folder mark their creations with. */
const runPattern = /^[0-9a-f]{16}$/;

const thing = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    path: text.refine(isPathInside, { error: () => sentences.workspace.outsideFolder }),
    sha256: text.optional(),
  }),
  z.object({
    kind: z.literal('ca-certificate'),
    target: journalTarget,
    name: remoteName,
    sha1Thumbprint: text,
  }),
  z.object({ kind: z.literal('enrollment-group'), target: journalTarget, id: remoteName }),
  z.object({ kind: z.literal('individual-enrollment'), target: journalTarget, id: remoteName }),
  z.object({ kind: z.literal('registration'), target: journalTarget, id: remoteName }),
  z.object({ kind: z.literal('hub-device'), target: journalTarget, hub: text, id: remoteName }),
  // Azure resources. `run` is their tag `enrollkit-run`, by which they are told from others of the same name.
  z.object({ kind: z.literal('resource-group'), target: journalTarget, name: remoteName, run: text }),
  z.object({
    kind: z.literal('provisioning-service'),
    target: journalTarget,
    name: remoteName,
    run: text,
  }),
  z.object({ kind: z.literal('iot-hub'), target: journalTarget, name: remoteName, run: text }),
  /** `hub` is the host name of the hub. */
  z.object({ kind: z.literal('hub-link'), target: journalTarget, name: remoteName, hub: text }),
  z.object({
    kind: z.literal('telemetry'),
    target: journalTarget,
    id: text,
    hub: text,
    messageId: text.optional(),
  }),
]);
/**
 * Something that a run created. The path of a file is relative to the certificate folder, with `/` between its parts;
 * `sha256` is of what the run wrote, so that a file that was changed since is told from it. The `messageId` of a
 * message is the same each time it is sent.
 */
export type CreatedResource = z.infer<typeof thing>;
export type CreatedFile = Extract<CreatedResource, { kind: 'file' }>;

const line = z.object({ at: text, event: z.enum(['intended', 'made', 'removed']), thing });
/** What a line of the journal says, without its time. */
export type JournalEvent = Omit<z.infer<typeof line>, 'at'>;
/** Before everything that carries it. */
const runLine = z.strictObject({ at: text, run: text.regex(runPattern) });

export class Journal {
  readonly #path: string;
  readonly #now: () => Date;
  readonly #things = new Map<string, Entry>();
  /** Where a last line that was cut off begins, in bytes; it goes before the next record comes. */
  #tornAt: number | undefined;
  #run: string | undefined;

  private constructor(path: string, now: () => Date) {
    this.#path = path;
    this.#now = now;
  }

  /**
   * Reads the journal; none is an empty one, and no file is made before the first record.
   *
   * @throws EnrollkitError JOURNAL_UNREADABLE, naming the line
   */
  static open(path: string, now: () => Date): Journal {
    const journal = new Journal(path, now);
    const contents = readTextIfExists(path) ?? '';
    const lines = contents.split('\n');
    for (const [index, record] of lines.entries()) {
      if (record === '') continue;
      const data = jsonOf(record);
      const run = runLine.safeParse(data);
      const parsed = run.success ? run : line.safeParse(data);
      const last = index === lines.length - 1;
      if (last && (isCutOff(record) || parsed.success)) {
        journal.#tornAt = Buffer.byteLength(contents) - Buffer.byteLength(record);
      } else if (parsed.success) journal.#read(parsed.data);
      else throw unreadable(path, index + 1, parsed.error);
    }
    return journal;
  }

  /**
   * Removes a last line that was cut off. A file with nothing else stays as it is until a record is added: it may not be
   * a journal.
   *
   * @throws EnrollkitError FILE_UNWRITABLE
   */
  removeCutOff(): void {
    if (this.#tornAt !== 0) this.#truncate();
  }

  #truncate(): void {
    if (this.#tornAt === undefined) return;
    try {
      truncateSync(this.#path, this.#tornAt);
    } catch (cause) {
      throw unwritable(sentences.workspace.journal.name(this.#path), cause);
    }
    this.#tornAt = undefined;
  }

  /**
   * What marks everything that the runs in this folder create in Azure, so that `clean --find` can tell it when the
   * folder is lost. Chosen once, and recorded before anything carries it.
   */
  run(): string {
    if (this.#run === undefined) {
      const run = randomBytes(8).toString('hex');
      this.#write({ run });
      this.#run = run;
    }
    return this.#run;
  }

  /** The same, if it was chosen. */
  get knownRun(): string | undefined {
    return this.#run;
  }

  /** To be called before the act, once it is known that the thing is not there. */
  intend(...things: CreatedResource[]): void {
    this.record(things.map((thing) => ({ event: 'intended', thing })));
  }

  /** To be called after the act. */
  made(...things: CreatedResource[]): void {
    this.record(things.map((thing) => ({ event: 'made', thing })));
  }

  /** To be called after the thing was removed, or found gone. */
  removed(thing: CreatedResource): void {
    this.record([{ event: 'removed', thing }]);
  }

  /** Records several events in one write; a process that is killed meanwhile leaves the first of them. */
  record(events: readonly JournalEvent[]): void {
    if (events.length === 0) return;
    this.#write(...events);
    for (const { event, thing } of events) this.#apply(event, thing);
  }

  /** What was made or intended, and not removed since; in the order in which it was made. */
  things(): CreatedResource[] {
    return [...this.#things.values()].map(({ thing }) => thing);
  }

  /** The record of a thing that was made or intended, and not removed since. */
  find(thing: CreatedResource): CreatedResource | undefined {
    return this.#things.get(keyOf(thing))?.thing;
  }

  /** Whether this very thing was made, and not removed since; of a file, whatever is in it by now. */
  has(thing: CreatedResource): boolean {
    return this.#things.get(keyOf(thing))?.event === 'made';
  }

  /**
   * Whether a run wrote just this into a file, or was about to; a run that was killed then may have left what was there
   * before.
   *
   * @param sha256 of what is in the file
   */
  wrote(path: string, sha256: string): boolean {
    return this.#things.get(keyOf({ kind: 'file', path }))?.digests.includes(sha256) === true;
  }

  #write(...what: object[]): void {
    const at = this.#now().toISOString();
    const records = what.map((one) => `${JSON.stringify({ at, ...one })}\n`).join('');
    try {
      if (this.#things.size === 0) ensureFolder(dirname(this.#path));
      this.#truncate();
      appendFileSync(this.#path, records, { mode: secretFileMode });
    } catch (cause) {
      this.#tornAt = endOfLines(this.#path);
      if (cause instanceof EnrollkitError) throw cause;
      throw unwritable(sentences.workspace.journal.name(this.#path), cause);
    }
  }

  #read(record: z.infer<typeof line> | z.infer<typeof runLine>): void {
    if ('run' in record) this.#run = record.run;
    else this.#apply(record.event, record.thing);
  }

  #apply(event: JournalEvent['event'], thing: CreatedResource): void {
    const key = keyOf(thing);
    if (event === 'removed') {
      this.#things.delete(key);
      return;
    }
    const digest = thing.kind === 'file' && thing.sha256 !== undefined ? [thing.sha256] : [];
    const before = event === 'intended' ? (this.#things.get(key)?.digests ?? []) : [];
    this.#things.set(key, { event, thing, digests: [...before, ...digest] });
  }
}

/** Where the complete lines of a file end, in bytes: a full disk may have taken half a line. */
function endOfLines(path: string): number | undefined {
  try {
    return readFileSync(path).lastIndexOf('\n') + 1;
  } catch {
    return undefined;
  }
}

interface Entry {
  event: 'intended' | 'made';
  thing: CreatedResource;
  /** Of a file: what may be in it. */
  digests: string[];
}

/** A file is the same one whatever is in it, and a message whatever its ID is. */
function keyOf(thing: CreatedResource): string {
  if (thing.kind === 'file') return JSON.stringify([thing.kind, thing.path]);
  return JSON.stringify(thing.kind === 'telemetry' ? { ...thing, messageId: undefined } : thing);
}

const beginning = '{"at":"';

/** Whether this may be the beginning of a record. */
function isCutOff(record: string): boolean {
  return beginning.startsWith(withoutZeros(record).slice(0, beginning.length));
}

function unreadable(path: string, lineNumber: number, { issues }: z.ZodError): EnrollkitError {
  const leadsOut = issues.find(({ code, path: place }) => code === 'custom' && place.at(-1) === 'path');
  const isNew = issues.some(({ path: place }) => ['event', 'thing.kind'].includes(place.join('.')));
  const { journal } = sentences.workspace;
  const { problem, next } = leadsOut ? journal.outside : isNew ? journal.unknown : journal.noRecord;
  return new EnrollkitError('JOURNAL_UNREADABLE', problem(lineNumber, path), {
    next,
    context: { file: path, line: lineNumber },
  });
}
