/** Text in columns, for terminals of 80. */
import { truncate } from '../kernel/output.js';

const width = 80;

/** No column is wider, so that one long cell does not push the others out. */
const widestCell = 46;

/** Rows of cells, aligned; what is too long is cut. `indent` is the room that the caller puts before it. */
export function columns(rows: readonly (readonly string[])[], indent = 0): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.min(widestCell, Math.max(...rows.map((row) => row[column]!.length))),
  );
  return rows.map((row) => {
    const line = row
      .map((cell, column) =>
        column === row.length - 1 ? cell : truncate(cell, widths[column]!).padEnd(widths[column]!),
      )
      .join('  ');
    return truncate(line, width - indent);
  });
}
