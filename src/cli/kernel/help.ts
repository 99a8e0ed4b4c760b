/** The texts of the help that commander does not write itself; it ends each with a newline. */
import { type ErrorCode, errorTable, exitStatus } from '../../errors.js';
import { wrap } from '../terminal/text.js';
import type { Example } from './command.js';
import { environmentVariables } from './environment.js';

export const rootFooter = `
Examples:
  enrollkit                            questions first, then it runs
  enrollkit quickstart --yes           three devices on the embedded emulator
  enrollkit quickstart --yes --target azure --dps-name NAME \\
      --subscription ID --resource-group NAME
  enrollkit quickstart --plan certs/.enrollkit/plan.json
  enrollkit clean                      remove what a quickstart made

More: enrollkit help <command>, enrollkit help environment,
      enrollkit help exit-codes`;

const width = 80;

export function exampleText(examples: readonly Example[]): string {
  const lines = examples.flatMap(({ line, summary }) => [
    wrap(summary, width, '  # '),
    ...foldedCommand(`enrollkit ${line}`),
  ]);
  return `\nExamples:\n${lines.join('\n')}`;
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
export const exitStatusSummaries: Record<keyof typeof exitStatus, string> = {
  ok: 'It is done.',
  internal: 'A defect of enrollkit.',
  usage: 'What was given is wrong: a flag, a name, a file.',
  credentials: 'Credentials, rights or a passphrase are missing or wrong.',
  refused: 'The service refused, or lacks what is needed.',
  network: 'The service was not reached, failed, or asked to wait.',
  proofOfPossession: 'Possession of the CA’s key is not proven yet.',
  partial: 'Some devices are done, others are not.',
  needsInput: 'An answer is missing, and there is nobody to ask.',
  local: 'Something on this computer is in the way: a file, a folder, a port, the clock.',
  notDue: 'The certificate need not be renewed yet (cert needs-renewal).',
  rejected: 'The certificates were checked and do not hold (cert verify, cert lint).',
  notRunning: 'No emulator runs there (emulator status).',
  interrupted: 'It was interrupted; what is done stays done.',
};

/** The text of a topic of `enrollkit help`. */
export function topicText(topic: string): string | undefined {
  if (topic === 'environment') {
    const lines = Object.entries(environmentVariables).map(
      ([name, summary]) => `  ${name}\n      ${summary}`,
    );
    return `Environment variables:\n\n${lines.join('\n')}\n`;
  }
  if (topic !== 'exit-codes') return undefined;
  const lines = Object.entries(exitStatus).map(([name, status]) => {
    const codes = (Object.keys(errorTable) as ErrorCode[]).filter((code) => errorTable[code].exit === status);
    const summary = exitStatusSummaries[name as keyof typeof exitStatus];
    return `  ${String(status).padStart(3)}  ${summary}${codes.map((code) => `\n         ${code}`).join('')}`;
  });
  return `Exit statuses, and the error codes of each:\n\n${lines.join('\n')}\n`;
}
