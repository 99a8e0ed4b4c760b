/**
 * Files that a person names. They may also be pipes, such as those of `<(command)` in a shell, or standard input; files of
 * enrollkit itself may not (`readBytesIfExists` of `files.ts`).
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { maxBytesRead, reason } from './files.js';

/** The file descriptor of standard input. */
export const standardInput = 0;

/** How long a named pipe has nobody who writes to it until it is refused. */
const longestWithoutWriter = 1000;
/** How long a program that writes to a pipe may say nothing. It may ask for a passphrase first. */
const longestSilence = 60_000;
const pauseBetweenReads = 20;
const chunkBytes = 65_536;

/**
 * Reads a file, a pipe, or standard input, without ever waiting for a pipe that nobody writes to.
 *
 * @param path the path, or {@link standardInput}
 * @param maxBytes what is larger is refused, also if it only turns out while reading
 * @throws EnrollkitError FILE_UNREADABLE, naming the file
 */
export function readGivenFile(
  path: string | typeof standardInput,
  { maxBytes = maxBytesRead }: { maxBytes?: number } = {},
): Buffer {
  const name = path === standardInput ? '-' : path;
  let file: number = standardInput;
  try {
    // Opening a named pipe would wait for somebody to write. Windows has neither the flag nor such pipes.
    if (path !== standardInput) file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (stats.isFile() && stats.size > maxBytes) throw tooLarge(name, stats.size, maxBytes);
    if (stats.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    return stats.isFile() ? readFileSync(file) : interruptible(() => readStream(file, stats, name, maxBytes));
  } catch (cause) {
    if (cause instanceof EnrollkitError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? sentences.workspace.noFile(name)
        : sentences.workspace.unreadable(name, reason(cause));
    throw new EnrollkitError('FILE_UNREADABLE', why, { cause, context: { file: name } });
  } finally {
    if (file !== standardInput) closeSync(file);
  }
}

/** What comes out of a pipe, a terminal or a device, until it ends. */
function readStream(file: number, stats: Stats, name: string, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  let lastHeard = Date.now();
  for (;;) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const count = readNow(file, chunk);
    const silence = Date.now() - lastHeard;
    if (count > 0) {
      chunks.push(chunk.subarray(0, count));
      size += count;
      if (size > maxBytes) throw tooLarge(name, size, maxBytes);
      lastHeard = Date.now();
      continue;
    }
    if (count === 0) {
      // The end, or a pipe that nobody has opened for writing yet.
      const mayBegin = stats.isFIFO() && file !== standardInput && size === 0;
      if (!mayBegin) return Buffer.concat(chunks);
      if (silence > longestWithoutWriter) throw silent(sentences.workspace.pipeWithoutWriter(name), name);
    } else if (stats.isFIFO() && silence > longestSilence) {
      throw silent(sentences.workspace.pipeSilent(name, longestSilence / 1000), name);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseBetweenReads);
  }
}

/** @returns the number of bytes read; 0 at the end of the file; -1 if a pipe has no data yet */
function readNow(file: number, chunk: Buffer): number {
  try {
    return readSync(file, chunk);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return -1;
    // How Windows reports the end of a pipe.
    if (code === 'EOF') return 0;
    throw error;
  }
}

/**
 * Lets signals end the process at once during a read that keeps the event loop from handling them. Nothing has been
 * changed yet: what is named on the command line is read first.
 */
function interruptible<Result>(read: () => Result): Result {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const handlers = signals.map((signal) => process.listeners(signal));
  for (const signal of signals) process.removeAllListeners(signal);
  try {
    return read();
  } finally {
    for (const [index, signal] of signals.entries())
      for (const handler of handlers[index]!) process.on(signal, handler as NodeJS.SignalsListener);
  }
}

function tooLarge(name: string, size: number, maxBytes: number): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', sentences.workspace.tooLarge(name, size, maxBytes), {
    next: sentences.workspace.checkFile,
    context: { file: name },
  });
}

function silent(message: string, name: string): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', message, {
    next: sentences.workspace.writeToPipe,
    context: { file: name },
  });
}
