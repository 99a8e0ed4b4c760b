/** What the routes of the page share: who asks, in which language, for which service or hub. */
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { type LanguageTag, languageOf, languages } from '../../languages/language.js';
import type { ProvisioningService } from '../dps/provisioning-service.js';
import type { IotHub } from '../hub/hub-directory.js';
import { Actions } from './actions.js';
import { type ConsoleOptions, type PageContext, PageProblem } from './page-context.js';

export const languageCookie = 'enrollkit-lang';

export class ConsoleApp {
  readonly options: ConsoleOptions;
  readonly actions: Actions;

  constructor(options: ConsoleOptions) {
    this.options = options;
    this.actions = new Actions((token) => options.session.isFormToken(token));
  }

  /** The context of the page that a request asks for. */
  async page(c: Context): Promise<PageContext> {
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
      language,
      sentences,
      text: sentences.console,
      path: `${pageOf(url.pathname)}${url.search}`,
      done: Object.hasOwn(sentences.console.done, done) ? (done as PageContext['done']) : undefined,
      service: services.get(c.req.param('service') ?? '') ?? services.list()[0],
      hub: hubs.get(c.req.param('hub') ?? '') ?? hubs.list()[0],
    };
  }

  /** @throws PageProblem notFound */
  service(c: Context): ProvisioningService {
    const service = this.options.services.get(c.req.param('service') ?? '');
    if (!service) throw new PageProblem('notFound');
    return service;
  }

  /** @throws PageProblem notFound */
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
