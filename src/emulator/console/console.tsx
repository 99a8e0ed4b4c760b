/**
 * The emulator's page: what the Azure portal shows of DPS and IoT Hub, and a log. It is rendered on the server; a small
 * script keeps it current.
 *
 * A browser opens it with a token, which becomes a cookie. The Host header must be a name that no other site can have
 * (against DNS rebinding), and forms must come from the page (against cross-site request forgery).
 */
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { withoutPort } from '../../dps/contract/host.js';
import { languageOf } from '../../languages/choice.js';
import { ApiPage } from './api-page.js';
import { assets } from './assets.js';
import { certificateRoutes } from './certificates/certificate-routes.js';
import { clockRoutes } from './clock-page.js';
import { ConsoleApp, languageCookie, pageOf } from './console-app.js';
import { deviceRoutes } from './devices/device-routes.js';
import { enrollmentRoutes } from './enrollments/enrollment-routes.js';
import { eventStream } from './event-stream.js';
import { faultRoutes } from './faults-page.js';
import { renderBare, renderPage } from './layout.js';
import { linkedHubRoutes } from './linked-hubs/linked-hub-routes.js';
import { LogPage } from './log-page.js';
import { OverviewPage } from './overview/overview-page.js';
import { type ConsoleOptions, consolePath, PageProblem, paths } from './page-context.js';
import { registrationRoutes } from './registrations-page.js';

/** The largest form, with its files. */
const maxFormBytes = 1024 * 1024;

/** No content from other sites, no inline scripts or styles, no embedding in frames. */
const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Forms need their Origin header, which no-referrer would empty.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const statuses = { token: 401, host: 421, origin: 403, notFound: 404, tooLarge: 413 } as const;

export interface Console {
  answer: (request: Request) => Promise<Response>;
  /** Method and path of every route, in the order in which they are tried. */
  routes: readonly { method: string; path: string }[];
}

export function createConsole(options: ConsoleOptions): Console {
  const console = new ConsoleApp(options);
  const { app } = console;

  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  });
  app.use(async (c, next) => {
    assertHost(c, options);
    assertOrigin(c);
    await next();
  });
  for (const [name, { type, text }] of Object.entries(assets)) {
    app.get(`${consolePath}/${name}`, (c) => c.body(text, 200, { 'content-type': type }));
  }
  app.use(async (c, next) => {
    const token = c.req.query('token');
    const { session } = options;
    if (c.req.method === 'GET' && token !== undefined && session.isToken(token)) return enter(c, console);
    if (!session.isCookie(getCookie(c, cookieName(c)) ?? '')) throw new PageProblem('token');
    const language = languageOf(c.req.query('lang') ?? '');
    if (language !== undefined)
      setCookie(c, languageCookie, language, { path: consolePath, sameSite: 'Strict' });
    await next();
  });
  app.use(
    bodyLimit({
      maxSize: maxFormBytes,
      onError() {
        throw new PageProblem('tooLarge');
      },
    }),
  );

  app.get('/', (c) => c.redirect(paths.overview));
  app.get(consolePath, (c) => c.redirect(paths.overview));
  console.get(paths.overview, (page) => renderPage(page, page.text.overview, <OverviewPage page={page} />));
  console.get(paths.log, (page) => renderPage(page, page.text.log, <LogPage page={page} />));
  console.get(paths.api, (page) => renderPage(page, page.text.api, <ApiPage page={page} />));
  app.get(`${consolePath}/events`, (c) =>
    eventStream(c.req.raw.signal, options.activity, () => console.pauseMs),
  );
  // Reloading a form that was refused, in a browser that forgot it.
  app.get(`${consolePath}/*`, async (c, next) => {
    const { pathname } = new URL(c.req.url);
    return pageOf(pathname) === pathname ? next() : c.redirect(pageOf(pathname), 303);
  });
  certificateRoutes(console);
  enrollmentRoutes(console);
  registrationRoutes(console);
  linkedHubRoutes(console);
  deviceRoutes(console);
  faultRoutes(console);
  clockRoutes(console);

  app.notFound(() => {
    throw new PageProblem('notFound');
  });
  app.onError(async (error, c) => {
    const kind = error instanceof PageProblem ? error.kind : 'failed';
    if (kind === 'failed') options.onDefect(error);
    const response = await problemPage(c, console, kind);
    // The rest of the form is not read.
    if (kind === 'tooLarge') response.headers.set('connection', 'close');
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  });
  return { answer: async (request) => app.fetch(request), routes: app.routes };
}

/** Those of two emulators on one computer differ by port, which cookies ignore. */
function cookieName(c: Context): string {
  const { port, protocol } = new URL(c.req.url);
  return `enrollkit-console-${port || (protocol === 'https:' ? 443 : 80)}`;
}

/**
 * Turns the token of a URL into a cookie. The browser continues from a page of this site, because it does not send a
 * SameSite=Strict cookie after following a link from another site.
 */
async function enter(c: Context, console: ConsoleApp): Promise<Response> {
  const { text, language, path } = await console.page(c);
  setCookie(c, cookieName(c), console.options.session.cookie, {
    path: consolePath,
    httpOnly: true,
    sameSite: 'Strict',
    secure: new URL(c.req.url).protocol === 'https:',
  });
  const to = path === '/' || path === consolePath ? paths.overview : path;
  c.header('refresh', `0; url=${to}`);
  return c.html(
    renderBare(
      language,
      text.product,
      <>
        <p>{text.opening}</p>
        <p>
          <a href={to}>{text.continueTo}</a>
        </p>
      </>,
    ),
  );
}

/** @throws PageProblem host when the host is a name that another site could have */
function assertHost(c: Context, { services, hubs }: ConsoleOptions): void {
  const host = withoutPort(c.req.header('host') ?? '').toLowerCase();
  const own = [...services.list(), ...hubs.list()].map(({ names }) => names.host.toLowerCase());
  const isAddress = /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:.]+\])$/.test(host);
  if (isAddress || host === 'localhost' || host.endsWith('.localhost') || own.includes(host)) return;
  throw new PageProblem('host');
}

/** @throws PageProblem origin when another site sent the request */
function assertOrigin(c: Context): void {
  const origin = c.req.header('origin');
  const isSafe = c.req.method === 'GET' || c.req.method === 'HEAD';
  const isOwn = origin === undefined ? isSafe : origin === new URL(c.req.url).origin;
  if (!isOwn) throw new PageProblem('origin');
}

async function problemPage(
  c: Context,
  console: ConsoleApp,
  kind: PageProblem['kind'] | 'failed',
): Promise<Response> {
  const page = await console.page(c);
  const { problems } = page.text;
  const status = kind === 'failed' ? 500 : statuses[kind];
  const isOutside = kind === 'token' || kind === 'host';
  const title = problems[`${kind}Title`];
  if (!isOutside) return c.html(renderPage(page, title, <p>{problems[kind]}</p>), status);
  // Without the addresses and names that only the owner may see.
  return c.html(renderBare(page.language, title, <p>{problems[kind]}</p>), status);
}
