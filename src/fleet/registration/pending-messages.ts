/**
 * Messages that devices may have sent, and whose acknowledgment is not in the results yet. They are kept in the lock of
 * the results file during a run, so that the next run knows of them if this one is killed.
 */
import { appendFileSync, rmSync } from 'node:fs';
import { readTextIfExists, secretFileMode, unwritable } from '../../workspace/files.js';
import { jsonOf } from '../../workspace/json-text.js';
import { besideResults, hasMessageIdOrNone, type ResultLine } from './result-lines.js';

export interface MessageLine extends ResultLine {
  sha256Thumbprint: string;
}

/** To be used while the results file is open. A message is known by its device's certificate. */
export class PendingMessages<Line extends MessageLine> {
  readonly #results: string;
  readonly #path: string;
  #lines: Map<string, Line> | undefined;

  constructor(results: string) {
    this.#results = results;
    this.#path = besideResults(results, 'messages');
  }

  /** The ID of the message that a device may have sent. @throws EnrollkitError FILE_UNREADABLE */
  idOf({ sha256Thumbprint }: Pick<Line, 'sha256Thumbprint'>): string | undefined {
    return this.#all().get(sha256Thumbprint)?.messageId;
  }

  /**
   * To be called before a message is sent.
   *
   * @param line the result, should the run end before the acknowledgment; has the ID of the message
   * @throws EnrollkitError FILE_UNREADABLE, FILE_UNWRITABLE
   */
  add(line: Line): void {
    this.#all().set(line.sha256Thumbprint, { ...line });
    try {
      // Begins a new line, in case the process was killed within one.
      appendFileSync(this.#path, `\n${JSON.stringify(line)}\n`, { mode: secretFileMode });
    } catch (cause) {
      throw unwritable(this.#results, cause);
    }
  }

  /** To be called when the result of a device is in the results file. */
  settle({ sha256Thumbprint }: Pick<Line, 'sha256Thumbprint'>): void {
    this.#all().delete(sha256Thumbprint);
  }

  /** Forgets messages of no concern to this run. @throws EnrollkitError FILE_UNREADABLE */
  retain(concerns: (line: Line) => boolean): void {
    for (const line of [...this.#all().values()]) if (!concerns(line)) this.settle(line);
  }

  /** Adds what is still pending to the results, and removes the file. @throws EnrollkitError what `addResult` throws */
  close(addResult: (line: Line) => void): void {
    for (const line of this.#all().values()) addResult(line);
    rmSync(this.#path, { force: true });
  }

  #all(): Map<string, Line> {
    this.#lines ??= new Map(readLines<Line>(this.#path).map((line) => [line.sha256Thumbprint, line]));
    return this.#lines;
  }
}

/** A line that was cut off is of a message that was not sent. */
function readLines<Line extends MessageLine>(path: string): Line[] {
  return (readTextIfExists(path) ?? '').split('\n').flatMap((text) => {
    const line = jsonOf(text) as Line | null | undefined;
    const isMessage = typeof line?.sha256Thumbprint === 'string' && line.messageId !== undefined;
    return isMessage && hasMessageIdOrNone(line) ? [line] : [];
  });
}
