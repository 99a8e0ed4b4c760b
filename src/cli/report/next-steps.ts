/** What to do after a run, whatever came of it. */
import { sentences } from '../../languages/language.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { quoted } from '../terminal/command-line.js';
import { dirFlagFor, type NextCommand } from '../terminal/next-commands.js';

interface Run {
  folder: string;
  program: string;
  recording: Recording | undefined;
}

export function runCommands({ folder, program, recording }: Run): NextCommand[] {
  const text = sentences.cliReport.commands;
  const dir = dirFlagFor(folder);
  const tree = { line: `${program} cert tree ${quoted(folder)}`, what: text.tree };
  const doctor = { line: `${program} doctor${dir}`, what: text.doctor };
  if (!recording) return [{ line: `${program} quickstart${dir}`, what: text.quickstart }, doctor, tree];
  const replay = { line: `${program} replay ${quoted(folder)} --check`, what: text.replay };
  if (recording.outcome === 'done') return [doctor, tree, replay];
  const code = recording.failure?.code ?? '';
  const resume = { line: `${program} quickstart --yes${dir}`, what: text.resume };
  // A recording may come from anywhere: only what looks like a code becomes part of a command.
  const explain = { line: `${program} explain ${code}`, what: text.explain };
  return [...(/^[A-Z][A-Z0-9_]*$/.test(code) ? [explain] : []), resume, doctor];
}
