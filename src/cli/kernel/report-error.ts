/** Shows errors to people and programs. */
import { withoutSecrets } from '../../dps/client/redact.js';
import { EnrollkitError, exitStatus, nextStep } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { wrap } from '../terminal/text.js';
import type { Output } from './output.js';

/** An error as it is shown: it quotes what was given, so what looks like a secret is replaced. */
export function shownError(error: EnrollkitError) {
  const { code, exitStatus } = error;
  return { code, message: withoutSecrets(error.message), next: withoutSecrets(error.next), exitStatus };
}

/**
 * Standard error has the sentence, what may have caused it, what to do next, and what the code of a service in it means;
 * with `--json`, standard output has the same as one object.
 */
export async function reportError(error: EnrollkitError, output: Output): Promise<void> {
  const shown = shownError(error);
  const { code, message, next } = shown;
  const carried = codeIn(error);
  // Not needed for most errors, and cannot be read when too many files are open.
  const explaining =
    carried === undefined && !output.json
      ? undefined
      : await import('../../explanations/explain.js').catch(() => undefined);
  const ofService = carried === undefined ? undefined : explaining?.explainServiceCode(carried);
  if (output.json) {
    const context = hidingSecrets(error.context);
    const explanation = explaining?.explanationDocument(ofService ?? explaining.explainCode(code)!);
    output.value({ error: { ...shown, context, explanation } });
  }
  const { style } = output;
  const isTerminal = output.stderr.isTTY === true;
  const fit = (text: string) => (isTerminal ? wrap(text, output.width) : text);
  const { labels, learnMore, likelyCauses } = sentences.cliKernel;
  const labelled = (mark: (text: string) => string, label: string, text: string) => {
    const shownText = fit(label + text);
    const { length } = label.trimEnd();
    return mark(shownText.slice(0, length)) + shownText.slice(length);
  };
  const paragraph = (text: string) => {
    output.line();
    output.line(text);
  };
  output.note(code, labelled(style.red, labels.error, message));
  // An error in the input says what is wrong and where; one with a more precise next step knows its cause.
  const isCauseKnown =
    ofService !== undefined ||
    hasCauses(error) ||
    error.exitStatus === exitStatus.usage ||
    error.next !== nextStep(code);
  const { causes } = sentences.explanations.own[code];
  if (!isCauseKnown && causes.length > 1) {
    const width = isTerminal ? output.width : Infinity;
    const items = causes
      .slice(0, 3)
      .map(([cause, check], index) => numbered(index + 1, cause!, check!, width));
    paragraph([fit(likelyCauses.title), ...items].join('\n'));
  }
  paragraph(labelled(style.bold, labels.next, next));
  paragraph(
    style.dim(fit(ofService ? explaining!.shortExplanation(ofService, hasCauses(error)) : learnMore(code))),
  );
  if (output.verbose) paragraph(style.dim(`code: ${code}\n${withoutSecrets(stackOf(error))}`));
}

/** A cause with how to check it, indented under its number. */
function numbered(number: number, cause: string, check: string, width: number): string {
  const text = wrap(sentences.cliKernel.likelyCauses.cause(cause, check), width, '     ');
  return `  ${number}. ${text.trimStart()}`;
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
