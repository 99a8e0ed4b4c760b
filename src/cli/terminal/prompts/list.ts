/** A question that is answered by choosing; what is typed filters a long list. */

import { stripVTControlCharacters } from 'node:util';
import {
  createPrompt,
  isDownKey,
  isEnterKey,
  isUpKey,
  useEffect,
  useKeypress,
  usePagination,
  useState,
} from '@inquirer/core';
import { sentences } from '../../../languages/language.js';
import { asksForHelp, type Choice } from '../asker.js';
import { displayWidth, labeledWithin } from '../text.js';
import {
  answeredLine,
  below,
  type FrameConfig,
  keysLine,
  type Outcome,
  questionLines,
  roomOf,
  unstyled,
} from './frame.js';
import { isEscape, useQuestion } from './keys.js';

export interface ListConfig extends FrameConfig {
  choices: readonly Choice<unknown>[];
  /** The index of the choice that Enter gives. */
  standard: number;
  /** What was typed, before the question had to be drawn again. */
  typed: string;
}

/** A longer list can be searched; a shorter one is chosen from by its numbers too. */
const longestUnfiltered = 9;
/** What a question takes besides its list: itself, what was typed, the explanation, the keys. */
const otherRows = 7;

export const list = createPrompt<Outcome<unknown>, ListConfig>((config, finish) => {
  const { output, symbols, choices } = config;
  const { safe, style } = output;
  const filters = choices.length > longestUnfiltered;
  const { state, end, hasEnded, drawn, isHelpShown, toggleHelp } = useQuestion(output, finish);
  const [typed, setTyped] = useState(config.typed);
  const [active, setActive] = useState(config.standard);
  useEffect((readline) => {
    if (filters && config.typed !== '') readline.write(config.typed);
  }, []);

  const matching = filters ? indexesMatching(choices, typed) : choices.map((_, index) => index);
  const position = Math.max(0, matching.indexOf(active));
  const chosen = matching[position];
  useKeypress((key, readline) => {
    if (hasEnded()) return;
    const { line } = readline;
    const move = (by: number) => {
      if (matching.length > 0) setActive(matching[(position + by + matching.length) % matching.length]!);
    };
    if (isEscape(key)) {
      if (config.place?.canGoBack) end({ kind: 'back' });
    } else if (isEnterKey(key)) {
      if (chosen !== undefined) return end({ kind: 'answer', value: choices[chosen]!.value });
      if (filters) readline.write(typed);
    } else if (isUpKey(key)) move(-1);
    else if (isDownKey(key)) move(1);
    else if ((key as { name?: string }).name === 'f1' || asksForHelp(line)) {
      readline.clearLine(0);
      setTyped('');
      toggleHelp();
    } else if (filters) {
      if (line === typed) return;
      setTyped(line);
      const [first] = indexesMatching(choices, line);
      if (first !== undefined) setActive(first);
    } else {
      const number = Number(line);
      readline.clearLine(0);
      if (number >= 1 && number <= choices.length) setActive(number - 1);
    }
  });

  const room = roomOf(output);
  const rows = Math.max(3, Math.min(filters ? 10 : 12, (output.stderr.rows ?? 24) - otherRows));
  const page = usePagination({
    items: matching,
    active: position,
    pageSize: rows,
    loop: false,
    renderItem: ({ item, isActive }) => {
      const number = filters ? '' : `${item + 1}. `;
      const before = `${isActive ? symbols.pointer : ' '} ${number}`;
      const { name, detail = '' } = choices[item]!;
      const text = before + labeledWithin(name, detail, room - displayWidth(before), symbols.cut).text;
      return safe(isActive ? style.cyan(text) : text);
    },
  });
  // What is asked before it takes its place. Inquirer draws an empty text in two lines.
  if (state === 'back') return ' ';
  if (state === 'answered') return safe(answeredLine(config, choices[chosen!]!.name));
  const question = safe(questionLines(config));
  const content = filters ? `${question}\n${safe(style.cyan('>'))} ${safe(typed)}` : question;
  const why = chosen === undefined ? sentences.cliTerminal.nothingMatches : choices[chosen]!.why;
  const lines = [below(why, output, style.dim)];
  if (filters) {
    const count = sentences.cliTerminal.matching(matching.length, choices.length);
    lines.unshift(style.dim(`  ${count}`));
  }
  if (isHelpShown && config.help) lines.push(below(config.help, output, unstyled));
  lines.push(keysLine(config, { choose: true }));
  const bottom = `${page === '' ? '' : `${page}\n`}${safe(lines.join('\n'))}`;
  drawn.current = stripVTControlCharacters(`${content}\n${bottom}`);
  return state === 'left' ? content : [content, bottom];
});

function indexesMatching(choices: ListConfig['choices'], typed: string): number[] {
  const words = typed.toLowerCase().split(/\s+/);
  return choices.flatMap(({ name, detail = '', why }, index) => {
    const text = `${name} ${detail} ${why}`.toLowerCase();
    return words.every((word) => text.includes(word)) ? [index] : [];
  });
}
