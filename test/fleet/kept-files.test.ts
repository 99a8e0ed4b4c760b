/** A fleet is made over nothing that it did not make itself, whatever its journal says, and no device's key is lost. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { test } from 'uvu';
import { devicesFromPattern } from '../../src/fleet/devices/device-source.js';
import { CommittedFile } from '../../src/fleet/issue/committed-file.js';
import { FleetJournal, type Progress } from '../../src/fleet/issue/journal.js';
import { digestOf, type FleetRequest } from '../../src/fleet/issue/request.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { sha256Of } from '../../src/workspace/digest.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { loadCertificate, loadPrivateKey } from '../../src/workspace/stored-certificates.js';
import { type Answer, run } from '../cli/in-process.js';
import { make } from '../support/chains.js';
import { contentsOf } from '../support/folders.js';
import { generatedKeys } from '../support/generated-keys.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { assertWhole, makeCertificateFolder, numbered } from './support.js';

const count = 6;
const ids = numbered('k-', 1, count);
const certs = await makeCertificateFolder(mkdtempSync(join(tmpdir(), 'enrollkit-fleet-')));
test.after(() => rmSync(certs, { recursive: true, force: true }));
const ca = loadCertificate(layoutOf(certs).intermediate)!;
const privateKey = await loadPrivateKey(ca, {});
const otherCa = await make('root', 'Another Root');

type Format = FleetRequest['format'];

/** The fleet that {@link issue} issues. */
function requestIn(folder: string, format: Format, more: Partial<FleetRequest> = {}): FleetRequest {
  return {
    source: devicesFromPattern('k-{1..}', count),
    range: { begin: 0, end: count },
    ca: { certificate: ca.pem, privateKey, parsed: ca.certificate, chainPem: ca.chainPem },
    profile: loadProfile('device'),
    keyAlgorithm: 'ec-p256',
    subject: {},
    format,
    pfx: false,
    out: join(folder, 'f'),
    manifest: join(folder, 'f.manifest.csv'),
    ...more,
  };
}

async function attempt({ out, manifest, format, pfx }: FleetRequest): Promise<Answer> {
  const fleet = ['--count', String(count), '--pattern', 'k-{1..}', '--dir', certs, '--workers', '1'];
  const places = ['--format', format, '--out', out as string, '--manifest', manifest];
  return run(['fleet', 'issue', ...fleet, ...places, ...(pfx ? ['--pfx'] : []), '--json']);
}

