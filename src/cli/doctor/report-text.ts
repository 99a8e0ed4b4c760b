/** What doctor found, for people. */
import { sentences } from '../../languages/language.js';
import type { Styles } from '../kernel/output.js';
import { pageWidth, printable, wrap } from '../terminal/text.js';
import type { Finding, Severity } from './finding.js';

export interface Section {
  title: string;
  findings: Finding[];
}

/** How many findings with the same code a section shows. */
const shownPerCode = 5;

const words: Record<Severity, string> = { info: 'ok', warning: 'warning', error: 'error' };
const indent = ' '.repeat(11);

export function reportText(sections: readonly Section[], style: Styles): string {
  const parts = sections
    .filter(({ findings }) => findings.length > 0)
    .map(({ title, findings }) => [style.bold(title), ...linesOf(findings, style), ''].join('\n'));
  const count = (severity: Severity) =>
    sections.flatMap(({ findings }) => findings).filter((one) => one.severity === severity).length;
  return `${parts.join('\n')}\n${summary(count('error'), count('warning'), style)}`;
}

function linesOf(findings: readonly Finding[], style: Styles): string[] {
  const seen = new Map<string, number>();
  const lines = findings.flatMap((finding) => {
    const number = (seen.get(finding.code) ?? 0) + 1;
    seen.set(finding.code, number);
    return number > shownPerCode ? [] : findingLines(finding, style);
  });
  for (const [code, number] of seen) {
    if (number > shownPerCode) lines.push(indent + sentences.cliDoctor.more(number - shownPerCode, code));
  }
  return lines;
}

function findingLines({ code, severity, message, fix }: Finding, style: Styles): string[] {
  const colour = { info: style.green, warning: style.cyan, error: style.red }[severity];
  const text = severity === 'info' ? printable(message) : `${code}: ${printable(message)}`;
  const wrapped = wrap(text, pageWidth, indent).slice(indent.length);
  return [
    `  ${colour(words[severity])}${' '.repeat(9 - words[severity].length)}${wrapped}`,
    ...(fix === null ? [] : [style.dim(wrap(sentences.cliDoctor.fix(printable(fix)), pageWidth, indent))]),
  ];
}

function summary(errors: number, warnings: number, { red, green }: Styles): string {
  if (errors === 0 && warnings === 0) return green(sentences.cliDoctor.nothingWrong);
  const text = sentences.cliDoctor.summary(errors, warnings);
  return errors > 0 ? red(text) : green(text);
}
