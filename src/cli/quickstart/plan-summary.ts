/** A plan in words, to be approved. */
import { sentences } from '../../languages/language.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { planRows } from '../input/plan-rows.js';
import { padEnd, wrap } from '../terminal/text.js';

const labelWidth = 16;
const width = 80;

/** A row for each label of the table of fields, in its order. */
export function planSummary(plan: Plan, folder: string): string {
  const rows = planRows(plan, folder).map(([label, text]) => row(label, text));
  return `${sentences.cliQuickstart.plan}\n\n${rows.join('\n')}`;
}

function row(label: string, text: string): string {
  const indent = ' '.repeat(labelWidth);
  return `  ${padEnd(label, labelWidth - 2)}${wrap(text, width, indent).trimStart()}`;
}
