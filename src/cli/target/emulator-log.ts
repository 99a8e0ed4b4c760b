/** The operations of the emulator as lines for people. */
import type { EmulatorEvent, EmulatorLog } from '../../emulator/wire/events.js';
import type { Output } from '../kernel/output.js';
import { printable } from '../terminal/text.js';

/** The most that is shown of what a client sent. */
const maxCharacters = 500;

/** With `--verbose`, every operation; else those that `only` selects. */
export function emulatorLog(output: Output, only: (event: EmulatorEvent) => boolean): EmulatorLog {
  return (event) => {
    if (output.verbose || only(event)) output.line(eventLine(event, output));
  };
}

/**
 * What a client wanted and did not get, and what else has a reason to be told. That a thing is not there is often just what
 * was asked.
 */
export const isNotable = ({ status, reason }: EmulatorEvent): boolean =>
  status >= 400 ? status !== 404 : reason !== undefined;

function eventLine(event: EmulatorEvent, { style }: Output): string {
  const { at, plane, transport, operation, id, status, reason } = event;
  const what = `${at.slice(11, 23)} ${transport.padEnd(5)} ${plane.padEnd(7)} ${short(operation)}${id ? ` ${short(id)}` : ''}`;
  const line = `${style.dim(what)} ${status >= 400 ? style.red(String(status)) : status}`;
  return reason ? `${line}\n             ${short(reason)}` : line;
}

function short(text: string): string {
  const line = printable(text);
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters)}…` : line;
}
