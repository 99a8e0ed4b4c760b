/** Shows what a step is about to send, and waits for Enter: for a class. */
import { sentences } from '../../languages/language.js';
import type { BeforeStep } from '../../quickstart/run-steps.js';
import type { Context } from '../kernel/command.js';
import { terminalAsker } from '../terminal/prompts.js';
import { displayWidth } from '../terminal/text.js';

/** Lines of the terminal for the title, the question and what came before. */
const otherLines = 8;

export function stepPrompt({ output, signal }: Pick<Context, 'output' | 'signal'>): BeforeStep {
  const ask = terminalAsker(output, signal);
  return async ({ title, requests }) => {
    const lines = requests.map((request) => requestText(request, output.width - 1));
    // The last ones are those of more devices.
    const room = Math.max(otherLines, (output.stderr.rows || 24) - otherLines);
    let listed = 0;
    for (let used = 0; listed < lines.length; listed += 1) {
      used += lines[listed]!.split('\n').length;
      if (used > room) break;
    }
    const more = lines.length - listed;
    const shown = [
      ...lines.slice(0, listed),
      ...(more > 0 ? [`  ${sentences.cliQuickstart.andMore(more)}`] : []),
    ];
    const sends = lines.length === 0 ? [sentences.cliQuickstart.replaySendsNothing] : shown;
    ask.say('replay.step', ['', output.style.bold(title), ...sends].join('\n'));
    await ask.text({
      id: 'replay.next',
      message: sentences.cliQuickstart.replayEnter,
      why: sentences.cliQuickstart.replayCtrlC,
      default: '',
      problem: () => undefined,
    });
  };
}

/**
 * Method and URL, with what all URLs of Azure Resource Manager begin with cut out. A line that is too long is broken
 * before a part of the path or the query, never within a name.
 */
export function requestText(
  { method, url, repeated }: { method: string; url: string; repeated?: string | undefined },
  width: number,
): string {
  const short = url.replace(
    /\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/(?=Microsoft\.)/,
    '/…/',
  );
  const text = `${method} ${short}${repeated === undefined ? '' : `, ${repeated}`}`;
  const lines = ['  '];
  for (const part of text.match(/(?:^|(?<!\/)\/(?!\/)|[?&]| )?[^\s/?&]*(?:\/\/[^\s/?&]*)?/g)!) {
    const joined = lines.at(-1) + part;
    if (displayWidth(joined) <= width || lines.at(-1)!.trim() === '') lines.splice(-1, 1, joined);
    else lines.push(`    ${part.trimStart()}`);
  }
  return lines.join('\n');
}
