/** Forms as browsers send them, and why one was refused. */
import type { PageContext } from './page-context.js';
import type { WireReply } from './wire.js';

/** Why an action was refused. */
export interface Refusal {
  status: number;
  /** The name of the field; undefined if the whole form is refused. */
  field?: string | undefined;
  message: string;
  /** Whether the message is that of a plane, which is in English. */
  isEnglish?: boolean;
}

/** The fields of a form that was sent. */
export class Submission {
  readonly #fields: Record<string, string | File | (string | File)[]>;

  constructor(fields: Record<string, string | File | (string | File)[]>) {
    this.#fields = fields;
  }

  /** The text of a field; '' if it was not sent. */
  text(name: string): string {
    const [value] = [this.#fields[name]].flat();
    return typeof value === 'string' ? value : '';
  }

  /** All values of check boxes with one name. */
  list(name: string): string[] {
    return [this.#fields[name]].flat().filter((value) => typeof value === 'string');
  }

  /** The contents of a file; undefined if none was chosen. */
  async file(name: string): Promise<Buffer | undefined> {
    const [value] = [this.#fields[name]].flat();
    if (!(value instanceof File) || value.size === 0) return undefined;
    return Buffer.from(await value.arrayBuffer());
  }
}

/** A form of a page: as it is shown first, or again after it was refused. */
export interface FormState {
  key: string;
  sent?: Submission | undefined;
  refusal?: Refusal | undefined;
}

/** The state of the form with this key, if it is the one that was sent. */
export function stateOf(key: string, sent: FormState | undefined): FormState {
  return sent?.key === key ? sent : { key };
}

/**
 * The refusal of a plane, at the field that its message names.
 *
 * @param fields which field a message is about: that of the first pattern that it matches
 */
export function refusalOf(
  { text }: PageContext,
  { status, refusal = '' }: WireReply,
  fields: readonly (readonly [pattern: RegExp, field: string])[] = [],
): Refusal {
  if (status === 412) return { status, message: text.stale };
  if (status === 404) return { status, message: text.gone };
  const field = fields.find(([pattern]) => pattern.test(refusal))?.[1];
  return { status, field, message: refusal, isEnglish: true };
}

/** @throws SyntaxError */
export function jsonOf(text: string): unknown {
  return text.trim() === '' ? undefined : JSON.parse(text);
}

/** The JSON in a field. */
export function parseJsonField(
  { text }: PageContext,
  sent: Submission,
  field: string,
): { value: unknown } | { refusal: Refusal } {
  try {
    return { value: jsonOf(sent.text(field)) };
  } catch (error) {
    return { refusal: { status: 400, field, message: text.notJson(...placeOf(sent.text(field), error)) } };
  }
}

/** The line and the column at which a text is no JSON, from 1: V8 says the position, except that of the end. */
function placeOf(text: string, error: unknown): [line: number, column: number] {
  const position = /position (\d+)/.exec((error as Error).message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position)).split(/\r\n|\n|\r/);
  return [before.length, before.at(-1)!.length + 1];
}
