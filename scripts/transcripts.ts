/**
 * Runs the commands in the `console` blocks of the tutorials and the quickstart of README.md, and writes down what they
 * print: npx tsx scripts/transcripts.ts
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blocksOf, commandsOf, verificationCode, wordsOf } from './tutorial-commands.js';

const project = fileURLToPath(new URL('..', import.meta.url));

for (const [document, language] of [
  ['docs/tutorial.md', 'en'],
  ['docs/tutorial.zh-CN.md', 'zh-CN'],
] as const) {
  const path = join(project, document);
  const cwd = mkdtempSync(join(tmpdir(), 'enrollkit-tutorial-'));
  // Under npx, commands in messages would begin with npx.
  const outside = Object.entries(process.env).filter(([name]) => !/^(npm_|ENROLLKIT_)/.test(name));
  const env = { ...Object.fromEntries(outside), ENROLLKIT_LANG: language };
  let code = '';
  const run = (line: string): string => {
    const typed = code ? line.replace(verificationCode, code) : line;
    // One file for both streams keeps their order, as in a terminal.
    const file = join(cwd, 'output');
    const output = openSync(file, 'w');
    const { status } = spawnSync(process.execPath, [join(project, 'dist/bin.js'), ...wordsOf(typed)], {
      ...{ cwd, env, stdio: ['ignore', output, output] },
    });
    closeSync(output);
    const printed = readFileSync(file, 'utf8').trimEnd();
    if (status !== 0) throw new Error(`${typed}: exit status ${status}\n${printed}`);
    if (line.startsWith('ca code ')) code = verificationCode.exec(printed)![0];
    return `$ enrollkit ${typed}\n${printed}\n`;
  };
  const text = readFileSync(path, 'utf8').replace(
    blocksOf,
    (block) => `\`\`\`console\n${commandsOf(block).map(run).join('')}\`\`\``,
  );
  writeFileSync(path, text);
  rmSync(cwd, { recursive: true });
}

/** What `npm run quickstart` prints in a clone. */
const quickstart = /(?<=<!-- npm run quickstart -->\n```\n)[\s\S]*?(?=```)/;
const readme = join(project, 'README.md');
const cwd = mkdtempSync(join(tmpdir(), 'enrollkit-readme-'));
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [join(project, 'dist/bin.js'), 'quickstart', '--yes'],
  { cwd, env: { ...process.env, npm_command: 'run-script', ENROLLKIT_LANG: 'en' }, encoding: 'utf8' },
);
if (status !== 0) throw new Error(`quickstart: exit status ${status}\n${stderr}`);
const text = readFileSync(readme, 'utf8');
writeFileSync(
  readme,
  text.replace(quickstart, () => `${stderr.trimEnd()}\n\n${stdout.trim()}\n`),
);
rmSync(cwd, { recursive: true });
