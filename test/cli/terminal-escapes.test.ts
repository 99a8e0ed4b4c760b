/** Text from outside that would steer a terminal: shown escaped, wherever it comes from. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { test } from 'uvu';
import { commands } from '../../src/cli/command-table.js';
import { Output } from '../../src/cli/kernel/output.js';
import { reportError } from '../../src/cli/kernel/report-error.js';
import { replyError } from '../../src/dps/client/http/reply-error.js';
import { EnrollkitError } from '../../src/errors.js';
import { generateKeyPair } from '../../src/pki/keys.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

/** Clears the screen, sets the title, deletes the line, turns the text around; as C0, DEL, C1 and Unicode. */
const hostile = 'x\u001b[2J\u001b]0;owned\u0007\r\u0008\u007f\u009b31m\u202eevil\u2066\u2028';
// biome-ignore lint/suspicious/noControlCharactersInRegex: what the test is about.
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

function assertSafe(what: string, { stdout, stderr }: { stdout: string; stderr: string }): void {
  for (const printed of [stdout, stderr]) {
    const text = printed.replaceAll('\r\n', '\n');
    const at = text.search(steering);
    assert.equal(at, -1, `${what}: ${JSON.stringify(text.slice(Math.max(0, at - 60), at + 40))}`);
  }
}

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

function outputTo(env: Record<string, string> = {}, json = false) {
  const [stdout, stderr] = [new Sink(), new Sink()] as unknown as [
    Sink & NodeJS.WriteStream,
    Sink & NodeJS.WriteStream,
  ];
  const output = new Output({ stdout, stderr, env, json, verbose: true, color: true });
  return { output, stdout, stderr };
}

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b',
      '[',
      '31m',
      '\u009b',
      '\u0007',
      '\r',
      '\n',
      '\t',
      '\u202e',
      '\u0085',
      'a',
      '👩‍🔧',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});

test('whatever is printed, no character of it steers the terminal, and only our own styles do', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { output, stdout, stderr } = outputTo({ FORCE_COLOR: '1' });
      output.data(text);
      output.result('id', text);
      output.note('id', text);
      output.line(text);
      output.detail(text);
      output.data(output.dataStyle.red(text));
      reportError(new EnrollkitError('USAGE', text, { next: text, cause: new Error(text) }), output);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the styles of Output.
      const own = /\u001b\[(1|2|22|31|32|36|39)m/g;
      const without = (sink: Sink) => sink.text.replace(own, '');
      assertSafe(JSON.stringify(text), { stdout: without(stdout), stderr: without(stderr) });
      const styles = (stdout.text.match(own) ?? []).length;
      assert.equal(styles, 2, 'those of red(), and none of the text');
    }),
    { numRuns: 200 },
  );
});

test('JSON is escaped and stays the same JSON', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit: 'binary' })), (text) => {
      const { output, stdout, stderr } = outputTo({}, true);
      output.value({ [text]: text });
      output.line(JSON.stringify({ text }));
      assertSafe('JSON', { stdout: stdout.text, stderr: stderr.text });
      assert.deepEqual(JSON.parse(stdout.text), { [text]: text });
      assert.deepEqual(JSON.parse(stderr.text), { text });
    }),
    { numRuns: 200 },
  );
});

/** Runs in a folder that is the current one. */
const inFolder = (work: (folder: string) => Promise<void>) =>
  inTemporaryFolder(async (folder) => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      await work(folder);
    } finally {
      process.chdir(before);
    }
  });

/** A flag that keeps a command from doing anything, so that only its input is read. */
const harmless: Record<string, string[]> = {
  quickstart: ['--target', 'azure', '--dps-name', 'x', '--subscription', 'no', '--resource-group', 'x'],
  'emulator start': ['--fault-seed', '1'],
};

