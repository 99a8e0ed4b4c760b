/** The operations of the emulator as lines for people, and its log file. */

import { appendFileSync, existsSync, fstatSync, statSync } from 'node:fs';
import { logFileOf } from '../../emulator/log-file.js';
import type { EmulatorEvent, EmulatorLog } from '../../emulator/wire/events.js';
import { EnrollkitError, type ErrorCode } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { lookAt, readText, secretFileMode } from '../../workspace/files.js';
import { type Output, plainStyles, type Styles } from '../kernel/output.js';
import { printable } from '../terminal/text.js';

/** Precedes the reason, which is on the next line. */
const reasonIndent = ' '.repeat(13);

/** The most that is shown of what a client sent. */
const maxCharacters = 500;

/** With `--verbose`, every operation; else those that `only` selects. */
export function emulatorLog(output: Output, only: (event: EmulatorEvent) => boolean): EmulatorLog {
  return (event) => {
    if (output.verbose || only(event)) output.line(eventLine(event, output.style));
  };
}

/**
 * What a client wanted and did not get, and what else has a reason to be told. That a thing is not there is often just what
 * was asked.
 */
export const isNotable = ({ status, reason }: EmulatorEvent): boolean =>
  status >= 400 ? status !== 404 : reason !== undefined;

/**
 * Appends refusals to the log file of a state folder, so that the reason is in one place, wherever the emulator runs.
 *
 * @param dir the state folder
 * @throws EnrollkitError FILE_EXISTS when something else than a file is in the place of the log
 */
export function emulatorLogFile(dir: string): EmulatorLog {
  const file = logFileFor(dir);
  return (event) => {
    // Opening a pipe would wait for somebody to read it.
    if (!isNotable(event) || isStandardError(file) || lookAt(file)?.isFile() === false) return;
    try {
      appendFileSync(file, `${eventLine(event, plainStyles)}\n`, { mode: secretFileMode });
    } catch {
      // A log that cannot be written stops no emulator.
    }
  };
}

/**
 * The log file of a state folder, to be written.
 *
 * @throws EnrollkitError FILE_EXISTS when a pipe, a folder or a symbolic link is in its place
 */
export function logFileFor(dir: string): string {
  const file = logFileOf(dir);
  if (lookAt(file)?.isFile() !== false) return file;
  throw new EnrollkitError('FILE_EXISTS', sentences.workspace.notAFile(file), {
    next: sentences.workspace.moveAway,
    context: { file },
  });
}

/** As in a process that `emulator start --detach` has started: its lines are in the file already. */
function isStandardError(file: string): boolean {
  if (!existsSync(file)) return false;
  const [a, b] = [fstatSync(2), statSync(file)];
  return a.ino === b.ino && a.dev === b.dev;
}

const refusals: readonly ErrorCode[] = [
  'DEVICE_NOT_AUTHORIZED',
  'REGISTRATION_FAILED',
  'HUB_REFUSED',
  'NO_CREDENTIALS',
  'FORBIDDEN',
  'REFUSED',
];

/**
 * Names the log of the emulator that refused something, with the line about this device: DPS and its hubs give no reason
 * to clients, but the log does.
 */
export function namingLog(error: unknown, log: string): unknown {
  const isOne = (thrown: unknown) => thrown instanceof EnrollkitError && refusals.includes(thrown.code);
  if (!(error instanceof EnrollkitError) || !(isOne(error) || isOne(error.cause)) || !existsSync(log)) {
    return error;
  }
  const { code, message, next, context, cause } = error;
  const about = [error, error.cause].flatMap((one) =>
    one instanceof EnrollkitError ? [one.context.registrationId, one.context.deviceId] : [],
  );
  const id = about.find((one): one is string => typeof one === 'string');
  const line = id === undefined ? undefined : lastRefusalOf(log, id);
  if (!line)
    return new EnrollkitError(code, sentences.cliTarget.withLog(message, log), { next, context, cause });
  return new EnrollkitError(
    code,
    sentences.cliTarget.withReason(
      message,
      log,
      line.number,
      `${line.reason}${/[.?!]$/.test(line.reason) ? '' : '.'}`,
    ),
    { next, context: { ...context, log: { file: log, line: line.number, reason: line.reason } }, cause },
  );
}

/** A refusal in the log: its number counts from 1, as editors do. */
export interface LogEntry {
  number: number;
  text: string;
  reason: string;
}

/** The entries of a log file, oldest first. @throws EnrollkitError FILE_UNREADABLE */
export function logEntries(log: string): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const [index, raw] of readText(log).split('\n').entries()) {
    if (raw === '') continue;
    // A log can be edited.
    const text = short(raw);
    const last = entries.at(-1);
    if (last && text.startsWith(reasonIndent))
      last.reason = [last.reason, text.trim()].filter(Boolean).join(' ');
    else entries.push({ number: index + 1, text, reason: '' });
  }
  return entries;
}

/** The last entry about a device that tells a reason. */
function lastRefusalOf(log: string, id: string): LogEntry | undefined {
  try {
    return logEntries(log).findLast(({ text, reason }) => reason !== '' && text.includes(` ${short(id)} `));
  } catch {
    return undefined;
  }
}

/** Says where the reasons for refusals are. @param log undefined in Azure, which keeps them to itself */
export function noteLog(output: Output, log: string | undefined): void {
  if (log !== undefined && existsSync(log)) output.note('emulator.log', sentences.cliTarget.seeLog(log));
}

function eventLine(event: EmulatorEvent, style: Styles): string {
  const { at, plane, transport, operation, id, status, reason } = event;
  const what = `${at.slice(11, 23)} ${transport.padEnd(5)} ${plane.padEnd(7)} ${short(operation)}${id ? ` ${short(id)}` : ''}`;
  const line = `${style.dim(what)} ${status >= 400 ? style.red(String(status)) : status}`;
  return reason ? `${line}\n${reasonIndent}${short(reason)}` : line;
}

function short(text: string): string {
  const line = printable(text);
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters)}…` : line;
}
