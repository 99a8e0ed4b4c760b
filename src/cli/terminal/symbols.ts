/** The characters that a terminal can show besides ASCII. */

export interface Symbols {
  answered: string;
  pointer: string;
  separator: string;
  upDown: string;
  /** What stands for text that was cut; one column wide. */
  cut: string;
}

const unicode: Symbols = {
  answered: '✔',
  pointer: '❯',
  separator: '·',
  upDown: '↑↓',
  cut: '…',
};
const ascii: Symbols = {
  answered: '+',
  pointer: '>',
  separator: '-',
  upDown: 'up/down',
  cut: '>',
};

/** Whether the terminal shows Unicode: the locale says so (POSIX), and it is not the console of the Linux kernel. */
export function showsUnicode(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): boolean {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false;
  // Windows Terminal and the terminals of editors; the older console has a code page.
  if (platform === 'win32') return Boolean(env.WT_SESSION || env.TERM_PROGRAM || env.TERM);
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  // Containers often have none, and are looked at in a terminal that has one.
  return locale === undefined || /utf-?8/i.test(locale);
}

export function symbolsFor(env: NodeJS.ProcessEnv): Symbols {
  return showsUnicode(env) ? unicode : ascii;
}
