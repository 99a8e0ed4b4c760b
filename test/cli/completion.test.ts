/** `completion SHELL`, in the shells themselves, and what they are answered. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { commands } from '../../src/cli/command-table.js';
import { complete } from '../../src/cli/completion/complete.js';
import { shells } from '../../src/cli/completion/completion.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';
import { inCommandWorld } from './running-emulator.js';

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** What is suggested for the last word. */
async function suggested(...words: string[]): Promise<string[]> {
  const current = words.pop() ?? '';
  const answer = await complete([...words, `=${current}`], {});
  const [kind, ...lines] = answer.trimEnd().split('\n');
  return kind === 'values' ? lines.map((line) => line.split('\t')[0]!) : [kind!];
}

test('every command and every flag of it is suggested, with a description', async () => {
  for (const { name, load } of commands) {
    const words = name.split(' ');
    assert.ok((await suggested(...words)).includes(words.at(-1)!), name);
    const flags = await suggested(...words, '--');
    for (const flag of Object.keys((await load()).flags))
      assert.ok(flags.includes(`--${flag}`), `${name} ${flag}`);
  }
  const answer = await complete(['emulator', '=stat'], {});
  assert.match(answer, /^values\nstatus\t.+\n$/);
});

test('values of flags and arguments: choices, files, folders, devices; a flag is suggested once', async () =>
  inTemporaryFolder(async (folder) => {
    for (const name of ['device-1', 'device-2', 'site%3A7']) {
      mkdirSync(join(folder, 'devices', name), { recursive: true });
    }
    const dir = ['--dir', folder];
    assert.deepEqual(await suggested('group', 'list', '--target', ''), ['emulator', 'azure']);
    assert.deepEqual(await suggested('group', 'list', '--target=a'), ['--target=azure']);
    assert.deepEqual(await suggested('group', 'list', '--dir', ''), ['folders']);
    assert.deepEqual(await suggested('--dir', ''), ['folders']);
    assert.deepEqual(await suggested('cert', 'inspect', ''), ['files']);
    assert.deepEqual(await suggested('cert', 'lint', 'a.pem', ''), ['files'], 'the last of several');
    assert.deepEqual(await suggested('device', 'register', ...dir, ''), ['device-1', 'device-2', 'site:7']);
    assert.deepEqual(await suggested('device', 'register', ...dir, '--', 'device-2'), ['device-2']);
    assert.deepEqual(await suggested('device', 'register', 'device-1', ...dir, ''), []);
    assert.deepEqual(await suggested('sample', 'go', 'register-device', ...dir, '--device=s'), [
      '--device=site:7',
    ]);
    assert.deepEqual(await suggested('sample', 'shell', ''), [
      'enroll-group',
      'register-device',
      'send-telemetry',
    ]);
    assert.deepEqual(await suggested('explain', '401002'), ['401002']);
    assert.deepEqual(await suggested('help', 'exi'), ['exit-codes']);
    assert.deepEqual(await suggested('completion', ''), shells);
    assert.ok(!(await suggested('group', 'list', '--json', '--js')).includes('--json'));
    assert.deepEqual(await suggested('nothing', 'like', 'this'), []);
    assert.deepEqual(await suggested('group', 'show', '--dir', join(folder, 'missing'), ''), [
      'enrollkit-devices',
    ]);
    writeFileSync(join(folder, 'devices', 'x'), '');
    mkdirSync(join(folder, 'devices', '%E0%A4%A'));
    assert.deepEqual(await suggested('device', 'register', ...dir, ''), [], 'nothing, and no error');
  }));

test('groups are those of the running emulator; nothing is started for a completion', () =>
  inCommandWorld(async ({ folder, json, emulator }) => {
    const made = await run(['quickstart', '--yes', '--count', '1', '--group', 'of-plan', '--dir', folder]);
    assert.equal(made.status, 0, made.stderr);
    await json(['group', 'create', 'line-6', '--ca-name', 'enrollkit-root']);
    const groups = () => suggested('group', 'show', '--dir', folder, '');
    assert.deepEqual((await groups()).sort(), ['line-6', 'of-plan']);
    await emulator.stop();
    assert.deepEqual(await groups(), ['of-plan']);
  }));

