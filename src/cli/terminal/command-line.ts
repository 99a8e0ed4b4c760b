/** Commands in messages, as the reader can type them. */

/**
 * What to type to call this program: under npm, it is not in the path. Without `--no-install`, npx would download a
 * package of this name where there is no clone, and anyone can publish one.
 */
export function programName(env: NodeJS.ProcessEnv): string {
  return env.npm_command === undefined ? 'enrollkit' : 'npx --no-install enrollkit';
}

/** A word as a shell takes it. */
export function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
