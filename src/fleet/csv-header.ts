/** The first line of a CSV file. */
import { sentences } from '../languages/language.js';

/** What is wrong with a header that has a name twice, as part of a sentence: only one of the two columns could be read. */
export function repeatedColumn(header: readonly string[]): string | undefined {
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  return twice === undefined ? undefined : sentences.fleet.columnTwice(shownColumn(twice));
}

/**
 * The option `columns` of csv-parse for rows as objects, whose header must not have a name twice.
 *
 * @param refusal makes the error from what is wrong
 */
export function distinctColumns(refusal: (problem: string) => Error): (header: string[]) => string[] {
  return (header) => {
    const problem = repeatedColumn(header);
    if (problem !== undefined) throw refusal(problem);
    return header;
  };
}

/** A column's name for messages. */
export function shownColumn(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
