/** The first line of a CSV file. */

/** The name of two columns, as JSON: of the two, only one could be read. Undefined if all names differ. */
export function columnTwice(header: readonly string[]): string | undefined {
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  return twice === undefined ? undefined : shownColumn(twice);
}

/** A column's name for messages. */
export function shownColumn(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
