/** What a command said when it refused, by its code and the facts it names instead of its sentences. */
import assert from 'node:assert/strict';
import { explainCode } from '../../src/explanations/explain.js';

/** For the environment of a command: each error then begins with its code. */
export const withCodes = { ENROLLKIT_MESSAGE_IDS: '1' };

/** Code, sentence, next step and the code to look up; causes are between the first two. */
export const errorText =
  /^\[([A-Z0-9_]+)\] error: (.+?)\n\n(?:\S.*\n {2}1\. .+?\n\n)?next: (.+?)\n\n.*enrollkit explain (\S+)\n$/ms;

/**
 * Asserts that the error on standard error, of a command run {@link withCodes}, has this code, and that its sentence or
 * what to do next has each of the facts: names, numbers, paths, flags.
 */
export function assertRefusal(stderr: string, code: string, ...facts: string[]): void {
  const [, actual, sentence, next, explained] = errorText.exec(stderr) ?? [];
  assert.equal(actual, code, stderr);
  assert.ok(explainCode(explained!), stderr);
  for (const fact of facts) {
    assert.ok(sentence!.includes(fact) || next!.includes(fact), `${fact} is missing:\n${stderr}`);
  }
}
