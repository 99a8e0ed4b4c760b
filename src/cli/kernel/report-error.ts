/** Shows errors to people and programs. */
import { withoutSecrets } from '../../dps/client/redact.js';
import { EnrollkitError } from '../../errors.js';
import { asEnrollkitError } from '../../quickstart/run-steps.js';
import { wrap } from '../terminal/text.js';
import type { Output } from './output.js';

/** Anything thrown, as an error of the error table. */
export function errorOf(thrown: unknown, signal: AbortSignal): EnrollkitError {
  if (thrown instanceof EnrollkitError && thrown.code === 'INTERRUPTED') return thrown;
  if (!isCommanderError(thrown)) return asEnrollkitError(thrown, signal);
  const message = thrown.message.replace(/^error: /, '').replace('\n', ' ');
  return new EnrollkitError('USAGE', sentence(message));
}

/**
 * Standard error has the sentence and what to do next; with `--json`, standard output has the same as one object. An error
 * quotes what was given, so what looks like a secret is replaced.
 */
export function reportError(error: EnrollkitError, output: Output): void {
  const { code } = error;
  const message = withoutSecrets(error.message);
  const next = withoutSecrets(error.next);
  if (output.json) {
    const { exitStatus } = error;
    const context = hidingSecrets(error.context);
    output.value({ error: { code, message, next, exitStatus, context } });
  }
  const { style } = output;
  const fit = (text: string) => (output.stderr.isTTY ? wrap(text, output.width) : text);
  output.note(code, fit(`error: ${message}`).replace(/^error:/, style.red('error:')));
  output.line();
  output.line(fit(`next: ${next}`).replace(/^next:/, style.bold('next:')));
  if (!output.verbose) return;
  output.line();
  output.line(style.dim(`code: ${code}\n${withoutSecrets(stackOf(error))}`));
}

/** The same value, with no secrets in its texts. */
function hidingSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (Array.isArray(value)) return value.map(hidingSecrets);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, hidingSecrets(member)]));
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
