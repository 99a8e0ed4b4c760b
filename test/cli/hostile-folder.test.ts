/**
 * A certificate folder whose state someone damaged, edited or replaced: every command says what is wrong and where, and
 * neither removes nor overwrites anything, inside the folder or outside of it.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import { contentsOf } from '../support/folders.js';
import { run } from './in-process.js';

const hostile = suite('hostile folders');

let top: string;
/** As a quickstart has left it, without its emulator, so that no command needs the network. */
let pristine: string;
let folder: string;
let journal: string;

const at = (...parts: string[]) => join(folder, ...parts);

hostile.before(async () => {
  top = mkdtempSync(join(tmpdir(), 'enrollkit-test-'));
  pristine = join(top, 'pristine');
  const made = await run(['quickstart', '--yes', '--dir', pristine, '--device', 'device-001']);
  assert.equal(made.status, 0, made.stderr);
  journal = readFileSync(join(pristine, '.enrollkit', 'journal.ndjson'), 'utf8');
});
hostile.after(() => rmSync(top, { recursive: true }));

hostile.before.each(() => {
  folder = join(mkdtempSync(join(top, 'case-')), 'certs');
  cpSync(pristine, folder, { recursive: true });
  writeFileSync(join(dirname(folder), 'outside.txt'), 'mine');
});
hostile.after.each(() => rmSync(dirname(folder), { recursive: true }));

/** Each of these reads the journal, as doctor does. */
const commands: Record<string, () => string[]> = {
  quickstart: () => ['quickstart', '--yes', '--device', 'device-001'],
  'dry run': () => ['quickstart', '--yes', '--device', 'device-001', '--dry-run'],
  clean: () => ['clean', '--yes', '--certificates'],
  rollover: () => ['cert', 'rollover', 'root'],
  'cert device': () => ['cert', 'device', 'device-002'],
  renew: () => ['cert', 'renew', at('devices', 'device-001', 'certificate.pem'), '--force'],
};

const everyone = ['doctor', ...Object.keys(commands)];
/** The commands share their checks: each is tried, on some of the damages. */
let turn = 0;
const some = () => [everyone[turn++ % everyone.length]!, 'clean'];

/** What is in the folder and beside it, without the emulator's database and the recordings of runs that failed. */
const snapshot = () =>
  Object.fromEntries(
    Object.entries(contentsOf(dirname(folder))).filter(
      ([name]) => !/\.enrollkit\/(emulator|runs)\/./.test(name),
    ),
  );

/** Asserts that commands end with this code and exit status 9, name the place, and change nothing. */
async function assertRefused(code: string, place: string, names: readonly string[]): Promise<void> {
  const before = snapshot();
  for (const name of names) {
    if (name === 'doctor') continue;
    const { status, stdout, stderr } = await run([...commands[name]!(), '--dir', folder, '--json']);
    assert.equal(status, 9, `${name}: ${stdout} ${stderr}`);
    const { error } = JSON.parse(stdout);
    assert.equal(error.code, code, `${name}: ${stdout}`);
    assert.ok(error.message.includes(place), `${name} does not name ${place}: ${error.message}`);
    assert.ok(stdout.length < 4000, `${name}: ${stdout.length} characters`);
    assert.deepEqual(snapshot(), before, name);
  }
  if (!names.includes('doctor')) return;
  const doctor = await run(['doctor', '--dir', folder, '--json']);
  assert.equal(doctor.status, 11, `doctor: ${doctor.stdout} ${doctor.stderr}`);
  const found = JSON.parse(doctor.stdout).findings.filter((one: { code: string }) => one.code === code);
  assert.equal(found.length, 1, doctor.stdout);
  assert.ok(found[0].message.includes(place), doctor.stdout);
}

const record = (thing: unknown, event = 'made') =>
  JSON.stringify({ at: '2026-01-01T00:00:00.000Z', event, thing });
const emulator = { kind: 'emulator' };
const long = 'x'.repeat(1_000_000);

const lines: Record<string, string> = {
  'no JSON': 'these are words',
  'JSON of another kind': '[1, null]',
  'a value of another type': record({ kind: 'file', path: 5 }),
  'an event of a newer release': record({ kind: 'file', path: 'ca/root/key.pem' }, 'renamed'),
  'a kind of a newer release': record({ kind: 'certificate-policy', target: emulator, id: 'p' }),
  'a path that leads out': record({ kind: 'file', path: '../outside.txt' }),
  'a megabyte in a path': record({ kind: 'file', path: `devices/${long}/key.pem` }),
  'a megabyte in an ID': record({ kind: 'registration', target: emulator, id: long }),
  'a megabyte in a host name': record({ kind: 'hub-device', target: emulator, hub: long, id: 'x' }),
  'two hundred thousand brackets': '['.repeat(200_000),
  'a byte order mark': `\ufeff${record({ kind: 'file', path: 'ca/root/key.pem' })}`,
};

for (const [what, line] of Object.entries(lines)) {
  hostile(`a line of the journal: ${what}`, async () => {
    writeFileSync(at('.enrollkit', 'journal.ndjson'), `${journal}${line}\n`);
    const number = journal.split('\n').length;
    await assertRefused('JOURNAL_UNREADABLE', `Line ${number} of the journal ${at('.enrollkit')}`, some());
  });
}