async function issue(request: FleetRequest): Promise<{ made: number }> {
  const { status, stdout, stderr } = await attempt(request);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** The journal of a run of this fleet that was killed. */
function journal(request: FleetRequest, done?: Progress): void {
  const lines = [{ fleet: { version: 1, request: digestOf(request) } }, ...(done ? [{ done }] : [])];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(`${request.out}.journal`, text);
}

/** How much of the files is committed after so many devices. */
async function progressAt(request: FleetRequest, devices: number): Promise<Progress> {
  const part = async (path: string, lines: number) => {
    const whole = readFileSync(path);
    const lineEnd = whole.toString('latin1').split('\n').slice(0, lines).join('\n').length + 1;
    // In an archive, the header of the next device's folder begins with its name.
    const nextFolder = devices < count ? whole.indexOf(`k-${devices + 1}/\0`) : whole.length - 1024;
    const length = request.format === 'tar' && path === request.out ? nextFolder : lineEnd;
    const copy = `${path}.copy`;
    writeFileSync(copy, whole.subarray(0, length));
    const file = await CommittedFile.resume(copy, { length, tail: undefined });
    const { committed } = file;
    await file.close();
    rmSync(copy);
    return committed;
  };
  const manifest = await part(request.manifest, devices + 1);
  const output = request.format === 'dir' ? undefined : await part(request.out as string, devices);
  return {
    devices,
    output: output?.length ?? 0,
    manifest: manifest.length,
    tails: { output: output?.tail, manifest: manifest.tail! },
  };
}

async function refused(
  request: FleetRequest,
  folder: string,
  [codes, ...facts]: [codes: string, ...facts: string[]],
  what?: string,
): Promise<void> {
  const before = contentsOf(folder);
  const { status, stdout, stderr } = await attempt(request);
  assert.equal(status, 9, `${what}: ${stderr}`);
  const { code, message } = JSON.parse(stdout).error;
  assert.ok(codes.split('|').includes(code), `${what}: ${stderr}`);
  for (const fact of facts) assert.ok(message.includes(fact), `${what}: ${message}`);
  assert.deepEqual(contentsOf(folder), before, what);
}

for (const format of ['ndjson', 'dir'] as const) {
  test(`${format}: a journal of a run that had made no file is not a leave to write over one`, () =>
    inTemporaryFolder(async (folder) => {
      const request = requestIn(folder, format);
      for (const name of format === 'dir' ? ['f.manifest.csv'] : ['f', 'f.manifest.csv']) {
        journal(request);
        writeFileSync(join(folder, name), 'mine\n');
        await refused(request, folder, ['FILE_EXISTS', join(folder, name)], name);
        rmSync(join(folder, name));
        rmSync(join(folder, 'f.journal'));
        rmSync(join(folder, 'f.manifest.csv'), { force: true });
      }
      // What such a run leaves itself is empty.
      journal(request);
      writeFileSync(join(folder, 'f.manifest.csv'), '');
      assert.equal((await issue(request)).made, count);
      await assertWhole(format, join(folder, 'f'), ids);
    }));
}

for (const format of ['ndjson', 'dir'] as const) {
  test(`${format}: a run that was killed when its files were made, and nothing was committed, is gone on with`, () =>
    inTemporaryFolder(async (root) => {
      const [folder, killed] = [join(root, 'fleet'), join(root, 'killed')];
      mkdirSync(folder);
      const request = requestIn(folder, format);
      const { commit } = FleetJournal.prototype;
      const commits = mock.method(
        FleetJournal.prototype,
        'commit',
        function (this: FleetJournal, done: Progress) {
          if (!existsSync(killed)) cpSync(folder, killed, { recursive: true });
          commit.call(this, done);
        },
      );
      await issue(request);
      commits.mock.restore();
      assert.ok(existsSync(join(killed, 'f.manifest.csv')));
      rmSync(folder, { recursive: true });
      renameSync(killed, folder);
      assert.equal((await issue(request)).made, count);
      await assertWhole(format, join(folder, 'f'), ids);
    }));
}

for (const format of ['ndjson', 'tar', 'dir'] as const) {
  test(`${format}: what is not the file any more that was committed is not cut off`, () =>
    inTemporaryFolder(async (folder) => {
      const request = requestIn(folder, format);
      await issue(request);
      const done = await progressAt(request, 3);
      const intact = join(folder, 'intact');
      mkdirSync(intact);
      for (const name of ['f', 'f.manifest.csv'])
        cpSync(join(folder, name), join(intact, name), { recursive: true });
      const again = () => {
        for (const name of ['f', 'f.manifest.csv', 'f.journal']) {
          rmSync(join(folder, name), { recursive: true, force: true });
        }
        for (const name of ['f', 'f.manifest.csv']) {
          cpSync(join(intact, name), join(folder, name), { recursive: true });
        }
      };
      const replaced = format === 'dir' ? ['f.manifest.csv'] : ['f', 'f.manifest.csv'];
      for (const name of replaced) {
        again();
        journal(request, done);
        writeFileSync(join(folder, name), 'mine, and longer than what was committed\n'.repeat(1000));
        await refused(request, folder, ['FILE_EXISTS', join(folder, 'f')], name);
      }
      // A journal that was edited to say less would cut off keys that were made.
      again();
      const less = { ...(await progressAt(request, 1)), tails: done.tails! };
      journal(request, less);
      await refused(request, folder, ['FILE_EXISTS', join(folder, 'f')]);
      again();
      journal(request, done);
      assert.equal((await issue(request)).made, count - 3);
      await assertWhole(format, join(folder, 'f'), ids);
    }));
}

type Numbers = Partial<Record<keyof Progress, unknown>>;

/** Values that no journal has, of each number in it. */
const notCounts = [-1, 0.5, 1e300, 2 ** 53, 'NaN', '3', null, true, [], {}];

for (const format of ['ndjson', 'tar', 'dir'] as const) {
  test(`${format}: a journal that does not fit its files cuts off nothing`, () =>
    inTemporaryFolder(async (folder) => {
      const request = requestIn(folder, format);
      await issue(request);
      const [one, three, all] = [
        await progressAt(request, 1),
        await progressAt(request, 3),
        await progressAt(request, count),
      ];
      const path = join(folder, 'f.journal');
      const write = (...lines: unknown[]) => {
        journal(request);
        appendFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      };
      for (const name of ['devices', 'output', 'manifest'] as const) {
        // The rule is the same for every number and format.
        const values = format === 'ndjson' && name === 'output' ? notCounts : [-1];
        for (const value of values) {
          write({ done: { ...three, [name]: value } });
          await refused(request, folder, ['JOURNAL_UNREADABLE', path, '2'], `${name} ${value}`);
        }
      }
      const nothing = { devices: 0, output: 0, manifest: 0 };
      const empty = sha256Of('');
      const wrong: [what: string, done: Numbers, codes: string][] = [
        ['more devices than the fleet has', { ...three, devices: count + 1 }, 'JOURNAL_UNREADABLE'],
        ['an end before the last device', { ...three, ended: true }, 'JOURNAL_UNREADABLE'],
        ['an unknown member', { ...three, more: 1 } as Numbers, 'JOURNAL_UNREADABLE'],
        ['a digest that is none', { ...three, tails: { manifest: '\u001b[31m' } }, 'JOURNAL_UNREADABLE'],
        ['more devices than listed', { ...three, devices: 5 }, 'FILE_EXISTS'],
        ['fewer devices than listed', { ...three, devices: 1 }, 'FILE_EXISTS'],
        ['no octet of the manifest', { ...three, manifest: 0, tails: undefined }, 'FILE_EXISTS'],
        ['a part of a row', { ...three, manifest: three.manifest - 5, tails: undefined }, 'FILE_EXISTS'],
        ['far more octets', { ...three, manifest: 2 ** 53 - 1 }, 'FILE_EXISTS'],
      ];
      if (format !== 'dir') {
        wrong.push(
          ['no octet of the output', { ...three, output: 0, tails: undefined }, 'FILE_EXISTS'],
          [
            'the digest of nothing',
            { ...three, output: 0, tails: { ...three.tails!, output: empty } },
            'FILE_EXISTS',
          ],
          ['the output of fewer devices', { ...three, output: one.output, tails: undefined }, 'FILE_EXISTS'],
          ['a part of a device', { ...three, output: three.output - 5, tails: undefined }, 'FILE_EXISTS'],
        );
      }
      for (const [what, done, codes] of wrong) {
        write({ done });
        await refused(request, folder, [codes, join(folder, 'f')], what);
      }
      if (format !== 'dir') {
        write({ done: all }, { done: one });
        await refused(request, folder, ['JOURNAL_UNREADABLE', path, '3'], 'a line that takes devices back');
      }
      for (const foreign of ['my notes', '{"done": my notes', '{"done":{"devices":3}}\nmy notes']) {
        write({ done: three });
        appendFileSync(path, foreign);
        await refused(request, folder, ['JOURNAL_UNREADABLE', path, '3'], foreign);
      }
      // Files of someone else at the place of those that a run had just made.
      for (const name of format === 'dir' ? ['f.manifest.csv'] : ['f', 'f.manifest.csv']) {
        for (const file of ['f', 'f.manifest.csv']) rmSync(join(folder, file), { recursive: true });
        if (format !== 'dir') writeFileSync(request.out as string, '');
        writeFileSync(request.manifest, '');
        writeFileSync(join(folder, name), 'mine\n');
        write({ done: nothing });
        await refused(request, folder, ['FILE_EXISTS', join(folder, name)], `${name} of someone else`);
      }
    }));
}

test('a first line of a journal that is none is not replaced', () =>
  inTemporaryFolder(async (folder) => {
    const request = requestIn(folder, 'ndjson');
    for (const text of ['{"fleet": my notes', '{"fleet":{"version":1,"request":"mine', '\u0000']) {
      writeFileSync(join(folder, 'f.journal'), text);
      await refused(request, folder, ['JOURNAL_UNREADABLE', join(folder, 'f.journal'), '1'], text);
    }
  }));

test('an interrupted run goes on with its own manifest only', () =>
  inTemporaryFolder(async (folder) => {
    const request = requestIn(folder, 'ndjson');
    await issue(request);
    journal(request, await progressAt(request, 3));
    writeFileSync(join(folder, 'mine.csv'), readFileSync(request.manifest));
    const other = requestIn(folder, 'ndjson', { manifest: join(folder, 'mine.csv') });
    await refused(other, folder, ['FILE_EXISTS', join(folder, 'f.journal')]);
  }));

test('dir: devices that a killed run had made, and not noted, keep their keys', () =>
  inTemporaryFolder(async (folder) => {
    for (const pfx of [false, true]) {
      const request = requestIn(folder, 'dir', { pfx });
      await issue(request);
      const before = contentsOf(join(folder, 'f'));
      journal(request, await progressAt(request, 2));
      assert.equal((await issue(request)).made, count - 2);
      assert.deepEqual(contentsOf(join(folder, 'f')), before);
      await assertWhole('dir', join(folder, 'f'), ids);
      for (const name of ['f', 'f.manifest.csv']) rmSync(join(folder, name), { recursive: true });
    }
  }));

test('dir: a folder that is not of this fleet is not replaced, and the run goes on when it is moved away', () =>
  inTemporaryFolder(async (folder) => {
    const request = requestIn(folder, 'dir');
    await issue(request);
    const intact = join(folder, 'intact');
    renameSync(join(folder, 'f'), intact);
    const manifest = readFileSync(request.manifest);
    const device = join(folder, 'f/k-4');
    const stranger = generatedKeys('ec', { namedCurve: 'prime256v1' }).privateKey;
    const strangerPem = stranger.export({ format: 'pem', type: 'pkcs8' }) as string;
    const elsewhere = await make('device', 'k-4', otherCa);
    const cases: [what: string, change: () => void][] = [
      [
        'a request with its key',
        () => {
          for (const name of readdirSync(device)) rmSync(join(device, name));
          writeFileSync(join(device, 'key.pem'), strangerPem);
          writeFileSync(join(device, 'request.pem'), 'a request');
        },
      ],
      [
        'a key alone',
        () => {
          for (const name of readdirSync(device)) rmSync(join(device, name));
          writeFileSync(join(device, 'key.pem'), strangerPem);
        },
      ],
      ['another key', () => writeFileSync(join(device, 'key.pem'), strangerPem)],
      ['something beside the files', () => writeFileSync(join(device, 'notes.txt'), 'mine')],
      [
        'a certificate of another CA',
        () => {
          writeFileSync(join(device, 'certificate.pem'), elsewhere.pem);
          writeFileSync(join(device, 'chain.pem'), elsewhere.pem + otherCa.pem);
          writeFileSync(
            join(device, 'key.pem'),
            elsewhere.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
          );
        },
      ],
      [
        'another device',
        () => {
          rmSync(device, { recursive: true });
          cpSync(join(folder, 'f/k-5'), device, { recursive: true });
        },
      ],
    ];
    for (const [what, change] of cases) {
      for (const name of ['f', 'f.journal']) rmSync(join(folder, name), { recursive: true, force: true });
      cpSync(intact, join(folder, 'f'), { recursive: true });
      writeFileSync(request.manifest, manifest);
      journal(request, await progressAt(request, 2));
      change();
      const before = contentsOf(join(folder, 'f'));
      const { status, stdout, stderr } = await attempt(request);
      assert.equal(status, 9, `${what}: ${stderr}`);
      const { code, message } = JSON.parse(stdout).error;
      assert.equal(code, 'FILE_EXISTS', what);
      assert.ok(message.includes('k-4'), message);
      assert.deepEqual(contentsOf(join(folder, 'f')), before, what);
    }
    renameSync(device, join(folder, 'moved'));
    await issue(request);
    await assertWhole('dir', join(folder, 'f'), ids);
    // What a power failure left without its key is made anew.
    rmSync(join(folder, 'f'), { recursive: true });
    cpSync(intact, join(folder, 'f'), { recursive: true });
    writeFileSync(request.manifest, manifest);
    journal(request, await progressAt(request, 2));
    writeFileSync(join(device, 'key.pem'), '');
    await issue(request);
    await assertWhole('dir', join(folder, 'f'), ids);
  }));

if (process.platform !== 'win32') {
  test('a pipe, a folder or a device in place of a file of a fleet is refused without waiting', () =>
    inTemporaryFolder(async (folder) => {
      for (const format of ['ndjson', 'dir'] as const) {
        const request = requestIn(folder, format);
        await issue(request);
        const done = await progressAt(request, 3);
        for (const isInterrupted of [true, false]) {
          for (const name of ['f', 'f.manifest.csv', 'f.journal']) {
            if (format === 'dir' && (name !== 'f.manifest.csv' || !isInterrupted)) continue;
            for (const kind of ['pipe', 'folder', 'device'] as const) {
              const path = join(folder, name);
              const kept = join(folder, 'kept');
              if (isInterrupted) journal(request, done);
              const isThere = existsSync(path);
              if (isThere) renameSync(path, kept);
              if (kind === 'pipe') execFileSync('mkfifo', [path]);
              else if (kind === 'folder') mkdirSync(join(path, 'mine'), { recursive: true });
              else symlinkSync('/dev/zero', path);
              const { status, stdout } = await attempt(request);
              assert.equal(status, 9, `${name}, ${kind}: ${stdout}`);
              const { code, message } = JSON.parse(stdout).error;
              assert.match(code, /^FILE_(EXISTS|UNREADABLE|UNWRITABLE)$/, message);
              assert.ok(message.includes(path), message);
              rmSync(path, { recursive: true });
              if (isThere) renameSync(kept, path);
              rmSync(join(folder, 'f.journal'), { force: true });
            }
          }
        }
        for (const name of ['f', 'f.manifest.csv']) rmSync(join(folder, name), { recursive: true });
      }
    }));

  test('nothing of a fleet is written through a symbolic link', () =>
    inTemporaryFolder(async (folder) => {
      const outside = join(folder, 'outside');
      mkdirSync(outside);
      const request = requestIn(folder, 'ndjson');
      for (const name of ['f', 'f.manifest.csv', 'f.journal']) {
        symlinkSync(join(outside, 'new'), join(folder, name));
        await refused(request, folder, ['FILE_EXISTS', join(folder, name)], name);
        for (const left of ['f', 'f.manifest.csv', 'f.journal']) rmSync(join(folder, left), { force: true });
      }
      // A file of an interrupted run that a link has taken the place of.
      await issue(request);
      journal(request, await progressAt(request, 3));
      for (const name of ['f', 'f.manifest.csv']) {
        renameSync(join(folder, name), join(outside, name));
        symlinkSync(join(outside, name), join(folder, name));
        await refused(request, folder, ['FILE_UNWRITABLE|FILE_EXISTS', join(folder, name)], name);
        rmSync(join(folder, name));
        renameSync(join(outside, name), join(folder, name));
      }
      const folders = requestIn(folder, 'dir', { out: join(folder, 'd'), manifest: join(folder, 'd.csv') });
      await issue(folders);
      journal(folders, await progressAt(folders, 2));
      renameSync(join(folder, 'd/k-4'), join(outside, 'k-4'));
      symlinkSync(join(outside, 'k-4'), join(folder, 'd/k-4'));
      symlinkSync(outside, join(folder, 'd/.unfinished-9'));
      const before = contentsOf(outside);
      assert.equal((await attempt(folders)).status, 9);
      assert.deepEqual(contentsOf(outside), before);
      assert.ok(existsSync(join(folder, 'd/.unfinished-9')));
    }));
}

test.run();
