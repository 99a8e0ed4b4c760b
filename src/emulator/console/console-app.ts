/** The application behind the emulator's page: its routes, and what each request is about. */
import { type Context, Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { type LanguageTag, languageOf } from '../../languages/choice.js';
import { languages } from '../../languages/language.js';
import type { ProvisioningService } from '../dps/provisioning-service.js';
import type { IotHub } from '../hub/hub-directory.js';
import { Actions, type Outcome, type Rerender } from './actions.js';
import { type ConsoleOptions, type PageContext, PageProblem } from './page-context.js';
import type { Submission } from './submission.js';

export const languageCookie = 'enrollkit-lang';

/** What a form does, and how its page is shown again if it was refused. */
export interface FormHandler {
  act: (sent: Submission) => Outcome | Promise<Outcome>;
  rerender: Rerender;
}

/** The shortest and the longest time between two updates of a page, in milliseconds. */
const [minPauseMs, maxPauseMs] = [700, 5000];

/** Updates take at most this part of the time, so that an open page does not slow down a busy emulator. */
const updateShare = 1 / 50;

export class ConsoleApp {
  readonly app = new Hono();
  readonly options: ConsoleOptions;
  readonly #actions: Actions;
  #renderMs = 0;

  constructor(options: ConsoleOptions) {
    this.options = options;
    this.#actions = new Actions((token) => options.session.isFormToken(token));
  }

  /** Adds a page. */
  get(path: string, render: (page: PageContext, c: Context) => string | Promise<string>): void {
    this.app.get(path, async (c) => {
      const page = await this.page(c);
      const started = performance.now();
      const html = await render(page, c);
      this.#renderMs = performance.now() - started;
      return c.html(html);
    });
  }

  /** The time between two updates of a page, in milliseconds: longer if pages take long to render. */
  get pauseMs(): number {
    return Math.min(maxPauseMs, Math.max(minPauseMs, this.#renderMs / updateShare));
  }

  /** Adds a form that is sent to a path. */
  post(path: string, handlerOf: (page: PageContext, c: Context) => FormHandler | Promise<FormHandler>): void {
    this.app.post(path, async (c) => {
      const { act, rerender } = await handlerOf(await this.page(c), c);
      return this.#actions.run(c, act, rerender);
    });
  }

  /** The context of the page that a request asks for. */
  async page(c: Context): Promise<PageContext> {
    const { changes } = this.options.activity;
    const language = requestedLanguage(c);
    const sentences = await languages[language].load();
    const { services, hubs } = this.options;
    const url = new URL(c.req.url);
    url.searchParams.delete('lang');
    url.searchParams.delete('done');
    url.searchParams.delete('token');
    const done = c.req.query('done') ?? '';
    return {
      console: this.options,
      changes,
      language,
      sentences,
      text: sentences.console,
      path: `${pageOf(url.pathname)}${url.search}`,
      done: Object.hasOwn(sentences.console.done, done) ? (done as PageContext['done']) : undefined,
      service: services.get(c.req.param('service') ?? '') ?? services.list()[0],
      hub: hubs.get(c.req.param('hub') ?? '') ?? hubs.list()[0],
    };
  }

  /** The service that the path names. @throws PageProblem notFound */
  service(c: Context): ProvisioningService {
    const service = this.options.services.get(c.req.param('service') ?? '');
    if (!service) throw new PageProblem('notFound');
    return service;
  }

  /** The hub that the path names. @throws PageProblem notFound */
  hub(c: Context): IotHub {
    const hub = this.options.hubs.get(c.req.param('hub') ?? '');
    if (!hub) throw new PageProblem('notFound');
    return hub;
  }
}

/** `?lang`, then the choice of earlier, then what the browser prefers. */
function requestedLanguage(c: Context): LanguageTag {
  const named = [c.req.query('lang'), getCookie(c, languageCookie)];
  const preferred = (c.req.header('accept-language') ?? '')
    .split(',')
    .map((one) => one.split(';')[0]!.trim());
  const found = [...named, ...preferred].map((name) => (name ? languageOf(name) : undefined)).find(Boolean);
  return found ?? 'en';
}

/** The path of the page that has an action: what comes before its last part, `/do/ACTION`. */
export function pageOf(path: string): string {
  return path.replace(/\/do\/.*$/, '');
}
