/** `sample LANGUAGE KIND`: the programs are run against the emulator, compiled or parsed, and hostile values stay text. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { ServicePlane } from '../../src/dps/client/service.js';
import * as literals from '../../src/samples/literals.js';
import { kindsOf, type SampleKind, sampleLanguageNames, templatesOf } from '../../src/samples/samples.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { isInstalled, notInstalled, pythonWith, type Tool, testWith } from '../support/tools.js';
import { run } from './in-process.js';
import { type CommandWorld, inCommandWorld } from './running-emulator.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Characters that end a literal, a line or a command somewhere, and those that are not seen. */
const hostile = [
  `it's "quoted" \\ back\\\\slash \\u0041 \\x41 \\101`,
  '$HOME `id` $(id) \u0024{x} %s %n {{groupId}} #{x} ??/ ???',
  'line\nfeed\r\nreturn\ttab\u0007bell\u001b[2J\u007f',
  'ü 你好 🙂 \u0085 \u2028 \u2029 \u202e\u2066 \ufeff \u{e0041}',
  '*/ // -- <!-- \'\'\' """ */',
];

/** Windows allows fewer of them. */
const hostileFolder = process.platform === 'win32' ? "we'ird ü $(id)" : `we'ird "dir" ü $(id) \\ :x`;

interface Programs extends CommandWorld {
  /** A certificate folder with a name that no shell likes, whose device is registered in the emulator. */
  certificates: string;
  /** Writes a sample to a file. */
  write(language: string, kind: string, ...flags: string[]): Promise<string>;
  /** Runs a program that must succeed, and returns what it prints. */
  execute(program: string, ...argv: string[]): Promise<string>;
}

async function withPrograms(act: (programs: Programs) => Promise<void>): Promise<void> {
  await inCommandWorld(async (world) => {
    const top = dirname(world.folder);
    const certificates = join(top, hostileFolder);
    const quickstart = ['quickstart', '--yes', '--count', '1', '--emulator', world.folder];
    const made = await run([...quickstart, '--dir', certificates]);
    assert.equal(made.status, 0, made.stderr);
    await act({
      ...world,
      certificates,
      async write(language, kind, ...flags) {
        const { file } = templatesOf(language as never, kind as SampleKind)[0]!;
        const out = join(top, language, file);
        mkdirSync(dirname(out), { recursive: true });
        const words = ['sample', language, kind, '--out', out, '--force', '--dir', certificates, ...flags];
        const { status, stderr } = await run(words);
        assert.equal(status, 0, stderr);
        return out;
      },
      execute: (program, ...argv) =>
        new Promise((resolve, reject) => {
          const child = spawn(program, argv, {
            cwd: top,
            env: {
              PATH: process.env.PATH,
              HOME: top,
              DPS_CONNECTION_STRING: world.emulator.endpoints.serviceConnectionString,
            },
            timeout: 60_000,
          });
          const [printed, failed]: [Buffer[], Buffer[]] = [[], []];
          child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
          child.stderr.on('data', (chunk: Buffer) => failed.push(chunk));
          child.on('error', reject);
          child.on('close', (status) => {
            if (status === 0) resolve(String(Buffer.concat(printed)));
            else reject(new Error(`${program} ended with ${status}: ${Buffer.concat(failed)}`));
          });
        }),
    });
  });
}

/** What the hub got of a sample, since the last look. */
async function assertSent({ emulator }: Programs, printed: string, count: { messages: number }) {
  const messages = emulator.messages('device-001');
  assert.match(printed, /^assigned \S+ device-001\nsent\n$/);
  assert.equal(messages.length, count.messages + 1);
  const { body, systemProperties } = messages.at(-1)!;
  assert.deepEqual(JSON.parse(String(body)), { temperature: 21.5 });
  assert.equal(systemProperties.contentType, 'application/json');
  count.messages += 1;
}

async function assertCreated({ target }: Programs, printed: string, id: string) {
  assert.match(printed, new RegExp(`^created ${id}$`, 'm'));
  const service = new ServicePlane(target);
  const group = await service.getEnrollmentGroup(id);
  service.close();
  assert.equal(group!.attestation.x509!.caReferences!.primary, 'enrollkit-root');
  assert.equal(group!.provisioningStatus, 'enabled');
}

/** The part of a test that needs tools; it is left out, in words, where one is missing. */
async function withTools(needed: readonly Tool[], act: () => Promise<void>): Promise<void> {
  const missing = needed.find((tool) => !isInstalled(tool));
  if (missing === undefined) return act();
  console.error(notInstalled(missing));
}

