/** A file of results takes the place of nothing else. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type ResultLine, ResultLines, removeResults } from '../../src/fleet/registration/result-lines.js';
import { fails } from '../support/fails.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const open = (path: string) => ResultLines.open<ResultLine>(path, ({ status }) => status === 'assigned');
const remove = (path: string) => removeResults([path], async () => {});
const line = (id: string, status: string) =>
  `${JSON.stringify({ registrationId: id, status, attempts: 1 })}\n`;
const device = JSON.stringify({ registrationId: 'd1', certificate: 'x', privateKey: 'PRIVATE KEY' });

const others: Record<string, string> = {
  'a fleet of one device': `${device}\n`,
  'a fleet that was cut off': device.slice(0, 60),
  'a fleet cut off after the ID': device.slice(0, 30),
  'a line of text': 'my notes',
  'a line of text with an end': 'my notes\n',
  'a JSON document': '{}',
  'a list': '[]\n',
  'results and a fleet': `${line('a', 'assigned')}${device}\n`,
  'results and text': `${line('a', 'assigned')}my notes\n`,
};

test('any other file is refused and left as it is, also by the command that removes results', () =>
  inTemporaryFolder(async (folder) => {
    for (const [what, text] of Object.entries(others)) {
      const path = join(folder, 'f.registrations.ndjson');
      writeFileSync(path, text);
      await assert.rejects(open(path), fails('FILE_UNREADABLE', /f\.registrations\.ndjson, line \d/), what);
      await remove(path);
      assert.equal(readFileSync(path, 'utf8'), text, what);
      assert.deepEqual(readdirSync(folder), ['f.registrations.ndjson'], what);
    }
  }));

test('a result that was cut off anywhere is left out', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'results');
    const torn = line('b', 'assigned').trimEnd();
    for (let length = 0; length < torn.length; length += 1) {
      writeFileSync(path, line('a', 'assigned') + torn.slice(0, length));
      (await open(path)).close();
      assert.equal(readFileSync(path, 'utf8'), line('a', 'assigned'), torn.slice(0, length));
    }
    await remove(path);
    assert.deepEqual(readdirSync(folder), []);
    await remove(path);
  }));

test('removing results also removes what a killed run left beside them, but not while a run writes', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'results');
    const leave = () => {
      mkdirSync(`${path}.lock`);
      for (const name of ['new', 'messages']) writeFileSync(join(`${path}.lock`, name), '');
    };
    for (const isWritten of [true, false]) {
      leave();
      if (isWritten) writeFileSync(path, line('a', 'assigned'));
      await remove(path);
      assert.deepEqual(readdirSync(folder), []);
    }
    const lines = await open(path);
    await assert.rejects(remove(path), fails('FOLDER_IN_USE', /results/));
    assert.ok(existsSync(path));
    lines.close();
  }));

test('files beside it are not taken for its own, and a link is not followed', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'results');
    writeFileSync(`${path}.tmp`, 'mine');
    (await open(path)).close();
    assert.equal(readFileSync(`${path}.tmp`, 'utf8'), 'mine');
    writeFileSync(`${path}.lock`, 'dependencies:\n');
    await assert.rejects(open(path), fails('FILE_EXISTS', /results\.lock/));
    assert.equal(readFileSync(`${path}.lock`, 'utf8'), 'dependencies:\n');
    if (process.platform === 'win32') return;
    const linked = join(folder, 'linked');
    symlinkSync(join(folder, 'results'), linked);
    await assert.rejects(open(linked), fails('FILE_UNREADABLE'));
    await remove(linked);
    assert.deepEqual(readdirSync(folder).sort(), ['linked', 'results', 'results.lock', 'results.tmp']);
  }));

test.run();
