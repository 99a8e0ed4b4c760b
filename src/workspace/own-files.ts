/**
 * The files that runs write into a certificate folder: never through a symbolic link, never over a file that no run
 * wrote, and each recorded in the journal with a digest of its contents.
 */

import { readFileSync } from 'node:fs';
import { join, parse, relative, sep } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { sha256Of, sha256OfFile } from './digest.js';
import { lookAt, readBytesIfExists } from './files.js';
import type { CreatedFile, Journal, JournalEvent } from './journal.js';
import type { CertificatePaths, Layout } from './layout.js';
import { assertNoLinkBelow } from './symbolic-links.js';
import {
  type Change,
  type Completed,
  filesOf,
  finishInterrupted,
  type NewFile,
  Transaction,
  type TransactionFolder,
} from './transaction.js';

export interface WriteOptions {
  /** Whether to record the file in the journal, so that `clean` removes it. Default: true. */
  note?: boolean;
}

/** A file and where it is written; the path is absolute. */
export interface PlacedFile extends NewFile {
  path: string;
}

/** For one process at a time: the lock of the folder is held while files are written. */
export class OwnFiles {
  readonly #layout: Layout;
  readonly #journal: Journal;
  readonly #place: TransactionFolder;

  constructor(layout: Layout, journal: Journal) {
    this.#layout = layout;
    this.#journal = journal;
    this.#place = {
      folder: layout.folder,
      work: layout.pending,
      note: (changes) => this.#noteChanges(changes),
    };
  }

  /** Starts a change of several files, of which all are made or none. */
  change(): FilesChange {
    return new FilesChange(this, this.#layout, this.#journal, (digests) => {
      const note = (changes: readonly Change[]) => this.#noteChanges(changes, digests);
      return new Transaction({ ...this.#place, note });
    });
  }

  /**
   * Completes the change of a process that was killed, or removes the files that it had not put in place.
   *
   * @throws EnrollkitError JOURNAL_UNREADABLE, FILE_EXISTS, FILE_UNWRITABLE
   */
  finishInterrupted(): Completed | undefined {
    return finishInterrupted(this.#place);
  }

  /**
   * Creates a file that must not exist yet. Private keys are always written this way.
   *
   * @param path absolute
   * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
   */
  create(path: string, contents: string | Uint8Array, mode: number, options: WriteOptions = {}): void {
    const change = this.change();
    change.create(path, contents, mode, options);
    change.commit();
  }

  /**
   * Creates a file, or replaces one that a run wrote and that has not changed since.
   *
   * @throws EnrollkitError FILE_EXISTS for any other file, FILE_UNWRITABLE
   */
  write(path: string, contents: string | Uint8Array, mode: number): void {
    if (this.isUnchanged(path)) this.replace(path, contents, mode);
    else this.create(path, contents, mode);
  }

  /**
   * Writes a file, replacing whatever exists. Never use it for a private key without a copy.
   *
   * @throws EnrollkitError FILE_UNWRITABLE
   */
  replace(path: string, contents: string | Uint8Array, mode: number, options: WriteOptions = {}): void {
    const change = this.change();
    change.replace(path, contents, mode, options);
    change.commit();
  }

  /**
   * @param folders see `linkBelow`
   * @throws EnrollkitError FILE_EXISTS, or FILE_UNWRITABLE when the path leads through a symbolic link
   */
  assertFree(path: string, folders?: Set<string>): void {
    assertNoLinkBelow(this.#layout.folder, path, folders);
    if (!lookAt(path)) return;
    const { changed, notOverwritten } = sentences.workspace;
    const why = this.#journal.has(this.#thing(path)) ? changed : notOverwritten;
    throw new EnrollkitError('FILE_EXISTS', why(path), {
      next: sentences.workspace.moveAway,
      context: { file: path },
    });
  }

  /** Whether a run wrote this file and its contents have not changed since. */
  isUnchanged(path: string): boolean {
    const sha256 = sha256OfFile(path);
    return sha256 !== undefined && this.#journal.wrote(this.#thing(path).path, sha256);
  }

  /** Whether a run finished writing this file; it may have been removed since. */
  wasMade(path: string): boolean {
    return this.#journal.has(this.#thing(path));
  }

  /** @param digests of what was written just now, by absolute path; any other file is read */
  #noteChanges(changes: readonly Change[], digests?: ReadonlyMap<string, string>): void {
    const events: JournalEvent[] = [];
    const made = (path: string) => {
      const absolute = join(this.#layout.folder, path);
      const sha256 = digests?.get(absolute) ?? digestOf(absolute);
      if (sha256 !== undefined) events.push({ event: 'made', thing: { kind: 'file', path, sha256 } });
    };
    for (const change of changes) {
      if (change.kind === 'create' || (change.kind === 'write' && change.note)) filesOf(change).forEach(made);
      if (change.kind !== 'move') continue;
      for (const [from, to] of change.note ?? []) {
        made(to);
        events.push({ event: 'removed', thing: { kind: 'file', path: from } });
      }
    }
    this.#journal.record(events);
  }

  /** Paths in the journal are relative, so that the folder can be moved. */
  #thing(path: string): CreatedFile {
    return { kind: 'file', path: pathIn(this.#layout, path) };
  }
}

/** A change of several files of a certificate folder: planned first, then made as a whole. */
export class FilesChange {
  readonly #files: OwnFiles;
  readonly #layout: Layout;
  readonly #journal: Journal;
  readonly #transaction: Transaction;
  readonly #noted: CreatedFile[] = [];
  /** That are no links. They are looked at again when the change is made. */
  readonly #folders = new Set<string>();
  /** Digests of what is to be written, by path. */
  readonly #planned = new Map<string, string>();

  /** See {@link OwnFiles.change}. */
  constructor(
    files: OwnFiles,
    layout: Layout,
    journal: Journal,
    begin: (digests: ReadonlyMap<string, string>) => Transaction,
  ) {
    this.#files = files;
    this.#layout = layout;
    this.#journal = journal;
    this.#transaction = begin(this.#planned);
  }

  /** The SHA-256 digests of the new contents, by absolute path. */
  get digests(): ReadonlyMap<string, string> {
    return this.#planned;
  }

  /** As {@link OwnFiles.create}. */
  create(path: string, contents: string | Uint8Array, mode: number, options: WriteOptions = {}): void {
    this.#files.assertFree(path, this.#folders);
    this.#write(path, contents, mode, options, false);
  }

  /**
   * Makes a folder that must not exist yet, with its files: in one step, which costs less than making each file.
   *
   * @throws EnrollkitError as {@link OwnFiles.create}
   */
  createFolder(folder: string, files: readonly PlacedFile[]): void {
    this.#files.assertFree(folder, this.#folders);
    const path = this.#in(folder);
    const byPath = new Map<string, NewFile>();
    for (const file of files) {
      this.#plan(file.path, file.contents, true);
      byPath.set(this.#in(file.path).slice(path.length + 1), file);
    }
    this.#transaction.createFolder(path, byPath);
  }

  /** As {@link OwnFiles.replace}. */
  replace(path: string, contents: string | Uint8Array, mode: number, options: WriteOptions = {}): void {
    assertNoLinkBelow(this.#layout.folder, path);
    this.#write(path, contents, mode, options, true);
  }

  /**
   * Copies a file if it exists; the copy is recorded if the file is. An existing identical copy is left as it is.
   *
   * @throws EnrollkitError FILE_UNREADABLE, FILE_UNWRITABLE; FILE_EXISTS when something else is in the copy's place
   */
  copy(from: string | undefined, to: string, mode: number): void {
    const contents = from === undefined ? undefined : readBytesIfExists(from);
    if (contents === undefined || sha256OfFile(to) === sha256Of(contents)) return;
    this.create(to, contents, mode, { note: this.#files.isUnchanged(from!) });
  }

  /**
   * Replaces a private key, or a file that contains one, of which a copy exists or is made in the same change. Without
   * a copy, the old file is first renamed to `key.previous-<8 digits of its SHA-256>.pem`.
   *
   * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
   */
  replaceKept(
    path: string,
    copy: string,
    contents: string | Uint8Array,
    mode: number,
    options: WriteOptions,
  ): void {
    const there = sha256OfFile(path);
    if (there !== undefined && there !== (this.#planned.get(copy) ?? sha256OfFile(copy))) {
      const { dir, name, ext } = parse(path);
      this.move(path, join(dir, `${name}.previous-${there.slice(0, 8)}${ext}`));
    }
    this.replace(path, contents, mode, options);
  }

  /** Renames a file; the journal follows it if a run wrote it. @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE */
  move(from: string, to: string): void {
    this.#move(from, to, [[from, to]]);
  }

  /** Renames the folder of a certificate; the journal follows the files that runs wrote. */
  moveCertificate(from: CertificatePaths, to: CertificatePaths): void {
    this.#move(
      from.folder,
      to.folder,
      (['key', 'chain', 'certificate'] as const).map((name) => [from[name], to[name]]),
    );
  }

  /**
   * Makes the change.
   *
   * @param request what it is part of; {@link OwnFiles.finishInterrupted} returns it
   * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE; nothing is changed then
   */
  commit(request?: string): void {
    this.#journal.intend(...this.#noted);
    this.#transaction.commit(request);
  }

  /**
   * Like {@link commit}, but waits for the disk without blocking this thread, and for many files at once. No other change
   * of the folder may be made meanwhile.
   *
   * @throws EnrollkitError as {@link commit}
   */
  async commitMany(): Promise<void> {
    this.#journal.intend(...this.#noted);
    await this.#transaction.commitMany();
  }

  #write(
    path: string,
    contents: string | Uint8Array,
    mode: number,
    { note = true }: WriteOptions,
    replace: boolean,
  ): void {
    this.#plan(path, contents, note);
    this.#transaction.write(this.#in(path), contents, mode, { replace, note });
  }

  #plan(path: string, contents: string | Uint8Array, note: boolean): void {
    const sha256 = sha256Of(contents);
    this.#planned.set(path, sha256);
    if (note) this.#noted.push({ kind: 'file', path: this.#in(path), sha256 });
  }

  #move(from: string, to: string, files: [from: string, to: string][]): void {
    assertNoLinkBelow(this.#layout.folder, from);
    assertNoLinkBelow(this.#layout.folder, to);
    const own = files.filter(([path]) => this.#files.isUnchanged(path));
    this.#transaction.move(
      this.#in(from),
      this.#in(to),
      own.map(([path, target]) => [this.#in(path), this.#in(target)]),
    );
    for (const [path, target] of own) {
      this.#noted.push({ kind: 'file', path: this.#in(target), sha256: sha256Of(readFileSync(path)) });
    }
  }

  #in(path: string): string {
    return pathIn(this.#layout, path);
  }
}

function digestOf(path: string): string | undefined {
  const contents = readBytesIfExists(path);
  return contents && sha256Of(contents);
}

/** Relative to the certificate folder, with `/` between its parts. */
function pathIn({ folder }: Layout, path: string): string {
  // The usual case, without the work of `relative`.
  if (sep === '/' && path.startsWith(`${folder}/`)) return path.slice(folder.length + 1);
  return relative(folder, path).split(sep).join('/');
}
