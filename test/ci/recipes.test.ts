/** The action, the jobs of examples/ci and the fixtures for test runners, run as far as their programs are here. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { test } from 'uvu';
import { parse } from 'yaml';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { pythonWith, testWith } from '../support/tools.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(project, 'dist/bin.js');
const read = (path: string) => readFileSync(join(project, path), 'utf8');

interface Ended {
  status: number | null;
  output: string;
}

function execute(
  program: string,
  argv: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, ENROLLKIT_LANG: 'en', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

async function succeeds(...given: Parameters<typeof execute>): Promise<string> {
  const { status, output } = await execute(...given);
  assert.equal(status, 0, `${given[0]} ${given[1].join(' ')}: ${output}`);
  return output;
}

/** `NAME=VALUE` lines, as the runner reads them. */
function assignments(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => /^([^=]+)=(.*)$/.exec(line)!.slice(1)));
}

test('the action starts an emulator with its variables, says what was refused, and stops it', () =>
  inTemporaryFolder(async (folder) => {
    const action = parse(read('action.yml'));
    const files = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'];
    const runner = Object.fromEntries(files.map((name) => [name, join(folder, name)]));
    for (const path of Object.values(runner)) writeFileSync(path, '');
    const given: Record<string, string> = { flags: '--port 0 --mqtt-port 0' };
    const inputs = Object.entries<{ default: string }>(action.inputs).map(([name, { default: value }]) => [
      `INPUT_${name.toUpperCase()}`,
      given[name] ?? value,
    ]);
    const env = { ...runner, ...Object.fromEntries(inputs) };
    const started = await succeeds(process.execPath, [join(project, action.runs.main)], folder, env);
    const state = assignments(readFileSync(runner.GITHUB_STATE!, 'utf8'));
    const saved = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));
    try {
      const variables = assignments(readFileSync(runner.GITHUB_ENV!, 'utf8'));
      assert.match(variables.DPS_CONNECTION_STRING!, /^HostName=localhost:\d+;/);
      const key = /SharedAccessKey=([^;]+)/.exec(variables.DPS_CONNECTION_STRING!)![1]!;
      assert.ok(started.includes(`::add-mask::${key}\n`), 'keys are masked');
      assert.equal(started.split(key).length, 2, 'and nowhere else');
      const outputs = assignments(readFileSync(runner.GITHUB_OUTPUT!, 'utf8'));
      assert.deepEqual(Object.keys(outputs).sort(), Object.keys(action.outputs).sort());
      assert.ok(existsSync(outputs['ca-file']!));
      assert.equal(outputs['id-scope'], variables.PROVISIONING_IDSCOPE);
    } finally {
      await succeeds(process.execPath, [join(project, action.runs.post)], folder, { ...env, ...saved });
    }
    assert.match(
      readFileSync(runner.GITHUB_STEP_SUMMARY!, 'utf8'),
      /^### What the emulator refused\n\n {4}Nothing\.\n$/,
    );
    assert.equal((await execute(process.execPath, [bin, 'emulator', 'status'], folder)).status, 12);

    const wrong = await execute(process.execPath, [join(project, action.runs.main)], folder, {
      ...env,
      INPUT_FLAGS: '--no-such-flag',
    });
    assert.equal(wrong.status, 1);
    assert.match(wrong.output, /^::error::/m);
    const idle = await execute(process.execPath, [join(project, action.runs.post)], folder, runner);
    assert.equal(idle.status, 0, 'nothing was started, so nothing is to stop');
  }));

/** The lines of shell of a job, in their order. */
function shellSteps(file: string): string[] {
  const recipe = parse(read(`examples/ci/${file}`));
  const jobs: any[] = recipe.jobs ? Object.values(recipe.jobs) : [];
  const steps = [...(recipe.steps ?? []), ...jobs.flatMap(({ steps: ofJob }) => ofJob)];
  const ofGitlab = [recipe.test, recipe.replay].flatMap((job) => [
    ...(job?.script ?? []),
    ...(job?.after_script ?? []),
  ]);
  return [
    ...(recipe.default?.before_script ?? []),
    ...steps.flatMap(({ run, script }) => ((run ?? script) ? [run ?? script] : [])),
    ...ofGitlab,
  ].flatMap((step: string) => step.trim().split('\n'));
}

/** What needs another computer. */
const isRemote = (line: string) => /^(git |npm ci\b|\(cd enrollkit && npm ci\))/.test(line);

test('the shell steps of the jobs run in their order; all systems have the same', () =>
  inTemporaryFolder(async (folder) => {
    const [azure, gitlab, github] = ['azure-pipelines.yaml', 'gitlab-ci.yaml', 'github-actions.yaml'].map(
      (file) => shellSteps(file),
    ) as [string[], string[], string[]];
    assert.deepEqual([...gitlab].sort(), [...azure].sort());
    for (const line of github.filter((one) => !isRemote(one))) assert.ok(azure.includes(line), line);
    symlinkSync(project, join(folder, 'enrollkit'));
    const check = 'process.exit(process.env.DPS_CONNECTION_STRING ? 0 : 1)';
    writeFileSync(join(folder, 'check.cjs'), check);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { test: 'node check.cjs' } }));
    const local = azure.filter((line) => !isRemote(line));
    assert.ok(local.length >= 7, local.join('\n'));
    const script = `trap 'node enrollkit/dist/bin.js emulator stop >/dev/null 2>&1' EXIT\n${local.join('\n')}`;
    const printed = await succeeds('bash', ['-euo', 'pipefail', '-c', script], folder);
    assert.match(printed, /replayed/);
    assert.ok(existsSync(join(folder, 'report.html')));
    assert.ok(existsSync(join(folder, 'certs/.enrollkit/emulator')), 'the folder whose log is an artifact');
  }));

