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

/** An operation that failed. Not for 404: clients often ask whether something exists. */
export const isRefusal = ({ status }: EmulatorEvent): boolean => status >= 400 && status !== 404;

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
