/**
 * Runs the commands in the `console` blocks of the documents that show a whole session, in their language, and writes
 * down what they print, with the ports that readers get: npx tsx scripts/transcripts.ts
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  blocksOf,
  commandsOf,
  DocumentShell,
  hasCommands,
  type RunEnrollkit,
  verificationCode,
} from './document-blocks.js';

const project = fileURLToPath(new URL('..', import.meta.url));

for (const [document, language] of [
  ['docs/first-device.md', 'en'],
  ['docs/tutorial.md', 'en'],
  ['docs/tutorial.zh-CN.md', 'zh-CN'],
] as const) {
  const path = join(project, document);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'enrollkit-tutorial-')));
  // Under npx, commands in messages would begin with npx.
  const outside = Object.entries(process.env).filter(([name]) => !/^(npm_|ENROLLKIT_)/.test(name));
  const inherited = { ...Object.fromEntries(outside), ENROLLKIT_LANG: language };
  const run: RunEnrollkit = async (words, { cwd, env }) => {
    // One file for both streams keeps their order, as in a terminal.
    const file = join(folder, 'output');
    const output = openSync(file, 'w');
    const { status } = spawnSync(process.execPath, [join(project, 'dist/bin.js'), ...words], {
      ...{ cwd, env: { ...inherited, ...env }, stdio: ['ignore', output, output] },
    });
    closeSync(output);
    const printed = readFileSync(file, 'utf8').replaceAll(folder, '/home/you');
    return { status: status ?? 1, printed, stdout: printed };
  };
  const shell = new DocumentShell(folder, run, { fixedPorts: true });
  let text = readFileSync(path, 'utf8');
  // A reader types the code that was printed before.
  let code = '';
  const written: [start: number, end: number, text: string][] = [];
  for (const block of blocksOf(text).filter((block) => hasCommands(block) && block.notRun === undefined)) {
    let transcript = '';
    const commands = commandsOf(block);
    for (const [index, { line, source }] of commands.entries()) {
      const { status, printed } = await shell.type(line);
      const expected = index === commands.length - 1 ? (block.exitsWith ?? 0) : 0;
      if (status !== expected) throw new Error(`${line}: exit status ${status}\n${printed}`);
      transcript += `${`$ ${source.replace(verificationCode, code)}\n${printed}`.trimEnd()}\n`;
      code = verificationCode.exec(printed)?.[0] ?? code;
    }
    if (block.language !== 'console') continue;
    written.push([block.start, block.start + block.text.length, transcript]);
  }
  await shell.stopEmulators();
  for (const [start, end, transcript] of written.reverse())
    text = text.slice(0, start) + transcript + text.slice(end);
  writeFileSync(path, text);
  rmSync(folder, { recursive: true });
}
