/** The fields of forms, each with its label, its hint, and the reason why it was refused. */
import type { Child } from 'hono/jsx';
import { Words } from './form.js';
import type { FormState } from './submission.js';

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

/** What was typed before the form was refused, or the current value. */
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
