/** The texts of the help that commander does not write itself; it ends each with a newline. */
import { type ErrorCode, errorTable, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { wrap } from '../terminal/text.js';
import type { Example } from './command.js';
import { environmentVariables } from './environment.js';

const { help } = sentences.cliKernel;

const rootExamples: readonly (readonly [line: string, summary: string])[] = [
  ['enrollkit', help.examples.wizard],
  ['enrollkit quickstart --yes', help.examples.emulator],
  ['enrollkit quickstart --yes --target azure --dps-name NAME \\', ''],
  ['    --subscription ID --resource-group NAME', ''],
  ['enrollkit quickstart --plan certs/.enrollkit/plan.json', ''],
  ['enrollkit clean', help.examples.clean],
];

export const rootFooter = `
${help.titles.examples}
${rootExamples.map(([line, summary]) => `  ${line.padEnd(35)}  ${summary}`.trimEnd()).join('\n')}

${help.more}`;

const width = 80;

export function exampleText(examples: readonly Example[]): string {
  const lines = examples.flatMap(({ line, summary }) => [
    wrap(summary, width, '  # '),
    ...foldedCommand(`enrollkit ${line}`),
  ]);
  return `\n${help.titles.examples}\n${lines.join('\n')}`;
}

/** A command in lines that a shell reads as one; broken before its flags. */
function foldedCommand(command: string): string[] {
  const [first, ...flags] = command.split(/ (?=--|\|)/);
  const lines = [`  ${first}`];
  const more = ' \\';
  for (const flag of flags) {
    const last = lines.at(-1)!;
    const longer = `${last} ${flag}`;
    if (longer.length + more.length <= width) lines[lines.length - 1] = longer;
    else lines.splice(-1, 1, last + more, `      ${flag}`);
  }
  return lines;
}

/** What each exit status means. */
export const exitStatusSummaries: Record<keyof typeof exitStatus, string> = help.exitStatuses;

/** What `enrollkit help` knows besides commands. */
export const helpTopics = ['environment', 'exit-codes'] as const;

/** The text of a topic of `enrollkit help`. */
export function topicText(topic: string): string | undefined {
  if (topic === 'environment') {
    const lines = Object.entries(environmentVariables).map(
      ([name, summary]) => `  ${name}\n${wrap(summary, width, '      ')}`,
    );
    return `${help.environmentTitle}\n\n${lines.join('\n')}\n`;
  }
  if (topic !== 'exit-codes') return undefined;
  const lines = Object.entries(exitStatus).map(([name, status]) => {
    const codes = (Object.keys(errorTable) as ErrorCode[]).filter((code) => errorTable[code].exit === status);
    const summary = exitStatusSummaries[name as keyof typeof exitStatus];
    return `  ${String(status).padStart(3)}  ${summary}${codes.map((code) => `\n         ${code}`).join('')}`;
  });
  return `${help.exitStatusTitle}\n\n${lines.join('\n')}\n`;
}
