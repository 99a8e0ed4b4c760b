/**
 * The files that runs write into a certificate folder: never through a symbolic link, never over a file that no run
 * wrote, and each recorded in the journal with a digest of its contents.
 */
import { readFileSync } from 'node:fs';
import { join, parse, relative, sep } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sha256Of, sha256OfFile } from './digest.js';
import { createFileAtomically, lookAt, move, readBytesIfExists, writeFileAtomically } from './files.js';
import type { CreatedFile, Journal } from './journal.js';
import type { Layout } from './layout.js';
import { assertNoLinkBelow } from './symbolic-links.js';

export interface WriteOptions {
  /** Whether to record the file in the journal, so that `clean` removes it. Default: true. */
  note?: boolean;
}

export class OwnFiles {
  readonly #layout: Layout;
  readonly #journal: Journal;

  constructor(layout: Layout, journal: Journal) {
    this.#layout = layout;
    this.#journal = journal;
  }

  /**
   * Creates a file that must not exist yet. Private keys are always written this way.
   *
   * @param path absolute
   * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
   */
  create(path: string, contents: string | Uint8Array, mode: number, options: WriteOptions = {}): void {
    this.assertFree(path);
    this.#noting(path, contents, options, () => createFileAtomically(path, contents, mode));
  }

  /**
   * Creates a file, or replaces one that a run wrote and that has not changed since.
   *
   * @throws EnrollkitError FILE_EXISTS for any other file, FILE_UNWRITABLE
   */
  write(path: string, contents: string | Uint8Array, mode: number): void {
    if (!this.isUnchanged(path)) {
      this.create(path, contents, mode);
      return;
    }
    this.replace(path, contents, mode);
  }

  /**
   * Writes a file, replacing whatever exists. Never use it for a private key without a copy.
   *
   * @throws EnrollkitError FILE_UNWRITABLE
   */
  replace(path: string, contents: string | Uint8Array, mode: number, options: WriteOptions = {}): void {
    assertNoLinkBelow(this.#layout.folder, path);
    this.#noting(path, contents, options, () => writeFileAtomically(path, contents, mode));
  }

  /**
   * Copies a file if it exists; the copy is recorded if the file is. An existing identical copy is left as it is.
   *
   * @throws EnrollkitError FILE_UNREADABLE, FILE_UNWRITABLE; FILE_EXISTS when something else is in the copy's place
   */
  copy(from: string | undefined, to: string, mode: number): void {
    const contents = from === undefined ? undefined : readBytesIfExists(from);
    if (contents === undefined || sha256OfFile(to) === sha256Of(contents)) return;
    this.create(to, contents, mode, { note: this.isUnchanged(from!) });
  }

  /**
   * Replaces a private key, or a file that contains one, of which a copy exists. Without a copy, as after an
   * interrupted run, the old file is first renamed to `key.previous-<8 digits of its SHA-256>.pem`.
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
    if (there !== undefined && there !== sha256OfFile(copy)) {
      const { dir, name, ext } = parse(path);
      const aside = join(dir, `${name}.previous-${there.slice(0, 8)}${ext}`);
      assertNoLinkBelow(this.#layout.folder, path);
      this.moving([[path, aside]], () => move(path, aside));
    }
    this.replace(path, contents, mode, options);
  }

  /** @throws EnrollkitError FILE_EXISTS, or FILE_UNWRITABLE when the path leads through a symbolic link */
  assertFree(path: string): void {
    assertNoLinkBelow(this.#layout.folder, path);
    if (!lookAt(path)) return;
    const why = this.#journal.has(this.#thing(path))
      ? 'was changed after enrollkit wrote it'
      : 'already exists';
    throw new EnrollkitError('FILE_EXISTS', `${path} ${why}; it is not overwritten.`, {
      next: 'Move it away, then run the same command again.',
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

  /** Records new contents of a file that a run wrote and a command has replaced for the user. */
  note(path: string, contents: string | Uint8Array = readFileSync(path)): void {
    this.#journal.made(this.#thing(path, sha256Of(contents)));
  }

  /** Renames files; the journal follows those that runs wrote. */
  moving(paths: readonly [from: string, to: string][], act: () => void): void {
    const own = paths
      .filter(([from]) => this.isUnchanged(from))
      .map(([from, to]) => ({ from: this.#thing(from), to: this.#thing(to, sha256OfFile(from)) }));
    for (const { to } of own) this.#journal.intend(to);
    act();
    for (const { from, to } of own) {
      this.#journal.made(to);
      this.#journal.removed(from);
    }
  }

  /** Journaled before and after the write, so that no file is recorded as made that was not. */
  #noting(path: string, contents: string | Uint8Array, { note = true }: WriteOptions, act: () => void): void {
    const thing = this.#thing(path, sha256Of(contents));
    if (note) this.#journal.intend(thing);
    act();
    if (note) this.#journal.made(thing);
  }

  /** Paths in the journal are relative, so that the folder can be moved. */
  #thing(path: string, sha256?: string): CreatedFile {
    const relativePath = relative(this.#layout.folder, path).split(sep).join('/');
    return { kind: 'file', path: relativePath, ...(sha256 === undefined ? {} : { sha256 }) };
  }
}
