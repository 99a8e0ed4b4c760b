/** What all questions at a terminal do: go back, be suspended, follow the size of the terminal, end with the input. */
import { useEffect, useState } from '@inquirer/core';
import type { Output } from '../../kernel/output.js';
import { widest } from '../text.js';
import type { Outcome } from './frame.js';

/** Long enough for the bytes of an arrow key over a slow connection, short enough for Esc. */
const escapeTimeout = 100;

/** The part of readline that the keys need. */
interface Line {
  line: string;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * @param drawn the lines on the screen, without styles
 * @param done ends the question
 */
export function useTerminal(
  output: Output,
  drawn: { current: string },
  done: (outcome: Outcome<never>) => void,
): void {
  const [, setColumns] = useState(output.stderr.columns ?? 80);
  useEffect((readline) => {
    const line = readline as unknown as Line & { escapeCodeTimeout?: number };
    line.escapeCodeTimeout = escapeTimeout;
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

export function isEscape(key: { name?: string }): boolean {
  return key.name === 'escape';
}
