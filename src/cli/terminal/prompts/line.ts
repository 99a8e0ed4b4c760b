/** A question that is answered by typing; the answer is checked at every key. */

import { stripVTControlCharacters } from 'node:util';
import { createPrompt, isEnterKey, isTabKey, useEffect, useKeypress, useState } from '@inquirer/core';
import { asksForHelp } from '../asker.js';
import {
  answeredLine,
  below,
  type FrameConfig,
  keysLine,
  type Outcome,
  questionLines,
  unstyled,
} from './frame.js';
import { isEscape, useQuestion } from './keys.js';

export interface LineConfig extends FrameConfig {
  /** Shown below the line until there is a problem. */
  why: string;
  /** The answer that Enter gives. */
  standard: string;
  /** How the default is shown. */
  hint: string;
  /** What was typed before the question had to be drawn again. */
  typed: string;
  problem: (value: string) => string | undefined;
  /** Whether it is a secret: masked, checked when Enter is pressed, and cleared if it is wrong. */
  secret: boolean;
  /** How the answer stays on the screen. */
  answered: (value: string) => string;
}

export const line = createPrompt<Outcome<string>, LineConfig>((config, finish) => {
  const { output, secret } = config;
  const { safe, style } = output;
  const { state, end, hasEnded, drawn, isHelpShown, toggleHelp } = useQuestion(output, finish);
  const [value, setValue] = useState(config.typed);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  useEffect((readline) => {
    if (config.typed !== '') readline.write(config.typed);
  }, []);
  const answer = value === '' ? config.standard : value;
  const found = (text: string) => {
    const text_ = config.problem(text);
    return text_ === undefined ? undefined : safe(text_);
  };
  useKeypress((key, readline) => {
    if (hasEnded()) return;
    const typed = readline.line;
    if (isEscape(key)) {
      if (config.place?.canGoBack) end({ kind: 'back' });
    } else if (isEnterKey(key)) {
      const wrong = found(answer);
      if (wrong === undefined) return end({ kind: 'answer', value: answer });
      setProblem(wrong);
      // Enter has cleared readline's line.
      if (secret) setValue('');
      else readline.write(value);
    } else if ((key as { name?: string }).name === 'f1' || (!secret && asksForHelp(typed))) {
      if (asksForHelp(typed)) readline.clearLine(0);
      toggleHelp();
    } else if (isTabKey(key)) {
      readline.clearLine(0);
      readline.write(secret ? value : answer);
      setValue(secret ? value : answer);
    } else if (typed !== value) {
      setValue(typed);
      setProblem(secret || typed === '' ? undefined : found(typed));
    }
  });
  // What is asked before it takes its place. Inquirer draws an empty text in two lines.
  if (state === 'back') return ' ';
  if (state === 'answered') return safe(answeredLine(config, config.answered(answer)));
  const question = questionLines(config);
  const hint = value === '' && config.hint !== '' ? style.dim(`(${config.hint}) `) : '';
  const shown = secret ? '*'.repeat(value.length) : safe(value);
  const content = safe(`${question}\n${style.cyan('>')} ${hint}`) + shown;
  const note =
    problem === undefined ? below(config.why, output, style.dim) : below(problem, output, style.red);
  const lines = [note];
  if (isHelpShown && config.help) lines.push(below(config.help, output, unstyled));
  lines.push(keysLine(config, secret ? { helpKey: 'F1' } : {}));
  const bottom = safe(lines.join('\n'));
  drawn.current = stripVTControlCharacters(`${content}\n${bottom}`);
  return state === 'left' ? content : [content, bottom];
});
