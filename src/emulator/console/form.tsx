/** Forms: what was typed is kept when an action is refused, with the reason at its field. */
import type { Child } from 'hono/jsx';
import type { PageContext } from './page-context.js';
import type { WireReply } from './wire.js';

/** Why an action was refused. */
export interface Refusal {
  status: number;
  /** The name of the field; undefined when it is about the form as a whole. */
  field?: string | undefined;
  message: string;
  /** In the words of the service, which are English. */
  isEnglish?: boolean;
}

/** What a form was sent with: text fields by name, the values of check boxes, and files. */
export class Submission {
  readonly #fields: Record<string, string | File | (string | File)[]>;

  constructor(fields: Record<string, string | File | (string | File)[]>) {
    this.#fields = fields;
  }

  /** Empty when it was not sent. */
  text(name: string): string {
    const [value] = [this.#fields[name]].flat();
    return typeof value === 'string' ? value : '';
  }

  list(name: string): string[] {
    return [this.#fields[name]].flat().filter((value) => typeof value === 'string');
  }

  /** Undefined when no file was chosen. */
  async file(name: string): Promise<Buffer | undefined> {
    const [value] = [this.#fields[name]].flat();
    if (!(value instanceof File) || value.size === 0) return undefined;
    return Buffer.from(await value.arrayBuffer());
  }
}

/** A form of a page, by its key: as it is shown first, or again after it was refused. */
export interface FormState {
  key: string;
  sent?: Submission | undefined;
  refusal?: Refusal | undefined;
}

/** The state of a form of a page, of which one may have been sent. */
export function stateOf(key: string, sent: FormState | undefined): FormState {
  return sent?.key === key ? sent : { key };
}

/**
 * The refusal of a plane, at its field.
 *
 * @param fields by what the message names
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

/** The JSON of a field, or why it is refused. */
export function parseJsonField(
  { text }: PageContext,
  sent: Submission,
  field: string,
): { value: unknown } | { refusal: Refusal } {
  try {
    return { value: jsonOf(sent.text(field)) };
  } catch (error) {
    return { refusal: { status: 400, field, message: text.notJson((error as Error).message) } };
  }
}

interface FormProps {
  page: PageContext;
  state: FormState;
  action: string;
  /** The label of the button. */
  submit: string;
  isDangerous?: boolean;
  hasFiles?: boolean;
  children?: Child;
}

export function Form({ page, state, action, submit, isDangerous, hasFiles, children }: FormProps) {
  const { refusal } = state;
  return (
    <form
      method="post"
      action={action}
      id={state.key}
      {...(hasFiles ? { enctype: 'multipart/form-data' } : {})}
    >
      <input type="hidden" name="form" value={page.console.session.formToken()} />
      {refusal && <FormRefusal page={page} refusal={refusal} />}
      {children}
      <p class="buttons">
        <button type="submit" class={isDangerous ? 'danger' : 'primary'}>
          {submit}
        </button>
      </p>
    </form>
  );
}

function FormRefusal({ page: { text }, refusal }: { page: PageContext; refusal: Refusal }) {
  return (
    <div class="notice error" role="alert">
      <p>
        {text.refused} {refusal.field === undefined ? '' : text.refusedAtField}
      </p>
      {refusal.field === undefined && <Words refusal={refusal} />}
    </div>
  );
}

function Words({ refusal: { message, isEnglish }, id }: { refusal: Refusal; id?: string }) {
  return (
    <p
      class={id === undefined ? '' : 'error'}
      {...(id === undefined ? {} : { id })}
      {...(isEnglish ? { lang: 'en' } : {})}
    >
      {message}
    </p>
  );
}

interface FieldProps {
  state: FormState;
  name: string;
  label: string;
  hint?: string | undefined;
  value?: string | undefined;
  isRequired?: boolean;
}

/** The attributes of a field that its label, hint and error need. */
function attributesOf({ state: { key, refusal }, name, hint, isRequired }: FieldProps) {
  const id = `${key}-${name}`;
  const isRefused = refusal?.field === name;
  const described = [hint && `${id}-hint`, isRefused && `${id}-error`].filter(Boolean).join(' ');
  return {
    id,
    name,
    ...(isRequired ? { required: true } : {}),
    ...(described === '' ? {} : { 'aria-describedby': described }),
    ...(isRefused ? { 'aria-invalid': 'true' as const, autofocus: true } : {}),
  };
}

function Labelled({ field, children }: { field: FieldProps; children: Child }) {
  const { state, name, label, hint } = field;
  const id = `${state.key}-${name}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {state.refusal?.field === name && <Words refusal={state.refusal} id={`${id}-error`} />}
    </div>
  );
}

/** What was typed, or else the current value. */
function shownValue({ state, name, value = '' }: FieldProps): string {
  return state.sent === undefined ? value : state.sent.text(name);
}

export function TextField({ type = 'text', ...field }: FieldProps & { type?: string }) {
  return (
    <Labelled field={field}>
      <input
        type={type}
        {...attributesOf(field)}
        value={shownValue(field)}
        autocomplete="off"
        spellcheck={false}
      />
    </Labelled>
  );
}

export function TextArea({ rows = 8, ...field }: FieldProps & { rows?: number }) {
  return (
    <Labelled field={field}>
      <textarea {...attributesOf(field)} rows={rows} spellcheck={false}>
        {shownValue(field)}
      </textarea>
    </Labelled>
  );
}

export function FileField(field: FieldProps) {
  return (
    <Labelled field={field}>
      <input type="file" {...attributesOf(field)} accept=".pem,.cer,.crt,.der" />
    </Labelled>
  );
}

/** @param props.choices labels by value */
export function SelectField({
  choices,
  ...field
}: FieldProps & { choices: Readonly<Record<string, string>> }) {
  const chosen = shownValue(field);
  return (
    <Labelled field={field}>
      <select {...attributesOf(field)}>
        {Object.entries(choices).map(([value, label]) => (
          <option value={value} selected={value === chosen}>
            {label}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** A check box; unchecked ones are not sent. */
export function CheckField({ isChecked, ...field }: Omit<FieldProps, 'value'> & { isChecked: boolean }) {
  const { state, name, label } = field;
  const checked = state.sent === undefined ? isChecked : state.sent.text(name) !== '';
  return (
    <div class="field check">
      <input type="checkbox" {...attributesOf(field)} value="yes" checked={checked} />
      <label for={`${state.key}-${name}`}>{label}</label>
    </div>
  );
}

/** Several check boxes of one name. */
export function CheckList({
  choices,
  chosen,
  ...field
}: Omit<FieldProps, 'value'> & { choices: readonly string[]; chosen: readonly string[] }) {
  const { state, name, label, hint } = field;
  const checked = state.sent === undefined ? chosen : state.sent.list(name);
  return (
    <fieldset>
      <legend>{label}</legend>
      {choices.map((choice, index) => (
        <div class="check">
          <input
            type="checkbox"
            id={`${state.key}-${name}-${index}`}
            name={name}
            value={choice}
            checked={checked.includes(choice)}
          />
          <label for={`${state.key}-${name}-${index}`}>{choice}</label>
        </div>
      ))}
      {hint && <p class="hint">{hint}</p>}
      {state.refusal?.field === name && <Words refusal={state.refusal} id={`${state.key}-${name}-error`} />}
    </fieldset>
  );
}

/** Deletes something, after a second thought; without a script. */
export function DeleteForm({
  page,
  name,
  action,
  etag,
  state,
}: {
  page: PageContext;
  name: string;
  action: string;
  etag: string;
  state: FormState;
}) {
  const { text } = page;
  return (
    <details class="delete" open={state.refusal !== undefined}>
      <summary>{text.remove}</summary>
      <Form page={page} state={state} action={action} submit={text.confirm} isDangerous>
        <p>{text.confirmRemove(name)}</p>
        <input type="hidden" name="etag" value={etag} />
      </Form>
    </details>
  );
}
