/** A dry run for people. */
import { relative } from 'node:path';
import { sentences } from '../../languages/language.js';
import type { Preview } from '../../quickstart/result.js';
import { padEnd, widest } from '../terminal/text.js';

export function previewText({ steps }: Preview): string {
  const { previewLabels: labels, previewNothing } = sentences.cliQuickstart;
  const width = widest(Object.values(labels));
  const line = (label: string, text: string) => `   ${padEnd(label, width)}  ${text}`;
  const text = steps.map(({ title, makes, keeps, requests }, index) =>
    [
      `${index + 1}. ${title}`,
      ...keeps.map((thing) => line(labels.keeps, shorter(thing))),
      ...makes.map((thing) => line(labels.makes, shorter(thing))),
      ...requests.map(({ method, url, repeated, when = repeated }) =>
        line(labels.sends, `${method} ${url}${when ? `  (${when})` : ''}`),
      ),
    ].join('\n'),
  );
  return `${text.join('\n')}\n\n${previewNothing}\n`;
}

/** A path as seen from the working folder, where that is shorter. */
function shorter(thing: string): string {
  if (!/^([/\\]|[a-z]:\\)/i.test(thing)) return thing;
  const short = relative(process.cwd(), thing);
  return short.length < thing.length ? short : thing;
}
