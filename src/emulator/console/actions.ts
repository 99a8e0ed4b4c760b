/** Runs the action of a form once, however often the form is sent. */
import type { Context } from 'hono';
import { Recent } from '../wire/recent.js';
import { type PageContext, PageProblem } from './page-context.js';
import { type Refusal, Submission } from './submission.js';

/** The result of an action: the page to show next, a page with a result, or a refusal. */
export type Outcome =
  | { to: string; done: NonNullable<PageContext['done']> }
  | { html: string }
  | { refusal: Refusal };

/** Renders the page again, with a form that was refused. */
export type Rerender = (sent: Submission, refusal: Refusal) => string;

/** How many results are kept: a form that is sent again gets the result of the first time. */
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
   * Reads the form of a request and runs its action.
   *
   * @throws PageProblem origin if the form is not from the page
   */
  async run(
    context: Context,
    act: (sent: Submission) => Outcome | Promise<Outcome>,
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
    act: (sent: Submission) => Outcome | Promise<Outcome>,
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
