/** Files of a fleet that are no such files, or that someone has edited: refused in words, at once, and nothing is changed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { manifestColumns } from '../../src/fleet/manifest.js';
import { PendingMessages } from '../../src/fleet/registration/pending-messages.js';
import { ResultLines } from '../../src/fleet/registration/result-lines.js';
import { run } from '../cli/in-process.js';
import { fails } from '../support/fails.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const header = `${[...manifestColumns, 'tags.site'].join()}\n`;
const row = (id: string, serialNumber: string, tag = 'Oslo') =>
  `${id},${serialNumber},2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,AA,${serialNumber},CN=${id},${tag}\n`;
const device = (id: string) =>
  `${JSON.stringify({ registrationId: id, certificate: 'c', chain: 'c', privateKey: 'k' })}\n`;
const steering = '\u001b]0;owned\u0007\u001b[2J';
const long = 'x'.repeat(400_000);

async function refusal(code: string, place: string, argv: string[], cwd: string): Promise<void> {
  const { status, stdout, stderr } = await run([...argv, '--json'], { cwd });
  assert.equal(status, code === 'INVALID_MANIFEST' || code === 'INVALID_REGISTRATION_ID' ? 2 : 9, stderr);
  const { error } = JSON.parse(stdout);
  assert.equal(error.code, code, error.message);
  assert.ok(error.message.includes(place), error.message);
  assert.ok(error.message.length < 1000, `${error.message.length} characters`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there.
  assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(stderr + stdout), JSON.stringify(stderr));
}

test('rows of a manifest that fleet issue does not write are not merged', () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'all.csv'), 'mine');
    writeFileSync(join(folder, 'good.csv'), header + row('a', '0A'));
    const rows = {
      'a serial number that is negative': row('b', '-1'),
      'a fraction': row('b', '1.5'),
      'no number': row('b', 'NaN'),
      'a serial number that is too large': row('b', 'A'.repeat(41)),
      'a registration ID that steers the terminal': row(steering, '0B'),
      'a formula as a registration ID': row('=1+1', '0B'),
      'a registration ID of a megabyte': row(long, '0B'),
      'a path as a registration ID': row('../../b', '0B'),
      'a tag that steers the terminal': row('b', '0B', steering),
      'a row that was cut off': row('b', '0B').slice(0, 30),
      nothing: '\n',
    };
    for (const [what, text] of Object.entries(rows)) {
      writeFileSync(join(folder, 'bad.csv'), header + row('c', '0C') + text);
      const argv = ['fleet', 'merge', 'good.csv', 'bad.csv', '--out', 'all.csv', '--force'];
      await refusal('INVALID_MANIFEST', 'bad.csv:3', argv, folder).catch((error) => {
        throw new Error(`${what}: ${error.message}`);
      });
      assert.equal(readFileSync(join(folder, 'all.csv'), 'utf8'), 'mine', what);
    }
    assert.deepEqual(readdirSync(folder).sort(), ['all.csv', 'bad.csv', 'good.csv']);
  }));

test('a manifest or an output with hostile values is refused with the place', () =>
  inTemporaryFolder(async (folder) => {
    const manifests: [code: string, place: string, text: string][] = [
      ['INVALID_REGISTRATION_ID', 'line 2', header + row(steering, '0A')],
      ['INVALID_REGISTRATION_ID', 'line 2', header + row('../a', '0A')],
      ['INVALID_REGISTRATION_ID', 'line 2', header + row(long, '0A')],
      ['FILE_UNREADABLE', 'f.manifest.csv', `${header}a"${long}`],
      ['FILE_UNREADABLE', 'f.manifest.csv', `${header}a,"${steering}${long}`],
      ['FILE_UNREADABLE', 'f.manifest.csv', `${header}${'y'.repeat(3_000_000)}`],
      ['FILE_UNREADABLE', 'f.manifest.csv', `${header}${row('a', '0A').slice(0, 20)}`],
    ];
    writeFileSync(join(folder, 'f'), device('a'));
    for (const [code, place, text] of manifests) {
      writeFileSync(join(folder, 'f.manifest.csv'), text);
      await refusal(code, place, ['fleet', 'register', 'f'], folder);
    }
    writeFileSync(join(folder, 'f.manifest.csv'), header + row('a', '0A'));
    for (const text of [device(steering), device(long), '{"registrationId":null}\n', '{\n', `{${long}`]) {
      writeFileSync(join(folder, 'f'), text);
      await refusal('FILE_UNREADABLE', 'f', ['fleet', 'register', 'f'], folder);
    }
    // A line without an end, which takes no room on the disk.
    writeFileSync(join(folder, 'f'), '{');
    truncateSync(join(folder, 'f'), 3 * 1024 ** 3);
    await refusal('FILE_UNREADABLE', 'f', ['fleet', 'register', 'f'], folder);
    assert.deepEqual(readdirSync(folder).sort(), ['f', 'f.manifest.csv']);
  }));

const messageId = '1d0d1e6f-38ba-4c1c-8a0d-6a5b1a6f2b3c';

test('an ID that no run gave a message is neither kept nor sent', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'results');
    const line = (id: unknown) => ({
      registrationId: 'a',
      status: 'failed',
      sha256Thumbprint: 'AA',
      messageId: id as string,
    });
    const open = () => ResultLines.open(path, () => true);
    for (const id of [7, null, {}, [], steering, long, `${messageId}&$.to=x`]) {
      const text = `${JSON.stringify(line(messageId))}\n${JSON.stringify(line(id))}\n`;
      writeFileSync(path, text);
      await assert.rejects(open(), fails('FILE_UNREADABLE', /results, line 2/));
      assert.equal(readFileSync(path, 'utf8'), text);
      mkdirSync(`${path}.lock`);
      writeFileSync(join(`${path}.lock`, 'messages'), text.split('\n')[1]!);
      assert.equal(new PendingMessages(path).idOf({ sha256Thumbprint: 'AA' }), undefined);
      rmSync(`${path}.lock`, { recursive: true });
    }
  }));

if (process.platform !== 'win32') {
  test('a pipe, a folder or a device in place of a file is refused without waiting', () =>
    inTemporaryFolder(async (folder) => {
      const inThePlace: Record<string, (path: string) => void> = {
        pipe: (path) => execFileSync('mkfifo', [path]),
        folder: (path) => mkdirSync(path),
        device: (path) => symlinkSync('/dev/zero', path),
      };
      for (const [what, place] of Object.entries(inThePlace)) {
        const manifest = join(folder, 'f.manifest.csv');
        writeFileSync(join(folder, 'f'), device('a'));
        place(manifest);
        for (const command of ['register', 'enroll', 'deregister']) {
          await refusal('FILE_UNREADABLE', 'f.manifest.csv', ['fleet', command, 'f'], folder);
        }
        writeFileSync(join(folder, 'good.csv'), header + row('a', '0A'));
        const merge = ['fleet', 'merge', 'good.csv', 'f.manifest.csv', '--out', 'all.csv'];
        await refusal('FILE_UNREADABLE', 'f.manifest.csv', merge, folder);
        rmSync(manifest, { recursive: true });
        writeFileSync(manifest, header + row('a', '0A'));
        rmSync(join(folder, 'f'));
        if (what !== 'folder') {
          place(join(folder, 'f'));
          await refusal('FILE_UNREADABLE', 'f', ['fleet', 'register', 'f'], folder);
          rmSync(join(folder, 'f'));
        }
        place(join(folder, 'results'));
        await assert.rejects(
          ResultLines.open(join(folder, 'results'), () => true),
          fails('FILE_UNREADABLE'),
        );
        assert.deepEqual(readdirSync(folder).sort(), ['f.manifest.csv', 'good.csv', 'results'], what);
        rmSync(join(folder, 'results'), { recursive: true });
        rmSync(manifest);
      }
    }));
}

test.run();