test('samples for Node.js, Python, bash and C enroll, register and send, from a folder with a hostile name', () =>
  withPrograms(async (programs) => {
    const { write, execute, emulator } = programs;
    const count = { messages: emulator.messages('device-001').length };

    await withTools(['openssl', 'curl', 'mosquitto_pub'], async () => {
      const enroll = await write('shell', 'enroll-group', '--group', 'by-shell');
      await assertCreated(programs, await execute('bash', enroll), 'by-shell');
      assert.match(
        await execute('bash', await write('shell', 'register-device')),
        /^assigned \S+ device-001\n$/,
      );
      await assertSent(programs, await execute('bash', await write('shell', 'send-telemetry')), count);
    });

    await withTools(['paho-mqtt'], async () => {
      const send = await write('python', 'send-telemetry', '--client', 'paho-mqtt');
      await assertSent(programs, await execute(pythonWith('paho.mqtt.client')!, send), count);
    });

    await withTools(['cc', 'libpaho-mqtt', 'libcurl'], async () => {
      const compile = async (source: string, ...libraries: string[]) => {
        const binary = source.replace(/\.c$/, '');
        await execute('cc', '-Wall', '-Wextra', '-Werror', '-o', binary, source, ...libraries);
        return binary;
      };
      const send = await compile(await write('c', 'send-telemetry'), '-lpaho-mqtt3cs');
      await assertSent(programs, await execute(send), count);
      const enroll = await write('c', 'enroll-group', '--group', 'by-c');
      await assertCreated(programs, await execute(await compile(enroll, '-lcurl', '-lcrypto')), 'by-c');
    });

    const enroll = await write('node', 'enroll-group', '--group', 'by-node');
    symlinkSync(join(project, 'node_modules'), join(dirname(enroll), 'node_modules'));
    await assertCreated(programs, await execute(process.execPath, enroll), 'by-node');
    const send = await write('node', 'send-telemetry');
    await assertSent(programs, await execute(process.execPath, send), count);
  }));

