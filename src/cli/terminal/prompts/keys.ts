/** What all questions at a terminal do: go back, be suspended, follow the size of the terminal, end with the input. */
import { emitKeypressEvents, type Interface } from 'node:readline';
import { useEffect, useRef, useState } from '@inquirer/core';
import type { Output } from '../../kernel/output.js';
import { widest } from '../text.js';
import type { Outcome } from './frame.js';

/** Long enough for the bytes of an arrow key over a slow connection, short enough for Esc. */
const escapeTimeout = 100;

/**
 * Node.js takes the time to wait from the first readline interface of a stream, which is not always one of ours. Must be
 * called before any question.
 */
export function waitBrieflyAfterEscape(input: NodeJS.ReadableStream): void {
  emitKeypressEvents(input, { escapeCodeTimeout: escapeTimeout } as unknown as Interface);
}

/** The part of readline that the keys need. */
interface Line {
  line: string;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

interface QuestionState<Value> {
  state: 'asking' | 'answered' | 'back' | 'left';
  /** Ends the question; only the first call counts. */
  end: (outcome: Outcome<Value>) => void;
  hasEnded: () => boolean;
  /** The lines on the screen, without styles. */
  drawn: { current: string };
  isHelpShown: boolean;
  toggleHelp: () => void;
}

/** What every question keeps, with {@link useTerminal}. @param finish what inquirer gives it to end with */
export function useQuestion<Value>(
  output: Output,
  finish: (outcome: Outcome<Value>) => void,
): QuestionState<Value> {
  const [state, setState] = useState<QuestionState<Value>['state']>('asking');
  const [isHelpShown, setHelpShown] = useState(false);
  const drawn = useRef('');
  const ended = useRef(false);
  const end = (outcome: Outcome<Value>) => {
    if (ended.current) return;
    ended.current = true;
    setState(outcome.kind === 'answer' ? 'answered' : outcome.kind === 'back' ? 'back' : 'left');
    finish(outcome);
  };
  useTerminal(output, drawn, end);
  const toggleHelp = () => setHelpShown(!isHelpShown);
  return { state, end, hasEnded: () => ended.current, drawn, isHelpShown, toggleHelp };
}

/**
 * @param drawn the lines on the screen, without styles
 * @param done ends the question
 */
function useTerminal(
  output: Output,
  drawn: { current: string },
  done: (outcome: Outcome<never>) => void,
): void {
  const [, setColumns] = useState(output.stderr.columns ?? 80);
  useEffect((readline) => {
    const line = readline as unknown as Line;
    const again = (suspend: boolean) => done({ kind: 'again', typed: line.line, suspend });
    const suspended = () => again(true);
    const closed = () => done({ kind: 'closed' });
    const resized = () => {
      // Lines that the terminal has wrapped cannot be erased reliably.
      if (widest(drawn.current.split('\n')) >= output.width) again(false);
      else setColumns(output.width);
    };
    line.on('SIGTSTP', suspended);
    line.on('close', closed);
    output.stderr.on?.('resize', resized);
    return () => {
      line.off('SIGTSTP', suspended);
      line.off('close', closed);
      output.stderr.off?.('resize', resized);
    };
  }, []);
}

/**
 * Stops this process and its parents of the same job, such as npx, as Ctrl-Z does outside of a question; returns when
 * the shell continues the job. Where there is no job control, it returns at once.
 */
export async function suspendJob(): Promise<void> {
  if (process.platform === 'win32') return;
  process.kill(0, 'SIGTSTP');
  // While the process is stopped, so is the timer.
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Interrupts this process and those of the same job, as Ctrl-C does outside of a question. */
export function interruptJob(): void {
  if (process.platform === 'win32') process.emit('SIGINT');
  else process.kill(0, 'SIGINT');
}

/** Drops all keys but Ctrl-C and Ctrl-Z until some work is done, so that the terminal does not show them. */
export async function withoutKeys<Value>(
  input: NodeJS.ReadableStream & { setRawMode?: (raw: boolean) => unknown },
  job: { suspend: () => Promise<void>; interrupt: () => void },
  work: () => Promise<Value>,
): Promise<Value> {
  let isDone = false;
  const setRaw = (raw: boolean) => void input.setRawMode?.(raw);
  const typed = async (bytes: Buffer | string) => {
    const keys = bytes.toString();
    if (keys.includes('\u0003')) job.interrupt();
    if (!keys.includes('\u001a')) return;
    setRaw(false);
    await job.suspend();
    if (!isDone) setRaw(true);
  };
  setRaw(true);
  input.on('data', typed).resume();
  try {
    return await work();
  } finally {
    isDone = true;
    input.off('data', typed);
    input.pause();
    setRaw(false);
  }
}

export function isEscape(key: { name?: string }): boolean {
  return key.name === 'escape';
}
