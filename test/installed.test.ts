/** What our texts and programs have people install and run: only what is there, and from a source that they control. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { programName } from '../src/cli/terminal/command-line.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every text of the package and of the repository that a person reads or runs, by its path. */
const texts: [path: string, text: string][] = [
  ...['README.md', 'CONTRIBUTING.md', 'docs', 'examples', 'templates', 'src', 'certs/README.md', 'scripts'],
].flatMap((name) => {
  const path = join(root, name);
  const files = statSync(path).isDirectory()
    ? (readdirSync(path, { recursive: true }) as string[]).map((file) => join(name, file))
    : [name];
  return files
    .filter((file) => statSync(join(root, file)).isFile())
    .map((file): [string, string] => [file, readFileSync(join(root, file), 'utf8')]);
});

/** Any other name on the Python index is free for anyone to take. */
const pythonPackages =
  /^(azure-iothub-provisioningserviceclient==1\.2\.0|azure-iot-deviceprovisioning==1\.0\.0b1|azure-iot-device==2\.14\.0|paho-mqtt==2\.2\.0|pytest==9\.2\.0)$/;

test('every Python package that a text names for pip is one that there is, at one version', () => {
  let found = 0;
  for (const [path, text] of texts) {
    assert.doesNotMatch(text, /azure-iot-provisioningserviceclient/, path);
    for (const [, names] of text.matchAll(/pip3? install ([^\n`'"]+)/g)) {
      for (const name of names!.trim().split(/\s+/)) assert.match(name, pythonPackages, path);
      found += 1;
    }
  }
  assert.ok(found > 0);
});

test('nothing installs or runs enrollkit by its name alone, which anyone can take on npm', () => {
  for (const [path, text] of texts) {
    for (const [line] of text.matchAll(
      /^.*\b(npx|npm (exec|install|i|ci|add)|yarn|pnpm|bunx)\b.*\benrollkit\b.*$/gm,
    )) {
      // README's commands are for a clone, where npx runs what is there; it says so.
      const isForClone = /^README(\.zh-CN)?\.md$/.test(path) || path === join('scripts', 'link-bin.mjs');
      const isWarning = /[Nn]ever "(npx|npm install) enrollkit"|Never (use )?`npx enrollkit`/.test(line);
      const isOwnFile = /npm install --(global|save-dev) \.\/enrollkit-[\w.]+\.tgz/.test(line);
      const isLocal = line.includes('npx --no-install enrollkit');
      assert.ok(isForClone || isWarning || isOwnFile || isLocal, `${path}: ${line}`);
    }
    assert.doesNotMatch(text, /npx (--yes|-y)\b/, path);
  }
  const [, readme] = texts.find(([path]) => path === 'README.md')!;
  assert.match(readme, /`npx enrollkit` only in a clone/);
});

test('the examples run a commit, an image by its digest, or a package of one’s own', () => {
  const example = (name: string) => readFileSync(join(root, 'examples/fleet', name), 'utf8');
  const workflow = example('github-matrix.yaml');
  assert.doesNotMatch(workflow.replace(/^ *#.*$/gm, ''), /npx/);
  assert.match(workflow, /ENROLLKIT_COMMIT: '[0-9a-f]{40}'/);
  assert.equal(workflow.match(/ref: \$\{\{ env\.ENROLLKIT_COMMIT \}\}/g)?.length, 2);
  assert.ok(
    workflow.indexOf('npm ci') < workflow.indexOf('secrets.PLANT_CA_KEY'),
    'installed before the key is there',
  );
  const job = example('kubernetes-job.yaml');
  assert.match(job, /image: \S+@sha256:[0-9a-f]{64}\n/);
  assert.doesNotMatch(job.replace(/^ *#.*$/gm, ''), /npx|npm/);
});

test('a hint that npm’s users copy does not download anything', () => {
  assert.equal(programName({}), 'enrollkit');
  assert.equal(programName({ npm_command: 'exec' }), 'npx --no-install enrollkit');
  assert.equal(programName({ npm_command: 'run-script' }), 'npx --no-install enrollkit');
});

test.run();
