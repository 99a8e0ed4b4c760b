/** Answers the shells' completion functions: `enrollkit __complete WORD... =CURRENT`. */
import { sentences } from '../../languages/language.js';
import { commands, families } from '../command-table.js';
import type { Flags } from '../kernel/flags.js';
import { helpTopics } from '../kernel/help.js';
import { completesOf, type Place, readCommandLine } from './command-words.js';
import { liveValues } from './live-values.js';

interface Candidate {
  value: string;
  description?: string;
}

/** What the shell shows: words, or the files or folders that it finds itself. */
type Answer = { kind: 'values'; candidates: readonly Candidate[] } | { kind: 'files' | 'folders' };

/** A shell waits for each answer, and a person for the shell. */
const patienceMs = 2000;

/**
 * @param argv words before the cursor, then the one at the cursor with `=` before it, so that no shell drops an empty one
 * @returns lines: `values`, `files` or `folders`; for values, one each, with its description after a tab
 */
export async function complete(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const words = argv.slice(0, -1);
  const current = argv.at(-1)?.replace(/^=/, '') ?? '';
  const answer = await answerFor(words, current, env).catch(
    (): Answer => ({ kind: 'values', candidates: [] }),
  );
  if (answer.kind !== 'values') return `${answer.kind}\n`;
  const lines = answer.candidates
    // A value with a line end, or one that would steer the terminal, cannot be typed either.
    .filter(({ value }) => value.startsWith(current) && !/\p{Cc}/u.test(value))
    .map(({ value, description }) => (description ? `${value}\t${description}` : value));
  return `${['values', ...lines].join('\n')}\n`;
}

async function answerFor(words: readonly string[], current: string, env: NodeJS.ProcessEnv): Promise<Answer> {
  const { place, values } = await readCommandLine(words, current);
  switch (place.kind) {
    case 'command':
      return listed(commandNames(place));
    case 'topic':
      return listed(topics(words));
    case 'flag':
      return listed(flagNames(place.flags, place.given));
    case 'nothing':
      return listed([]);
    default: {
      const completes = place.kind === 'value' ? completesOf(place.flag) : place.argument.completes;
      if (completes === 'files' || completes === 'folders') return { kind: completes };
      const prefix = place.kind === 'value' ? place.prefix : '';
      const found =
        completes === undefined || typeof completes !== 'string'
          ? (completes ?? [])
          : await liveValues(completes, values, env, AbortSignal.timeout(patienceMs));
      return listed(found.map((value) => ({ value: prefix + value })));
    }
  }
}

function listed(candidates: readonly Candidate[]): Answer {
  return { kind: 'values', candidates };
}

function commandNames({ family }: Extract<Place, { kind: 'command' }>): Candidate[] {
  if (family !== undefined) {
    return commands
      .filter(({ name }) => name.startsWith(`${family} `))
      .map(({ name, summary }) => ({ value: name.slice(family.length + 1), description: summary }));
  }
  const firstWords = new Map(
    commands.map(({ name, summary }) => {
      const [first] = name.split(' ') as [string];
      return [first, first === name ? summary : (families[first]?.summary ?? summary)];
    }),
  );
  const all = [...firstWords].map(([value, description]) => ({ value, description }));
  return [...all, { value: 'help', description: sentences.cliKernel.help.helpCommand }];
}

/** @param words with `help` among them */
function topics(words: readonly string[]): Candidate[] {
  const [first] = words.slice(words.indexOf('help') + 1);
  if (first !== undefined) return commandNames({ kind: 'command', family: first });
  return [
    ...commandNames({ kind: 'command', family: undefined }).filter(({ value }) => value !== 'help'),
    ...helpTopics.map((value) => ({ value })),
  ];
}

function flagNames(flags: Flags, given: ReadonlySet<string>): Candidate[] {
  const offered = Object.entries(flags).flatMap(([name, flag]) => {
    if (given.has(name)) return [];
    const own = { value: `--${name}`, description: flag.summary };
    const isNegatable = flag.kind === 'switch' && flag.negatable;
    if (!isNegatable) return [own];
    return [own, { value: `--no-${name}`, description: sentences.cliKernel.help.opposite(name) }];
  });
  return [...offered, { value: '--help', description: sentences.cliKernel.help.helpFlag }];
}