test('an unknown shell is refused with the list of those there are', async () => {
  const { status, stdout, stderr } = await run(['completion', 'tcsh'], { env: withCodes });
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assertRefusal(stderr, 'USAGE', 'tcsh');
  for (const shell of shells) assert.ok(stderr.includes(shell), shell);
  const json = JSON.parse((await run(['completion', 'fish', '--json'])).stdout);
  assert.equal(json.shell, 'fish');
});

/** Runs a script of a shell in a folder with devices, where `enrollkit` is in the path. */
async function inShell(program: string, argv: string[], act: (output: string) => void): Promise<void> {
  if (process.platform === 'win32') return;
  await inTemporaryFolder((folder) => {
    mkdirSync(join(folder, 'bin'));
    symlinkSync(bin, join(folder, 'bin', 'enrollkit'));
    for (const name of ['device-1', 'site%3A7'])
      mkdirSync(join(folder, 'certs/devices', name), { recursive: true });
    const { stdout, stderr } = spawnSync(program, argv, {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
      env: {
        ...process.env,
        PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
        HOME: folder,
        ENROLLKIT_LANG: 'en',
        TERM: 'dumb',
      },
    });
    act(stdout + stderr);
  });
}

test('bash completes commands, values after = and IDs with colons', () =>
  inShell(
    'bash',
    [
      '--norc',
      '-c',
      `source <(enrollkit completion bash)
       try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _enrollkit 2>/dev/null; printf '[%s]' "\${COMPREPLY[@]}"; echo; }
       try enrollkit emulator sta
       try enrollkit group list --target = az
       try enrollkit device register ''
       try enrollkit device register site : ''`,
    ],
    (output) => assert.equal(output, '[start][status]\n[azure]\n[device-1][site:7]\n[7]\n'),
  ));

testWith('fish', test)('fish completes commands with descriptions, and values', () =>
  inShell(
    'fish',
    [
      '--no-config',
      '-c',
      `enrollkit completion fish | source
       complete -C 'enrollkit emulator stat'
       complete -C 'enrollkit group list --target=a'
       complete -C 'enrollkit device register '
       complete -C 'enrollkit group list --dir=c'`,
    ],
    (output) => {
      const lines = output.trimEnd().split('\n');
      assert.match(lines[0]!, /^status\t\w/);
      assert.deepEqual(lines.slice(1, 4), ['--target=azure', 'device-1', 'site:7']);
      assert.match(lines[4]!, /^--dir=certs\/?/);
    },
  ),
);

testWith('zsh', test)('zsh completes what is typed into it', () =>
  inShell(
    'zsh',
    [
      '-f',
      '-c',
      // A terminal in which a second zsh reads keys.
      `zmodload zsh/zpty
       zpty shell zsh -f -i
       type_() { zpty -w -n shell "$1"; }
       wait_() { local all= part; while [[ $all != *$1* ]]; do zpty -r -t shell part || sleep 0.02; all+=$part; part=; done; print -r -- "found $1"; }
       type_ $'PS1="ready> "; stty -echo; autoload -U compinit; compinit -u -D; source <(enrollkit completion zsh); print loa""ded\\n'
       wait_ loaded
       type_ $'enrollkit emulator statu\\t'
       wait_ 'status '
       type_ $'\\x15enrollkit group list --target=az\\t'
       wait_ 'target=azure'
       type_ $'\\x15enrollkit device register si\\t'
       wait_ 'site:7'`,
    ],
    (output) => assert.equal(output, 'found loaded\nfound status \nfound target=azure\nfound site:7\n'),
  ),
);

test.run();
