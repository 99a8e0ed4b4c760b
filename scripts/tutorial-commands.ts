/** The commands in the tutorials, for the test that runs them and the script that writes down what they print. */

/** A block with commands and what they print. */
export const blocksOf = /^```console\n[\s\S]*?^```$/gm;

/** What `ca code` prints. */
export const verificationCode = /\b[0-9A-F]{48}\b/;

/** The command lines in a document or a block, without `$ enrollkit`. */
export function commandsOf(text: string): string[] {
  return [...text.matchAll(/^\$ enrollkit (.+)$/gm)].map(([, line]) => line!);
}

/** The arguments of a command line, as a shell splits it; there are no escapes. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain!,
  );
}