test('samples in Go, C# and Java are programs to their compilers, with all sections and with few', () =>
  withPrograms(async ({ certificates, write, execute }) => {
    const planFile = join(certificates, '.enrollkit/plan.json');
    const plan = JSON.parse(readFileSync(planFile, 'utf8'));
    const changed = structuredClone(plan);
    Object.assign(changed.enrollmentGroup, {
      attestation: 'certificate',
      allocationPolicy: 'custom',
      webhookUrl: 'https://contoso.example/?a="b"',
      iotHubs: ['hub-1.azure-devices.net'],
      initialTwin: { tags: { site: hostile.join('') }, properties: { desired: { n: [1, 2.5] } } },
    });
    const written: Record<string, string[]> = { go: [], csharp: [], java: [] };
    for (const [name, content] of [
      ['few', plan],
      ['all', changed],
    ] as const) {
      writeFileSync(planFile, JSON.stringify(content));
      for (const language of ['go', 'csharp', 'java'] as const) {
        for (const kind of kindsOf(language)) {
          const file = await write(language, kind);
          const text = readFileSync(file, 'utf8');
          assert.doesNotMatch(text, /\{\{[#^/]|^\s*\{\{/m, file);
          const kept = join(dirname(file), `${name}-${kind}`, basename(file));
          mkdirSync(dirname(kept), { recursive: true });
          copyFileSync(file, kept);
          written[language]!.push(kept);
        }
      }
    }
    await withTools(['gofmt'], async () => {
      assert.equal(await execute('gofmt', '-l', ...written.go!), '', 'formatted as Go is');
    });
    await withTools(['mcs'], async () => {
      for (const file of written.csharp!) await execute('mcs', '--parse', file);
    });
    await withTools(['javac'], async () => {
      await execute('java', join(project, 'test/support/ParseJava.java'), ...written.java!);
    });
  }));

const evaluators: [tool: Tool | undefined, literals.Literal, (literal: string, folder: string) => string][] =
  [
    [undefined, literals.json, (literal) => new Function(`return ${literal}`)() as string],
    [
      'python3',
      literals.python,
      (literal) => {
        const program = `import sys\nsys.stdout.buffer.write(${literal}.encode())`;
        return String(spawnSync(pythonWith('sys')!, ['-'], { input: program }).stdout);
      },
    ],
    [
      undefined,
      literals.shell,
      (literal) => String(spawnSync('bash', ['-s'], { input: `printf %s ${literal}\n` }).stdout),
    ],
    [
      'cc',
      literals.c,
      (literal, folder) => {
        const binary = join(folder, 'print');
        const input = `#include <stdio.h>\nint main(void) { fputs(${literal}, stdout); return 0; }\n`;
        const { stderr } = spawnSync('cc', ['-std=c11', '-x', 'c', '-o', binary, '-'], { input });
        assert.ok(existsSync(binary), String(stderr));
        return String(spawnSync(binary).stdout);
      },
    ],
  ];

for (const [index, [tool, literal, evaluate]] of evaluators.entries()) {
  const name = ['JavaScript', 'Python', 'bash', 'C'][index];
  const add = tool === undefined ? test : testWith(tool, test);
  add(`a literal of ${name} is the text, whatever is in it, on one line that hides nothing`, () =>
    inTemporaryFolder((folder) => {
      const text = hostile.join('|');
      const written = literal(text);
      assert.doesNotMatch(written, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
      assert.equal(evaluate(written, folder), text);
    }),
  );
}

test('literals of C# and Java are JSON strings; Go has no halves of surrogate pairs', () => {
  const text = hostile.join('|');
  assert.equal(JSON.parse(literals.json(text)), text);
  assert.match(literals.go('\u{e0041}'), /^"\\U000e0041"$/);
  assert.equal(literals.json('\ud800'), '"\ufffd"');
  assert.equal(literals.java('ü🙂'), '"\\u00fc\\ud83d\\ude42"');
  assert.equal(JSON.parse(literals.java(text)), text);
  // A backslash before u begins an escape in Java only after an even number of backslashes.
  assert.equal(literals.json('C:\\users'), '"C:\\\\users"');
});

/** A program shows how to run it by the path where it was written; by its usual name if a path could end the comment. */
async function namesItself(cwd: string, words: string[], usual: string, printed: string): Promise<void> {
  if (!printed.includes(` ${usual}`)) return;
  for (const [out, shown] of [
    ['tools/my-sample.txt', ' tools/my-sample.txt'],
    ['示例 1.txt', " '示例 1.txt'"],
    ['a$(id)`.txt', ` ${usual}`],
    ['a\nb*.txt', ` ${usual}`],
  ] as const) {
    mkdirSync(join(cwd, 'tools'), { recursive: true });
    const { status, stderr } = await run([...words, '--out', out, '--force'], { cwd });
    assert.equal(status, 0, stderr);
    const written = readFileSync(join(cwd, out), 'utf8').trimEnd();
    assert.equal(written, printed.trimEnd().replace(` ${usual}`, shown), `${words.join(' ')} ${out}`);
  }
}

test('every sample is filled for Azure without a network, and no secret is in it', () =>
  inTemporaryFolder(async (cwd) => {
    assert.equal((await run(['quickstart', '--yes', '--count', '2'], { cwd })).status, 0);
    for (const language of sampleLanguageNames) {
      for (const kind of kindsOf(language)) {
        for (const { client, file } of templatesOf(language, kind)) {
          const flags = [
            '--client',
            client,
            '--target',
            'azure',
            '--dps-name',
            'contoso',
            '--id-scope',
            '0ne00000001',
          ];
          const { status, stdout, stderr } = await run(['sample', language, kind, ...flags], { cwd });
          assert.equal(status, 0, `${language} ${kind}: ${stderr}`);
          assert.doesNotMatch(
            stdout,
            /\{\{[#^/>\w]|SharedAccessKey=[A-Za-z0-9+/]|PRIVATE KEY|tls-root|:undefined/,
          );
          await namesItself(cwd, ['sample', language, kind, ...flags], file, stdout);
          if (kind === 'enroll-group' || kind === 'allocation-webhook') continue;
          assert.match(stdout, /0ne00000001/);
          assert.match(stdout, /global\.azure-devices-provisioning\.net/);
          assert.match(stdout, /devices\/device-001\/chain\.pem/);
        }
      }
    }
  }));

test('JSON has the program or its file; what cannot be filled is refused', () =>
  inCommandWorld(async ({ folder, json, emulator }) => {
    const top = dirname(folder);
    const refused = async (words: string[], status: number, code: string, ...facts: string[]) => {
      const answer = await run([...words, '--dir', folder], { env: withCodes });
      assert.equal(answer.status, status, answer.stderr);
      assertRefusal(answer.stderr, code, ...facts);
    };
    await refused(['sample', 'go', 'register-device'], 9, 'FILE_UNREADABLE', folder);
    assert.equal((await run(['quickstart', '--yes', '--count', '1', '--dir', folder])).status, 0);
    const printed = await json(['sample', 'go', 'register-device']);
    assert.deepEqual(
      [printed.language, printed.sample, printed.client],
      ['go', 'register-device', 'paho.mqtt.golang'],
    );
    assert.ok(printed.program.includes(emulator.endpoints.idScope));
    const out = join(top, 'device.go');
    const written = await json(['sample', 'go', 'register-device', '--out', out]);
    assert.equal(written.file, out);
    assert.equal(readFileSync(out, 'utf8').replace(out, 'device.go'), printed.program);
    await refused(['sample', 'go', 'register-device', '--out', out], 9, 'FILE_EXISTS', out);
    // Its client accepts no port, and the emulator has not that of HTTPS.
    const enroll = ['sample', 'java', 'enroll-group', '--dir', folder];
    assert.match((await run(enroll, { env: withCodes })).stderr, /^\[sample\.port\] .*\b443\b/m);
    await refused(['sample', 'go', 'dance'], 2, 'USAGE', 'dance');
    await refused(['sample', 'c', 'allocation-webhook'], 2, 'USAGE', 'c');
    await refused(['sample', 'rust', 'register-device'], 2, 'USAGE', 'rust');
    await refused(['sample', 'go', 'register-device', '--client', 'x'], 2, 'USAGE', 'x');
    await refused(['sample', 'go', 'register-device', '--device', 'device-9'], 9, 'FILE_UNREADABLE');
    await refused(['sample', 'go', 'enroll-group', '--device', 'device-001'], 2, 'USAGE', '--device');
    await refused(['sample', 'go', 'register-device', '--group', 'x'], 2, 'USAGE', '--group');
    await emulator.stop();
    await refused(['sample', 'go', 'register-device'], 4, 'NOT_FOUND');
  }));

test('samples for Node.js name the versions that the tests run', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  for (const kind of ['enroll-group', 'send-telemetry'] as const) {
    const text = readFileSync(
      join(project, 'templates/samples/node', templatesOf('node', kind)[0]!.file),
      'utf8',
    );
    const named = [...text.matchAll(/ ([a-z0-9-]+)@([\d.]+)/g)];
    assert.ok(named.length > 0);
    for (const [, name, version] of named) assert.equal(devDependencies[name!], version, name);
  }
});

/** The commands of a transcript, and what it shows of each. */
function transcriptIn(document: string): { command: string; shown: string }[] {
  const [, text] = /```console\n([\s\S]*?)```/.exec(document)!;
  return text!
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command, ...lines] = part.trimEnd().split('\n');
      return { command: command!, shown: lines.join('\n') };
    });
}

/** Ports are those of the standard in the document, and any free ones here. */
const comparable = (text: string) =>
  text
    .trimEnd()
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/127\.0\.0\.1(:\d+)?/g, 'HUB');

test('the transcript of docs/samples.md is what its commands print', () =>
  inTemporaryFolder(async (folder) => {
    const needed: Tool[] = ['cc', 'libpaho-mqtt', 'openssl', 'curl'];
    await withTools(needed, async () => {
      const steps = transcriptIn(readFileSync(join(project, 'docs/samples.md'), 'utf8'));
      const mark = '=== next ===';
      // What the document leaves out is not looked at: the quickstart, and the emulator's addresses.
      const isSilent = (command: string) => /quickstart|emulator start/.test(command);
      const script = steps.map(({ command }) => {
        const flags = command.includes('emulator start') ? ' --port 0 --mqtt-port 0' : '';
        return `${command}${flags}${isSilent(command) ? ' >/dev/null 2>&1' : ''}; echo '${mark}'`;
      });
      const enrollkit = `enrollkit() { '${process.execPath}' '${join(project, 'dist/bin.js')}' "$@"; }`;
      const trap = "trap 'enrollkit emulator stop >/dev/null 2>&1' EXIT";
      const { stdout } = spawnSync('bash', ['-c', `exec 2>&1\n${[enrollkit, trap, ...script].join('\n')}`], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: folder, ENROLLKIT_LANG: 'en' },
        timeout: 120_000,
      });
      const printed = stdout.split(`${mark}\n`).slice(0, -1);
      assert.deepEqual(
        printed.map(comparable),
        steps.map(({ shown }) => comparable(shown)),
      );
    });
  }));

test('docs/samples.md has the packages of each language, and the versions that the programs name', () => {
  const document = readFileSync(join(project, 'docs/samples.md'), 'utf8');
  const columns = ['enroll-group', 'register-device', 'allocation-webhook'] as const;
  for (const language of sampleLanguageNames) {
    const cells = columns.map((kind) =>
      templatesOf(language, kind)
        .map(({ client }) => client)
        .join(', '),
    );
    const row = `| \`${language}\` | ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
    assert.ok(document.includes(row), row);
  }
});

test.run();