test('flags and arguments of commands', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), hostile);
    const attempts: string[][] = [];
    for (const entry of commands) {
      const { flags, args = {} } = await entry.load();
      const words = [...entry.name.split(' '), ...(harmless[entry.name] ?? [])];
      const values = Object.entries(flags).flatMap(([name, flag]) =>
        flag.kind === 'switch' ? [] : [`--${name}`],
      );
      for (const given of [hostile, 'file']) {
        attempts.push([...words, ...Object.keys(args).map(() => given)]);
        for (const flag of values) attempts.push([...words, flag, given]);
      }
      attempts.push([...words, hostile], [...words, `--${hostile}`]);
    }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...attempts), fc.boolean(), async (attempt, json) => {
        const answer = await run([...attempt, ...(json ? ['--json'] : [])]);
        assertSafe(attempt.join(' '), answer);
      }),
      { numRuns: 120 },
    );
  }));

test('device lists, plans, seeds, fault files and profiles', () =>
  inFolder(async (folder) => {
    const object = JSON.stringify({ [hostile]: hostile, rules: [{ id: hostile }], name: hostile });
    const files: Record<string, string> = {
      'list.csv': `registrationId,tags.a\n${hostile},${hostile.replace(/[\r\n]/g, '')}\n`,
      'header.csv': `registrationId,${hostile}\na,b\n`,
      'list.ndjson': `{"registrationId": ${JSON.stringify(hostile)}}\n{"${hostile}\n`,
      'object.json': object,
      'broken.json': `{"a": ${hostile}`,
      [hostile.replaceAll('/', '')]: object,
    };
    for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents);
    for (const file of Object.keys(files)) {
      const commandLines = [
        ['fleet', 'issue', '--from', file, '--out', 'fleet'],
        ['fleet', 'register', file],
        ['fleet', 'merge', file, '--out', 'merged.csv'],
        ['quickstart', '--plan', file, '--yes'],
        ['emulator', 'start', '--seed', file, '--dir', 'emulator', '--fault-seed', '1'],
        ['emulator', 'start', '--faults', file, '--dir', 'emulator'],
        ['cert', 'inspect', file],
        ['cert', 'lint', file],
        ['cert', 'verify', file],
        ['cert', 'device', 'x', '--profile', file],
      ];
      for (const argv of commandLines) assertSafe(argv.join(' '), await run(argv));
    }
  }));

test('the subjects of certificates', () =>
  inFolder(async (folder) => {
    const { publicKey, privateKey } = await generateKeyPair('ec-p256');
    const { pem } = await issue({
      profile: loadProfile('root'),
      subject: { commonName: 'placeholder-of-a-name-that-is-long-enough' },
      publicKey,
      issuer: { privateKey },
      at: new Date(),
    });
    // The signature no longer fits, which is no matter to what is shown.
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const name = Buffer.from('placeholder-of-a-name-that-is-long-enough');
    const evil = Buffer.from(hostile.slice(0, 20).padEnd(name.length, ' '), 'latin1').subarray(
      0,
      name.length,
    );
    for (let at = der.indexOf(name); at >= 0; at = der.indexOf(name, at + 1)) evil.copy(der, at);
    const file = join(folder, 'evil.pem');
    writeFileSync(
      file,
      `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    );
    for (const command of ['inspect', 'lint', 'verify', 'fingerprint', 'needs-renewal']) {
      assertSafe(command, await run(['cert', command, file]));
      assertSafe(command, await run(['cert', command, file, '--json']));
    }
  }));

test('the answers of a server', () => {
  const bodies = [
    JSON.stringify({ message: hostile, errorCode: 401002, trackingId: hostile }),
    JSON.stringify({ error: { code: hostile, message: hostile } }),
    JSON.stringify({ Message: hostile, ExceptionMessage: hostile }),
    `<html>${hostile}</html>`,
    hostile,
  ];
  for (const bodyText of bodies) {
    for (const plane of ['arm', 'service', 'device', 'hub'] as const) {
      for (const status of [301, 400, 401, 403, 404, 409, 412, 429, 500]) {
        const error = replyError({ plane, host: 'h', subject: hostile, status, bodyText } as never);
        for (const json of [false, true]) {
          const { output, stdout, stderr } = outputTo({}, json);
          reportError(error, output);
          assertSafe(`${plane} ${status}`, { stdout: stdout.text, stderr: stderr.text });
        }
      }
    }
  }
});

test.run();
