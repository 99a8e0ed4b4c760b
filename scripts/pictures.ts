/**
 * Makes the pictures of the README files in docs/pictures, from real runs: npx tsx scripts/pictures.ts
 *
 * Needs the build, tmux, Chromium and a font with Chinese characters (Debian: tmux chromium fonts-wqy-zenhei).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { LanguageTag } from '../src/languages/choice.js';
import { languages, sentences, useLanguage } from '../src/languages/language.js';
import { terminalSvg } from './pictures/terminal-svg.js';

const project = fileURLToPath(new URL('..', import.meta.url));
const pictures = join(project, 'docs/pictures');
const bin = join(project, 'dist/bin.js');
/** GitHub shows a README about as wide. */
const screen = { columns: 92, rows: 50 };
const maxBytes = 200_000;

/** Runs a command. @returns its standard output */
type Enrollkit = (...words: string[]) => string;

mkdirSync(pictures, { recursive: true });
for (const tag of Object.keys(languages) as LanguageTag[]) {
  await useLanguage(tag);
  const cwd = mkdtempSync(join(tmpdir(), 'enrollkit-pictures-'));
  const suffix = tag === 'en' ? '' : `.${tag}`;
  // Under npx, commands in messages would begin with npx.
  const outside = Object.entries(process.env).filter(([name]) => !/^(npm_|ENROLLKIT_|CI$)/.test(name));
  const env = { ...Object.fromEntries(outside), ENROLLKIT_LANG: tag, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };
  const enrollkit: Enrollkit = (...words) =>
    execFileSync(process.execPath, [bin, ...words], { cwd, env, encoding: 'utf8', stdio: 'pipe' });
  try {
    save(`wizard${suffix}.svg`, await wizard(cwd, env));
    save(`tree${suffix}.svg`, tree(enrollkit));
    const state = ['--dir', 'certs/.enrollkit'];
    const free = ['--port', '0', '--mqtt-port', '0'];
    const { consoleUrl } = JSON.parse(
      enrollkit('emulator', 'start', '--detach', '--json', ...state, ...free),
    );
    try {
      registerTwo(enrollkit);
      save(`page${suffix}.png`, await logPage(consoleUrl, tag));
    } finally {
      enrollkit('emulator', 'stop', ...state);
    }
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** The wizard with Enter on every question, before it runs the plan; then it runs it. */
async function wizard(cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const session = `enrollkit-pictures-${process.pid}`;
  const tmux = (...words: string[]) => execFileSync('tmux', words, { cwd, env, encoding: 'utf8' });
  const size = ['-x', String(screen.columns), '-y', String(screen.rows)];
  const variables = ['ENROLLKIT_LANG', 'LANG', 'LC_ALL'].flatMap((name) => ['-e', `${name}=${env[name]}`]);
  const command = `'${process.execPath}' '${bin}' quickstart && touch finished && sleep 60`;
  tmux('new-session', '-d', '-s', session, ...size, ...variables, '-c', cwd, command);
  try {
    const { runQuestion } = sentences.cliQuickstart;
    const last = await until(() => {
      const text = tmux('capture-pane', '-p', '-t', session);
      if (text.includes(runQuestion)) return tmux('capture-pane', '-e', '-p', '-t', session);
      if (text.trim() !== '') tmux('send-keys', '-t', session, 'Enter');
      return undefined;
    });
    tmux('send-keys', '-t', session, 'Enter');
    await until(() => (statSync(join(cwd, 'finished'), { throwIfNoEntry: false }) ? true : undefined));
    return terminalSvg(last, `enrollkit quickstart: ${runQuestion}`);
  } finally {
    tmux('kill-session', '-t', session);
  }
}

/** As it is in forty days: two devices have certificates for less than the others. */
function tree(enrollkit: Enrollkit): string {
  enrollkit('cert', 'device', 'device-004', '--days', '50');
  enrollkit('cert', 'device', 'device-005', '--days', '30');
  const inFortyDays = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
  return enrollkit('cert', 'tree', 'certs/ca', 'certs/devices', '--svg', '--at', inFortyDays);
}

/** A device that DPS accepts, and one whose CA it does not know. */
function registerTwo(enrollkit: Enrollkit): void {
  const state = ['--dir', 'certs'];
  enrollkit('device', 'register', 'device-001', ...state);
  enrollkit('cert', 'root', 'Other CA', '--out', 'other');
  const ca = ['--ca', 'other/certificate.pem', '--ca-key', 'other/key.pem'];
  enrollkit('cert', 'device', 'device-009', ...ca, '--out', 'device-009');
  const own = ['certificate', 'chain', 'key'].flatMap((name) => [`--${name}`, `device-009/${name}.pem`]);
  try {
    enrollkit('device', 'register', 'device-009', ...own, ...state);
  } catch {
    // It is refused, which is what the picture shows.
  }
}

async function logPage(consoleUrl: string, tag: LanguageTag): Promise<Buffer> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({
      viewport: { width: 1100, height: 900 },
      locale: tag,
      colorScheme: 'light',
    });
    await page.goto(consoleUrl);
    await page.goto(new URL('log', page.url()).href);
    return await page.screenshot({ clip: { x: 0, y: 0, width: 1100, height: 900 } });
  } finally {
    await browser.close();
  }
}

async function until<Result>(look: () => Result | undefined): Promise<Result> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(1000);
  }
  throw new Error('The wizard did not come to its end.');
}

function save(name: string, contents: string | Buffer): void {
  const { length } = Buffer.from(contents);
  if (length > maxBytes) throw new Error(`${name} has ${length} bytes, more than ${maxBytes}.`);
  writeFileSync(join(pictures, name), contents);
  console.log(`${name}: ${length} bytes`);
}