hostile('a journal that was emptied, or holds nothing but zeros, beside the files of runs', async () => {
  // Other commands take the files as their owner's, and change none that is there.
  const names = ['quickstart', 'dry run', 'clean', 'doctor'];
  for (const contents of ['', '\0'.repeat(4096), journal.slice(0, 30)]) {
    writeFileSync(at('.enrollkit', 'journal.ndjson'), contents);
    await assertRefused('JOURNAL_UNREADABLE', at('.enrollkit', 'journal.ndjson'), names);
  }
});

hostile('a last line that no run can have begun', async () => {
  for (const text of ['these are words', '{"event":"made"', `${journal}x`]) {
    writeFileSync(at('.enrollkit', 'journal.ndjson'), text);
    await assertRefused('JOURNAL_UNREADABLE', at('.enrollkit', 'journal.ndjson'), some());
  }
});

hostile('control characters of a journal do not reach the terminal', async () => {
  const thing = { kind: 'hub-device', target: emulator, hub: '\u001b[2J\u0007', id: '\u001b]0;x\u0007' };
  writeFileSync(at('.enrollkit', 'journal.ndjson'), `${journal}${record(thing)}\n`);
  const { status, stdout, stderr } = await run(['clean', '--yes', '--dir', folder]);
  assert.equal(status, 7, stderr);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
  assert.ok(!/[\u001b\u0007]/.test(stdout + stderr), JSON.stringify(stderr));
});

hostile(
  'a folder that was moved goes on, and cleaning a copy leaves the original and its emulator alone',
  async () => {
    const moved = join(dirname(folder), 'elsewhere', 'certs');
    mkdirSync(dirname(moved));
    renameSync(folder, moved);
    const own = (at: string) =>
      Object.fromEntries(
        Object.entries(contentsOf(at)).filter(([name]) => !name.startsWith('.enrollkit/emulator/')),
      );
    const before = own(moved);
    const again = await run(['quickstart', '--yes', '--device', 'device-001', '--dir', moved]);
    assert.equal(again.status, 0, again.stderr);
    assert.deepEqual(own(moved), before);
    const copy = join(dirname(folder), 'copy');
    cpSync(moved, copy, { recursive: true });
    const cleaned = await run(['clean', '--yes', '--certificates', '--dir', copy]);
    assert.equal(cleaned.status, 0, cleaned.stderr);
    assert.deepEqual(contentsOf(copy), {});
    assert.deepEqual(own(moved), before);
    const groups = await run(['group', 'list', '--json', '--dir', moved]);
    assert.ok(groups.stdout.includes('enrollkit-devices'), groups.stdout);
  },
);

const inThePlace: Record<string, (path: string) => void> = {
  'a named pipe': (path) => execFileSync('mkfifo', [path]),
  'a socket or device': (path) => symlinkSync('/dev/zero', path),
  'a folder': (path) => {
    mkdirSync(path);
    writeFileSync(join(path, 'mine.txt'), 'mine');
  },
  'a file': (path) => writeFileSync(path, 'mine'),
  'a symbolic link': (path) => symlinkSync(join(dirname(folder), 'outside.txt'), path),
};

const states: [name: string, isFile: boolean][] = [
  ['.enrollkit/journal.ndjson', true],
  ['.enrollkit/plan.json', true],
  ['.enrollkit/pending', false],
  ['.enrollkit/runs', false],
  ['.enrollkit/emulator', false],
  ['.enrollkit', false],
];

if (process.platform !== 'win32') {
  for (const [name, isFile] of states) {
    hostile(`${name} replaced by something else`, async () => {
      for (const [what, place] of Object.entries(inThePlace)) {
        if (what === (isFile ? 'a file' : 'a folder')) continue;
        rmSync(at(name), { recursive: true, force: true });
        place(at(name));
        const isLink = /link|device/.test(what);
        await assertRefused(isLink ? 'FILE_UNWRITABLE' : 'FILE_EXISTS', at(name), some());
        rmSync(at(name), { recursive: true });
        if (existsSync(join(pristine, name))) cpSync(join(pristine, name), at(name), { recursive: true });
      }
    });
  }

  hostile(
    'a certificate, a key or a record that is a named pipe, or enormous, is refused at once',
    async () => {
      const files = [
        ['ca/root/certificate.pem', 'quickstart'],
        ['ca/intermediate/chain.pem', 'quickstart'],
        ['devices/device-001/certificate.pem', 'quickstart'],
        ['devices/device-001/key.pem', 'quickstart'],
        ['ca/rollover.json', 'quickstart'],
        ['ca/rollover.json', 'rollover'],
      ] as const;
      for (const [name, command] of files) {
        rmSync(at(name), { force: true });
        execFileSync('mkfifo', [at(name)]);
        await assertRefused('FILE_UNREADABLE', at(name), [command]);
        rmSync(at(name));
        writeFileSync(at(name), '');
        // Takes no room on the disk.
        truncateSync(at(name), 3 * 1024 ** 3);
        const { status, stdout } = await run([...commands[command]!(), '--dir', folder, '--json']);
        assert.equal(status, 9, stdout);
        assert.equal(JSON.parse(stdout).error.code, 'FILE_UNREADABLE', stdout);
        rmSync(at(name));
        const original = join(pristine, name);
        if (name !== 'ca/rollover.json') cpSync(original, at(name));
      }
    },
  );
}

hostile.run();
