/** Forms: what was typed is kept when an action is refused, with the reason at its field. */
import type { Child } from 'hono/jsx';
import type { PageContext } from './page-context.js';
import type { FormState, Refusal } from './submission.js';

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

/** The reason of a refusal. */
export function Words({ refusal: { message, isEnglish }, id }: { refusal: Refusal; id?: string }) {
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

/** A refusal of something that has no form on the page. */
export function RefusalNotice({
  page: { text },
  refusal,
}: {
  page: PageContext;
  refusal: Refusal | undefined;
}) {
  if (refusal === undefined) return null;
  return (
    <div class="notice error" role="alert">
      <p>
        {text.refused} {refusal.message}
      </p>
    </div>
  );
}

/** A form that deletes something; it opens first, so that one click does not delete. */
export function DeleteForm({
  page,
  name,
  action,
  etag,
  state,
  words = {
    open: page.text.remove,
    question: page.text.confirmRemove(name),
    submit: page.text.confirm,
  },
}: {
  page: PageContext;
  name: string;
  action: string;
  etag: string;
  state: FormState;
  /** Those of a deletion by default. */
  words?: { open: string; question: string; submit: string };
}) {
  return (
    <details class="delete" open={state.refusal !== undefined}>
      <summary>{words.open}</summary>
      <Form page={page} state={state} action={action} submit={words.submit} isDangerous>
        <p>{words.question}</p>
        <input type="hidden" name="etag" value={etag} />
      </Form>
    </details>
  );
}
