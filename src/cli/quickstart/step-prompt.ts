/** Shows what a step is about to send, and waits for Enter: for a class. */
import { sentences } from '../../languages/language.js';
import type { BeforeStep } from '../../quickstart/run-steps.js';
import type { Context } from '../kernel/command.js';
import { terminalAsker } from '../terminal/prompts.js';

/** More requests are those of more devices. */
const maxListed = 12;

export function stepPrompt({ output, signal }: Pick<Context, 'output' | 'signal'>): BeforeStep {
  const ask = terminalAsker(output, signal);
  return async ({ title, requests }) => {
    const lines = requests.map(
      ({ method, url, repeated }) => `  ${method} ${url}${repeated === undefined ? '' : `, ${repeated}`}`,
    );
    const more = lines.length - maxListed;
    const shown = [
      ...lines.slice(0, maxListed),
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
