/** What the forms of the page do: calls of the planes, whose refusals go to the field that they are about. */
import type { Context } from 'hono';
import { Recent } from '../wire/recent.js';
import { type Refusal, Submission } from './form.js';
import { type PageContext, PageProblem } from './page-context.js';

/** What an action led to: another page with a word about what was done, a page with a result, or a refusal. */
export type Outcome =
  | { to: string; done: NonNullable<PageContext['done']> }
  | { html: string }
  | { refusal: Refusal };

/** Renders the page again, with a form that was refused. */
export type Rerender = (sent: Submission, refusal: Refusal) => string;

/** Forms that were sent lately: one that is sent twice has one effect, and both get the same answer. */
const keptForms = 100;

interface Sent {
  status: number;
  to?: string;
  html?: string;
}

export class Actions {
  readonly #sent = new Recent<string, Promise<Sent>>(keptForms);
  readonly #isFormToken: (token: string) => boolean;

  constructor(isFormToken: (token: string) => boolean) {
    this.#isFormToken = isFormToken;
  }

  /**
   * Reads the form of a request, and acts on it.
   *
   * @throws PageProblem origin when the form is not one of ours
   */
  async run(
    context: Context,
    act: (sent: Submission) => Promise<Outcome>,
    rerender: Rerender,
  ): Promise<Response> {
    const sent = new Submission(await context.req.parseBody({ all: true }));
    const token = sent.text('form');
    if (!this.#isFormToken(token)) throw new PageProblem('origin');
    let result = this.#sent.get(token);
    if (result === undefined) {
      result = this.#run(sent, act, rerender);
      this.#sent.set(token, result);
      result.catch(() => this.#sent.delete(token));
    }
    const { status, to, html } = await result;
    return to === undefined ? context.html(html!, status as 400) : context.redirect(to, 303);
  }

  async #run(
    sent: Submission,
    act: (sent: Submission) => Promise<Outcome>,
    rerender: Rerender,
  ): Promise<Sent> {
    const outcome = await act(sent);
    if ('html' in outcome) return { status: 200, html: outcome.html };
    if ('refusal' in outcome) {
      return { status: outcome.refusal.status, html: rerender(sent, outcome.refusal) };
    }
    const { to, done } = outcome;
    return { status: 303, to: `${to}${to.includes('?') ? '&' : '?'}done=${done}` };
  }
}
