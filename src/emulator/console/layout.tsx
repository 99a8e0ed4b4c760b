/** The frame of every page, and the parts that pages are made of. */
import type { Child } from 'hono/jsx';
import type { LanguageTag } from '../../languages/choice.js';
import { languages } from '../../languages/language.js';
import { consolePath, type PageContext, paths } from './page-context.js';

/** A whole page as HTML. */
export function renderPage(page: PageContext, title: string, content: Child): string {
  return `<!doctype html>${(
    <Frame page={page} title={title}>
      {content}
    </Frame>
  )}`;
}

/** A page without navigation, for browsers that may not see more yet. */
export function renderBare(language: LanguageTag, title: string, content: Child): string {
  return `<!doctype html>${(
    <html lang={language}>
      <Head title={title} />
      <body>
        <main>
          <h1>{title}</h1>
          {content}
        </main>
      </body>
    </html>
  )}`;
}

function Head({ title, children }: { title: string; children?: Child }) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{title}</title>
      <link rel="icon" href={`${consolePath}/icon.svg`} type="image/svg+xml" />
      <link rel="stylesheet" href={`${consolePath}/console.css`} />
      {children}
    </head>
  );
}

function Frame({ page, title, children }: { page: PageContext; title: string; children: Child }) {
  const { text, language, done } = page;
  return (
    <html lang={language}>
      <Head title={`${title} – ${text.product}`}>
        <script src={`${consolePath}/console.js`} defer></script>
      </Head>
      <body
        data-events={`${consolePath}/events`}
        data-epoch={page.console.activity.epoch}
        data-changes={page.changes}
        data-copied={text.copied}
        data-path={page.path}
      >
        <a class="skip" href="#content">
          {text.skipToContent}
        </a>
        <header>
          <p class="product">
            <a href={paths.overview}>{text.product}</a>
          </p>
          <button type="button" class="menu" popovertarget="pages">
            {text.menu}
          </button>
          <LanguageChoice page={page} />
          <Navigation page={page} />
        </header>
        <main id="content" tabindex={-1}>
          <div id="stopped" class="notice error" role="alert" hidden>
            <p>{text.stopped}</p>
          </div>
          <div id="locked" class="notice error" role="alert" hidden>
            <p>{text.locked}</p>
          </div>
          <div id="was-reset" class="notice error" role="alert" hidden>
            <p>
              {text.wasReset} <a href={page.path}>{text.reload}</a>
            </p>
          </div>
          <p id="copy-status" class="visually-hidden" role="status"></p>
          <h1>{title}</h1>
          {done && (
            <div class="notice done" role="status">
              <p>{text.done[done]}</p>
            </div>
          )}
          {children}
        </main>
      </body>
    </html>
  );
}

function Navigation({ page: { text, service, hub, path } }: { page: PageContext }) {
  const name = service?.identity.dpsName;
  const links: [label: string, to: string][] = [
    [text.overview, paths.overview],
    ...(name === undefined
      ? []
      : ([
          [text.certificates, paths.certificates(name)],
          [text.enrollments, paths.enrollments(name)],
          [text.registrations, paths.registrations(name)],
          [text.linkedHubs, paths.linkedHubs(name)],
        ] as [string, string][])),
    ...(hub === undefined ? [] : ([[text.devices, paths.devices(hub.hubId)]] as [string, string][])),
    [text.log, paths.log],
    [text.faults, paths.faults],
    [text.clock, paths.clock],
    [text.api, paths.api],
  ];
  return (
    <nav id="pages" aria-label={text.pages} popover="auto">
      <ul>
        {links.map(([label, to]) => (
          <li>
            <a href={to} {...(isCurrent(path, to) ? { 'aria-current': 'page' as const } : {})}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function isCurrent(path: string, to: string): boolean {
  return to === paths.overview
    ? path === to
    : path === to || path.startsWith(`${to}/`) || path.startsWith(`${to}?`);
}

function LanguageChoice({ page: { text, language, path } }: { page: PageContext }) {
  const with_ = (tag: string) => `${path}${path.includes('?') ? '&' : '?'}lang=${tag}`;
  return (
    <nav aria-label={text.language} class="languages">
      <ul>
        {Object.entries(languages).map(([tag, { name }]) => (
          <li>
            <a
              href={with_(tag)}
              lang={tag}
              hreflang={tag}
              {...(tag === language ? { 'aria-current': 'true' as const } : {})}
            >
              {name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A part of a page that stays current. */
export function Live({ id, children }: { id: string; children: Child }) {
  return (
    <div id={id} data-live>
      {children}
    </div>
  );
}

/** A point in time, in UTC. */
export function Time({ at }: { at: Date | string }) {
  const iso = new Date(at).toISOString();
  return <time datetime={iso}>{`${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`}</time>;
}

/** A state in words, with a symbol, so that color is not the only difference. */
export function Badge({ kind, children }: { kind: 'good' | 'bad' | 'neutral'; children: Child }) {
  const sign = { good: '✓', bad: '✗', neutral: '•' }[kind];
  return (
    <span class={`badge ${kind}`}>
      <span aria-hidden="true">{sign} </span>
      {children}
    </span>
  );
}

/** A table; it scrolls sideways on a narrow screen. */
export function Table({
  label,
  head,
  children,
}: {
  label: string;
  head: readonly string[];
  children: Child;
}) {
  return (
    <section class="table" aria-label={label} tabindex={0}>
      <table>
        <thead>
          <tr>
            {head.map((one) => (
              <th scope="col">{one}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** Text with a button that copies it. */
export function Copyable({
  page: { text },
  value,
  label,
}: {
  page: PageContext;
  value: string;
  label: string;
}) {
  return (
    <span class="copyable">
      <code>{value}</code>
      <button type="button" data-copy={value} aria-label={`${text.copy}: ${label}`} hidden>
        {text.copy}
      </button>
    </span>
  );
}

/** A secret, hidden until it is opened. */
export function Secret({ page, value, label }: { page: PageContext; value: string; label: string }) {
  return (
    <details class="secret">
      <summary>
        {page.text.show} <span class="visually-hidden">{label}</span>
      </summary>
      <Copyable page={page} value={value} label={label} />
    </details>
  );
}

/** A program with a button that copies it. */
export function CodeBlock({
  page: { text },
  code,
  label,
}: {
  page: PageContext;
  code: string;
  label: string;
}) {
  return (
    <div class="code">
      <button type="button" data-copy={code} aria-label={`${text.copy}: ${label}`} hidden>
        {text.copy}
      </button>
      <pre tabindex={0}>{code}</pre>
    </div>
  );
}
