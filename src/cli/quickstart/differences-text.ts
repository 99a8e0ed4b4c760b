/** The differences between two runs, for people. */
import { sentences } from '../../languages/language.js';
import type { Difference } from '../../quickstart/recording/compare.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { padEnd, printable, widest } from '../terminal/text.js';

/** A person reads the first ones; `--json` has all. */
const maxListed = 20;
const maxValueLength = 200;

export function differencesText(differences: readonly Difference[]): string {
  if (differences.length === 0) return sentences.cliQuickstart.runsNoDifference;
  const listed = differences.slice(0, maxListed).map(differenceText);
  const more = differences.length - listed.length;
  const count = sentences.cliQuickstart.differences(differences.length);
  return [count, ...listed, ...(more > 0 ? [sentences.cliQuickstart.andMore(more)] : [])].join('\n\n');
}

function differenceText({ step, request, path, recorded, now }: Difference): string {
  // Hosts are the same, or are masked.
  const sent = request?.replace(/https:\/\/[^/]+/, '');
  const place = [step ?? sentences.cliQuickstart.runsTheRun, sent, path].filter(
    (part) => part !== undefined && part !== '',
  );
  const { recorded: then, now: today } = sentences.cliQuickstart.differenceLabels;
  const width = widest([then, today]);
  return [
    `  ${printable(place.join(', '))}`,
    `    ${padEnd(then, width)}  ${valueText(recorded)}`,
    `    ${padEnd(today, width)}  ${valueText(now)}`,
  ].join('\n');
}

function valueText(value: unknown): string {
  if (value === null) return sentences.cliQuickstart.runsNothing;
  const text = printable(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text;
}

/** Different versions: not a difference between the runs, but they may explain one. Empty if all are the same. */
export function versionsText(recorded: Recording, now: Recording): string {
  const versions = ({ enrollkit, node, platform, arch }: Recording) =>
    `enrollkit ${enrollkit}, Node.js ${node}, ${platform} ${arch}`;
  const [before, after] = [versions(recorded), versions(now)];
  return before === after ? '' : printable(sentences.cliQuickstart.runsVersions(before, after));
}
