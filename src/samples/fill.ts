/** Samples are files of templates/samples/ with places for values, each of which becomes a literal of the language. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../package-files.js';
import type { Literal, SampleValue } from './literals.js';

export type SampleValues = Readonly<Record<string, SampleValue>>;

/**
 * Fills a template. `{{name}}` becomes the literal of a value. The lines between `{{#name}}` and `{{/name}}`, each alone
 * on a line, stay if the value is neither null nor false; those between `{{^name}}` and `{{/name}}` if it is. Sections do
 * not nest in one of the same name. `{{>program}}`, in a comment, becomes the name of the program.
 *
 * @param template path in templates/samples/
 * @param program as {@link programWord} returns it
 * @returns the program's text
 * @throws Error if the template uses a value that is not in `values`
 */
export function fillSample(
  template: string,
  values: SampleValues,
  literal: Literal,
  program: string,
): string {
  const given = (name: string): SampleValue => {
    const value = values[name];
    if (value === undefined) throw new Error(`${template}: ${name}`);
    return value;
  };
  const isSet = (name: string) => given(name) !== null && given(name) !== false;
  let text = readFileSync(packageFile(`templates/samples/${template}`), 'utf8');
  // Nested sections: the inner ones are found in the next round.
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(
      /^[ \t]*\{\{([#^])(\w+)\}\}\n([\s\S]*?)^[ \t]*\{\{\/\2\}\}\n/gm,
      (_, mark: string, name: string, lines: string) => (isSet(name) === (mark === '#') ? lines : ''),
    );
  }
  // Once: what a value contains is not looked at.
  return text.replace(/\{\{(>program|\w+)\}\}/g, (_, name: string) =>
    name === '>program' ? program : literal(given(name)),
  );
}
