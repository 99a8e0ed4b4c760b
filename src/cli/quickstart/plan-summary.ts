/** A plan in words, to be approved. */
import { sentences } from '../../languages/language.js';
import { fieldEntries, type Plan } from '../../quickstart/plan/fields.js';
import { wrap } from '../terminal/text.js';

const labelWidth = 16;
const width = 80;

/** A row for each label of the table of fields, in its order. */
export function planSummary(plan: Plan, folder: string): string {
  const rows = new Map<string, string[]>();
  for (const [, { summary }] of fieldEntries) {
    const text = summary?.text(plan, folder);
    if (!summary || text === undefined) continue;
    rows.set(summary.label, [...(rows.get(summary.label) ?? []), text]);
  }
  return `${sentences.cliQuickstart.plan}\n\n${[...rows].map(([label, texts]) => row(label, texts.join('; '))).join('\n')}`;
}

function row(label: string, text: string): string {
  const indent = ' '.repeat(labelWidth);
  return `  ${label.padEnd(labelWidth - 2)}${wrap(text, width, indent).trimStart()}`;
}
