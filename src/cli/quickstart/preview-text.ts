/** A dry run for people. */
import { relative } from 'node:path';
import type { Preview } from '../../quickstart/result.js';

export function previewText({ steps }: Preview): string {
  const text = steps.map(({ title, makes, keeps, requests }, index) =>
    [
      `${index + 1}. ${title}`,
      ...keeps.map((thing) => `   keeps  ${shorter(thing)}`),
      ...makes.map((thing) => `   makes  ${shorter(thing)}`),
      ...requests.map(
        ({ method, url, repeated, when = repeated }) =>
          `   sends  ${method} ${url}${when ? `  (${when})` : ''}`,
      ),
    ].join('\n'),
  );
  return `${text.join('\n')}\n\nNothing was made, and nothing was sent.\n`;
}

/** A path as seen from the working folder, where that is shorter. */
function shorter(thing: string): string {
  if (!/^([/\\]|[a-z]:\\)/i.test(thing)) return thing;
  const short = relative(process.cwd(), thing);
  return short.length < thing.length ? short : thing;
}
