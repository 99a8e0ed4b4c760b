/** A plan in words, by the labels of the table of fields. */
import { sentences } from '../../languages/language.js';
import { type FieldPath, fieldEntries, type Plan } from '../../quickstart/plan/fields.js';

/**
 * A row for each label, in the order of the table.
 *
 * @param without fields that are left out
 */
export function planRows(
  plan: Plan,
  folder: string,
  without: readonly FieldPath[] = [],
): [label: string, text: string][] {
  const rows = new Map<string, string[]>();
  for (const [path, { summary }] of fieldEntries) {
    const text = without.includes(path) ? undefined : summary?.text(plan, folder);
    if (!summary || text === undefined) continue;
    const label = typeof summary.label === 'string' ? summary.label : summary.label(plan);
    rows.set(label, [...(rows.get(label) ?? []), text]);
  }
  return [...rows].map(([label, texts]) => [label, sentences.quickstartPlan.summaryRow(texts)]);
}
