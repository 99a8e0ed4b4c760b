/** What a command said when it refused, by its code and the facts it names instead of its sentences. */
import assert from 'node:assert/strict';

/** For the environment of a command: each error then begins with its code. */
export const withCodes = { ENROLLKIT_MESSAGE_IDS: '1' };

/**
 * Asserts that the error on standard error, of a command run {@link withCodes}, has this code, and that its sentence or
 * what to do next has each of the facts: names, numbers, paths, flags.
 */
export function assertRefusal(stderr: string, code: string, ...facts: string[]): void {
  const [, actual, text] = /^\[([A-Z0-9_]+)\] error: (.+\n\nnext: .+\n)$/ms.exec(stderr) ?? [];
  assert.equal(actual, code, stderr);
  for (const fact of facts) assert.ok(text!.includes(fact), `${fact} is missing:\n${stderr}`);
}
