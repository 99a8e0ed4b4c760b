/** How a question looks: the question, the line that is typed, and below it what to know about it. */

import { sentences } from '../../../languages/language.js';
import type { Output, Styles } from '../../kernel/output.js';
import type { Place } from '../asker.js';
import type { Symbols } from '../symbols.js';
import { displayWidth, labeledWithin, wrap, wrapParts } from '../text.js';

/** What all questions have in common. */
export interface FrameConfig {
  message: string;
  /** Undefined for a question that belongs to no dialogue. */
  place: Place | undefined;
  help: string | undefined;
  output: Output;
  symbols: Symbols;
}

/** What came of a question. */
export type Outcome<Value> =
  | { kind: 'answer'; value: Value }
  | { kind: 'back' }
  | { kind: 'closed' }
  /** It has to be drawn again: after Ctrl-Z, or because the terminal became narrower. */
  | { kind: 'again'; typed: string; suspend: boolean };

/** A column stays free, since terminals differ in where the cursor is after the last one. */
export function roomOf({ width }: Output): number {
  return Math.max(20, width - 1);
}

/** A question that is alone is not counted. */
export function isCounted(place: Place | undefined): place is Place {
  return place !== undefined && place.total > 1;
}

export function questionLines({ message, place, output, symbols }: FrameConfig): string {
  const { style } = output;
  const counter = isCounted(place)
    ? `${sentences.cliTerminal.counter(place.number, place.total)} ${symbols.separator} `
    : '';
  const lines = wrap(`? ${counter}${message}`, roomOf(output)).split('\n');
  const first = lines[0]!.slice(`? ${counter}`.length);
  return [
    `${style.cyan('?')} ${style.dim(counter)}${style.bold(first)}`,
    ...lines.slice(1).map((line) => style.bold(line)),
  ].join('\n');
}

export function answeredLine({ message, output, symbols }: FrameConfig, answer: string): string {
  const { style } = output;
  const room = roomOf(output) - displayWidth(`${symbols.answered} `);
  const { text, at } = labeledWithin(message, answer, room, symbols.cut);
  return `${style.green(symbols.answered)} ${text.slice(0, at)}${style.cyan(text.slice(at))}`;
}

/** The keys that a question knows, on one line if there is room. */
export function keysLine(
  { place, help, output, symbols }: Pick<FrameConfig, 'place' | 'help' | 'output' | 'symbols'>,
  keys: { choose?: boolean; helpKey?: string },
): string {
  const parts = [
    ...(keys.choose ? [sentences.cliTerminal.keyChooses(symbols.upDown)] : []),
    sentences.cliTerminal.enterNext,
    ...(place?.canGoBack ? [sentences.cliTerminal.escBack] : []),
    ...(help ? [sentences.cliTerminal.keyHelps(keys.helpKey ?? '?')] : []),
  ];
  return wrapParts(parts, '   ', roomOf(output))
    .split('\n')
    .map((line) => output.style.dim(line))
    .join('\n');
}

/** Text below the question, in the width of the terminal. */
export function below(text: string, output: Output, style: (text: string) => string): string {
  return wrap(text, roomOf(output), '  ')
    .split('\n')
    .map((line) => style(line))
    .join('\n');
}

export const unstyled: Styles[keyof Styles] = (text) => text;
