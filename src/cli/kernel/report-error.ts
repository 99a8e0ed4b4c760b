/** Shows errors to people and programs. */
import { EnrollkitError } from '../../errors.js';
import { asEnrollkitError } from '../../quickstart/run-steps.js';
import { wrap } from '../terminal/text.js';
import type { Output } from './output.js';

/** Anything thrown, as an error of the error table. */
export function errorOf(thrown: unknown, signal: AbortSignal): EnrollkitError {
  if (!isCommanderError(thrown)) return asEnrollkitError(thrown, signal);
  const message = thrown.message.replace(/^error: /, '').replace('\n', ' ');
  return new EnrollkitError('USAGE', sentence(message));
}

/** Standard error has the sentence and what to do next; with `--json`, standard output has the same as one object. */
export function reportError(error: EnrollkitError, output: Output): void {
  const { code, message, next } = error;
  if (output.json) {
    const { exitStatus, context } = error;
    output.value({ error: { code, message, next, exitStatus, context } });
  }
  const { style } = output;
  const fit = (text: string) => (output.stderr.isTTY ? wrap(text, output.width) : text);
  output.note(code, fit(`error: ${message}`).replace(/^error:/, style.red('error:')));
  output.line();
  output.line(fit(`next: ${next}`).replace(/^next:/, style.bold('next:')));
  if (!output.verbose) return;
  output.line();
  output.line(style.dim(`code: ${code}\n${stackOf(error)}`));
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return (error.stack ?? error.message) + cause;
}

function isCommanderError(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error &&
    (thrown as { code?: unknown }).code?.toString().startsWith('commander.') === true
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? '' : '.'}`;
}
