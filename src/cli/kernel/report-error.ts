/** Shows errors to people and programs. */
import { withoutSecrets } from '../../dps/client/redact.js';
import { EnrollkitError } from '../../errors.js';
import type { ExplainedCode } from '../../explanations/explain.js';
import { sentences } from '../../languages/language.js';
import { wrap } from '../terminal/text.js';
import type { Output } from './output.js';

/** An error as it is shown: it quotes what was given, so what looks like a secret is replaced. */
export function shownError(error: EnrollkitError) {
  const { code, exitStatus } = error;
  return { code, message: withoutSecrets(error.message), next: withoutSecrets(error.next), exitStatus };
}

/**
 * Standard error has the sentence, what to do next, and what the code of a service in it means; with `--json`, standard
 * output has the same as one object.
 */
export async function reportError(error: EnrollkitError, output: Output): Promise<void> {
  const shown = shownError(error);
  const { code, message, next } = shown;
  const carried = codeIn(error);
  // Loaded on demand: people read it only where an error carries the code of a service.
  const explaining =
    carried === undefined && !output.json ? undefined : await import('../../explanations/explain.js');
  const explained: ExplainedCode | undefined =
    carried === undefined ? undefined : explaining!.explainServiceCode(carried);
  if (output.json) {
    const context = hidingSecrets(error.context);
    const explanation = explaining!.explanationDocument(explained ?? explaining!.explainCode(code)!);
    output.value({ error: { ...shown, context, explanation } });
  }
  const { style } = output;
  const fit = (text: string) => (output.stderr.isTTY ? wrap(text, output.width) : text);
  const { labels } = sentences.cliKernel;
  const labelled = (mark: (text: string) => string, label: string, text: string) => {
    const shownText = fit(label + text);
    const { length } = label.trimEnd();
    return mark(shownText.slice(0, length)) + shownText.slice(length);
  };
  output.note(code, labelled(style.red, labels.error, message));
  output.line();
  output.line(labelled(style.bold, labels.next, next));
  if (explained) {
    output.line();
    output.line(style.dim(fit(explaining!.shortExplanation(explained, hasCauses(error)))));
  }
  if (!output.verbose) return;
  output.line();
  output.line(style.dim(`code: ${code} (enrollkit explain ${code})\n${withoutSecrets(stackOf(error))}`));
}

/** Whether an error names what was found to be wrong. */
function hasCauses({ context }: EnrollkitError): boolean {
  return Array.isArray(context.causes) && context.causes.length > 0;
}

/** The code of a service, a connection or TLS that an error carries. */
function codeIn({ context, cause }: EnrollkitError): string | number | undefined {
  const { errorCode, serviceCode, code, returnCode } = context;
  const connack = typeof returnCode === 'number' ? `connack-${returnCode}` : undefined;
  const found = [errorCode, serviceCode, connack, code].find(
    (one): one is string | number => typeof one === 'number' || typeof one === 'string',
  );
  return found ?? (cause instanceof EnrollkitError ? codeIn(cause) : undefined);
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