/** A copy of the fixtures, where `enrollkit` is a package. */
function copyFixtures(folder: string): void {
  cpSync(join(project, 'examples/ci/fixtures'), folder, { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(project, join(folder, 'node_modules/enrollkit'));
}

test('the fixture for node:test starts an emulator for a file', () =>
  inTemporaryFolder(async (folder) => {
    copyFixtures(folder);
    const printed = await succeeds(process.execPath, ['--test', 'node-test/device.test.mjs'], folder);
    assert.match(printed, /(#|ℹ) pass 1/);
  }));

testWith('pytest', test)(
  'the fixture for pytest starts an emulator for a run, and resets it for each test',
  () =>
    inTemporaryFolder(async (folder) => {
      copyFixtures(folder);
      const argv = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'pytest'];
      const env = { ENROLLKIT: `'${process.execPath}' '${bin}'`, PYTHONDONTWRITEBYTECODE: '1' };
      assert.match(await succeeds(pythonWith('pytest')!, argv, folder, env), /2 passed/);
    }),
);

test('the container of Testcontainers gives variables and a root that the emulator’s certificate is of', () =>
  inTemporaryFolder(async (folder) => {
    // In the place of the package and of an engine: the command of the image, on this computer and on free ports.
    const stand = `
      import { spawnSync } from 'node:child_process';
      const here = (words) => words.map((word) => word
        .replace('/enrollkit/dist/bin.js', ${JSON.stringify(bin)}).replace('/tmp/emulator', ${JSON.stringify(join(folder, 'emulator'))}));
      export class GenericContainer {
        constructor(image) { this.image = image; }
        withCommand(command) { this.command = command; return this; }
        withExposedPorts(...ports) { this.ports = ports; return this; }
        async start() {
          const flags = ['--detach', '--port', '0', '--mqtt-port', '0', '--host', '127.0.0.1'];
          spawnSync(process.execPath, [${JSON.stringify(bin)}, ...here(this.command), ...flags]);
          return {
            exec: async ([program, ...argv]) => {
              const { status, stdout } = spawnSync(program, here(argv), { encoding: 'utf8' });
              return { exitCode: status, output: stdout };
            },
            stop: async () => { spawnSync(process.execPath, [${JSON.stringify(bin)}, ...here(['emulator', 'stop', '--dir', '/tmp/emulator'])]); },
          };
        }
      }`;
    mkdirSync(join(folder, 'node_modules/testcontainers'), { recursive: true });
    writeFileSync(
      join(folder, 'node_modules/testcontainers/package.json'),
      JSON.stringify({ name: 'testcontainers', type: 'module', exports: './index.js' }),
    );
    writeFileSync(join(folder, 'node_modules/testcontainers/index.js'), stand);
    cpSync(join(project, 'examples/ci/testcontainers'), folder, { recursive: true });
    const { startEmulatorContainer } = await import(
      pathToFileURL(join(folder, 'emulator-container.mjs')).href
    );
    const container = await startEmulatorContainer('images.example.com/enrollkit');
    try {
      assert.equal(container.variables.NODE_EXTRA_CA_CERTS, container.caFile);
      const [, port] = /HostName=[^:;]+:(\d+)/.exec(container.variables.DPS_CONNECTION_STRING)!;
      const status = await new Promise((resolve, reject) => {
        const ca = readFileSync(container.caFile);
        request({ host: '127.0.0.1', port, ca, servername: 'localhost' }, ({ statusCode }) =>
          resolve(statusCode),
        )
          .on('error', reject)
          .end();
      });
      assert.equal(typeof status, 'number');
    } finally {
      await container.stop();
    }
    assert.ok(!existsSync(container.caFile));
  }));

test('the dev container starts its emulator once, and new terminals have the variables', () =>
  inTemporaryFolder(async (folder) => {
    const { postStartCommand, forwardPorts } = JSON.parse(read('examples/ci/devcontainer/devcontainer.json'));
    assert.deepEqual(forwardPorts, [8443, 8883, 5671]);
    symlinkSync(project, join(folder, 'enrollkit'));
    cpSync(join(project, 'examples/ci/devcontainer'), join(folder, '.devcontainer'), { recursive: true });
    const start = `${postStartCommand} --port 0 --mqtt-port 0`;
    const emulator = (word: string) =>
      execute(process.execPath, [bin, 'emulator', word, '--dir', 'emulator'], folder);
    try {
      await succeeds('bash', ['-c', start], folder);
      await succeeds('bash', ['-c', start], folder);
      assert.equal((await emulator('status')).status, 0);
      const shell = '. "$HOME/.bashrc"; printf %s "$DPS_CONNECTION_STRING"';
      assert.match(await succeeds('bash', ['-c', shell], folder), /^HostName=localhost:\d+;/);
      assert.equal(readFileSync(join(folder, '.bashrc'), 'utf8').trim().split('\n').length, 1);
    } finally {
      await emulator('stop');
    }
  }));

test('docs/ci.md shows the files as they are', () => {
  const document = read('docs/ci.md');
  for (const file of [
    'github-actions.yaml',
    'azure-pipelines.yaml',
    'gitlab-ci.yaml',
    'fixtures/node-test/emulator.mjs',
    'fixtures/vitest/emulator.mjs',
    'fixtures/jest/start-emulator.mjs',
    'fixtures/pytest/conftest.py',
  ]) {
    const shown = read(`examples/ci/${file}`).replace(/^(#.*\n)+/, '');
    assert.ok(document.includes(shown.trim()), file);
  }
});

test.run();
