/** Fields of the manifest that a spreadsheet would run as formulas: written harmless, and read back as they were. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { test } from 'uvu';
import { csvField, fieldText, manifestColumns } from '../../src/fleet/manifest.js';
import { manifestDevices } from '../../src/fleet/registration/fleet-devices.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const hostile = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\tx',
  '\r=x',
  '=cmd|"/C calc"!A0',
  "'=1",
  "''=1",
  "'plain",
  'a=b',
  '',
];
const text = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: fc.constantFrom(...'=+-@\t\r\n\'",ab;'), maxLength: 8 }),
  fc.string(),
);

test('no field begins like a formula, and each is read back as it was', () => {
  fc.assert(
    fc.property(text, (original) => {
      const [[field]] = parse(csvField(original) || '""', { columns: false }) as [[string]];
      assert.ok(!/^[=+\-@\t\r]/.test(field), JSON.stringify(field));
      assert.equal(fieldText(field), original);
    }),
    { numRuns: 2000 },
  );
});

test('the tags of a manifest are those of the list', () =>
  inTemporaryFolder(async (folder) => {
    const manifest = join(folder, 'manifest.csv');
    const tags = hostile.filter((tag) => tag !== '');
    const header = [...manifestColumns, ...tags.map((_, index) => `tags.t${index}`)].join();
    const row = ['meter-1', '01', 'a', 'b', 'c', 'd', 'CN=meter-1', ...tags.map(csvField)].join();
    writeFileSync(manifest, `${header}\n${row}\n`);
    const devices = [];
    for await (const device of manifestDevices(manifest)) devices.push(device);
    assert.deepEqual(Object.values(devices[0]!.tags), tags);
  }));

test('of two columns with one name, neither is read', () =>
  inTemporaryFolder(async (folder) => {
    const manifest = join(folder, 'manifest.csv');
    writeFileSync(
      manifest,
      `${[...manifestColumns, 'tags.line', 'tags.line'].join()}\nmeter-1,01,a,b,c,d,CN=x,1,2\n`,
    );
    await assert.rejects(manifestDevices(manifest).next(), ({ code, message }) => {
      assert.equal(code, 'FILE_UNREADABLE');
      assert.match(message, /manifest\.csv.*1.*"tags\.line"/);
      return true;
    });
  }));

test.run();
