/** Fleets from a list: what it may say, and what is refused with its lines. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { IdTable } from '../../src/fleet/devices/id-table.js';
import { run } from '../cli/in-process.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { devicesOf, fleetIssue, killedWhen, makeCertificateFolder, manifestOf, sizeOf } from './support.js';

const certs = await makeCertificateFolder(mkdtempSync(join(tmpdir(), 'enrollkit-fleet-')));
const ca = ['--dir', certs];
test.after(() => rmSync(certs, { recursive: true, force: true }));

const csv = `\uFEFFregistrationId,tags.site,organization,dns,ip,tags.note\r
line-1,"Berlin, North","Contoso ""West""",one.example.com two.example.com,192.0.2.1,\r
\r
line-2,,,,::1,"=1+1"\r
line-3,Oslo,,,,x\r
`;
const ndjson = `${[
  {
    registrationId: 'line-1',
    organization: 'Contoso "West"',
    dns: ['one.example.com', 'two.example.com'],
    ip: '192.0.2.1',
    tags: { site: 'Berlin, North' },
  },
  { registrationId: 'line-2', ip: ['::1'], tags: { note: '=1+1' } },
  { registrationId: 'line-3', tags: { site: 'Oslo', note: 'x' } },
]
  .map((device) => JSON.stringify(device))
  .join('\n')}\n`;

for (const [name, text] of [
  ['devices.csv', csv],
  ['devices.ndjson', ndjson],
] as const) {
  test(`${name}: names, organization and tags of each device`, () =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, name), text);
      const flags = ['--from', name, ...ca, '--format', 'ndjson', '--organization', 'Usual', '--out', 'f'];
      const ended = await fleetIssue(folder, ...flags);
      assert.equal(ended.status, 0, ended.stderr);
      const rows = manifestOf(join(folder, 'f.manifest.csv'));
      assert.deepEqual(
        rows.map((row) => [row.registrationId, row.subject, row['tags.site'], row['tags.note']]),
        [
          ['line-1', 'CN=line-1, O="Contoso ""West"""', 'Berlin, North', ''],
          ['line-2', 'CN=line-2, O=Usual', '', "'=1+1"],
          ['line-3', 'CN=line-3, O=Usual', 'Oslo', 'x'],
        ],
      );
      const devices = await devicesOf('ndjson', join(folder, 'f'));
      assert.deepEqual(
        devices.map(({ certificate }) => new X509Certificate(certificate).subjectAltName),
        [
          'DNS:one.example.com, DNS:two.example.com, IP Address:192.0.2.1',
          'IP Address:0:0:0:0:0:0:0:1',
          undefined,
        ],
      );
      const again = await fleetIssue(folder, ...flags, '--json');
      assert.equal(JSON.parse(again.stdout).made, 0);
      // The manifest's IDs are the same with another organization, and the fleet is not.
      writeFileSync(join(folder, name), text.replace('Contoso', 'Fabrikam'));
      assert.equal((await fleetIssue(folder, ...flags)).status, 9);
    }));
}

test('shards of a list, killed and resumed, are the whole once, with the same columns', () =>
  inTemporaryFolder(async (folder) => {
    const lines = Array.from({ length: 1200 }, (_, index) =>
      JSON.stringify({ registrationId: `n-${index}`, ...(index === 1100 ? { tags: { last: true } } : {}) }),
    );
    writeFileSync(join(folder, 'list'), `${lines.join('\n')}\n`);
    const flagsOf = (shard: number) => [
      ...['--from', 'list', ...ca, '--format', 'ndjson', '--shard', `${shard}/2`, '--out', `f${shard}`],
    ];
    await killedWhen(folder, flagsOf(2), () => sizeOf(join(folder, 'f2.manifest.csv')) > 5000);
    for (const shard of [1, 2]) {
      const ended = await fleetIssue(folder, ...flagsOf(shard));
      assert.equal(ended.status, 0, ended.stderr);
    }
    const rows = [1, 2].flatMap((shard) => manifestOf(join(folder, `f${shard}.manifest.csv`)));
    assert.deepEqual(
      rows.map((row) => row.registrationId),
      lines.map((line) => JSON.parse(line).registrationId),
    );
    assert.equal(rows[1100]!['tags.last'], 'true');
    assert.equal(rows[0]!['tags.last'], '');
  }));

const header = 'registrationId,dns';
const refused: [what: string, text: string, facts: string[]][] = [
  [
    'an ID twice, also in other letters',
    `${header}\na,\nb,\n\nB,\na,\n`,
    ['list:5: ', '"B"', '3', '"b"', 'list:6: ', '"a"', '2'],
  ],
  ['illegal IDs', `${header}\na b,\n-a,\n`, ['list:2: ', '" "', 'list:3: ', '"-a"']],
  ['an ID that is missing', `${header}\n,x.example\n`, ['list:2: ']],
  ['an illegal name', `${header}\na,no_name!\n`, ['list:2: ', 'DNS no_name!']],
  ['a field too many', `${header}\na,,\n`, ['list:2: ', '3', '2']],
  ['an unknown column', 'registrationId,dnsName\na,\n', ['list:1: ', '"dnsName"', 'registrationId']],
  ['no header', 'a\nb\n', ['list:1: ', 'registrationId', '"a"']],
  ['a column twice', 'registrationId,dns,dns\na,,\n', ['list:1: ', '"dns"']],
  ['a quote that does not end', `${header}\n"a,\nb,\n`, ['list:3: ', 'CSV']],
  ['no device', `${header}\n`, ['list: ']],
  ['an empty file', '', ['list: ']],
  ['half a line of JSON', '{"registrationId":"a"}\n{"registrationId":\n', ['list:2: ', 'JSON']],
  ['an unknown field', '{"registrationId":"a","id":1}\n', ['list:1: ', '"id"']],
  ['a field of a wrong type', '{"registrationId":7}\n', ['list:1: registrationId: ']],
  ['a line break in a tag', '{"registrationId":"a","tags":{"x":"a\\nb"}}\n', ['list:1: ', '"x"']],
];
for (const [what, text, facts] of refused) {
  test(`refused with its lines: ${what}`, () =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, 'list'), text);
      const from = ['fleet', 'issue', '--from', join(folder, 'list'), ...ca, '--out', join(folder, 'f')];
      const { status, stderr } = await run(from, { env: withCodes });
      assert.equal(status, 2, stderr);
      assertRefusal(stderr.replaceAll(`${folder}/`, ''), 'INVALID_DEVICE_LIST', ...facts);
      assert.deepEqual(readdirSync(folder), ['list']);
    }));
}

test('a list that is no file, or not there, or with a count', () =>
  inTemporaryFolder(async (folder) => {
    for (const [flags, status, code, ...facts] of [
      [['--from', join(folder, 'none')], 9, 'FILE_UNREADABLE', join(folder, 'none')],
      [['--from', folder], 9, 'FILE_UNREADABLE', folder],
      [['--from', folder, '--count', '3'], 2, 'USAGE', '--from', '--count'],
      [['--from', folder, '--pattern', 'a{1..2}'], 2, 'USAGE', '--from', '--pattern'],
    ] as const) {
      const argv = ['fleet', 'issue', ...flags, ...ca, '--out', join(folder, 'f')];
      const answer = await run(argv, { env: withCodes });
      assert.equal(answer.status, status, answer.stderr);
      assertRefusal(answer.stderr, code, ...facts);
    }
  }));

test('the table of IDs finds every ID that comes again, and no other', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 3000 }), (ids) => {
      const table = new IdTable();
      const first = new Map<string, number[]>();
      for (const [index, id] of ids.entries()) {
        const key = id.toLowerCase();
        assert.deepEqual(table.add(id, index), first.get(key) ?? []);
        first.set(key, [...(first.get(key) ?? []), index]);
      }
    }),
    { numRuns: 30 },
  );
});

test('merge joins manifests, and refuses devices and serial numbers that come twice', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const columns = 'registrationId,serialNumber,notBefore,notAfter,sha1Thumbprint,sha256Thumbprint,subject';
    const row = (id: string, serial: string) => `${id},${serial},x,y,s,t,"CN=${id}, O=Contoso"`;
    const write = (name: string, ...rows: string[]) => writeFileSync(at(name), `${rows.join('\n')}\n`);
    write('a', columns, row('a1', '0A'), row('a2', '0B'));
    write('b', columns, row('b1', '0C'));
    const merge = (...argv: string[]) => run(['fleet', 'merge', ...argv], { env: withCodes });
    const merged = await merge(at('b'), at('a'), '--out', at('all'), '--json');
    assert.equal(merged.status, 0, merged.stderr);
    assert.equal(JSON.parse(merged.stdout).devices, 3);
    const all = [columns, row('b1', '0C'), row('a1', '0A'), row('a2', '0B'), ''].join('\n');
    assert.equal(readFileSync(at('all'), 'utf8'), all);
    assert.equal((await merge(at('b'), at('a'))).stdout, all);

    write('sameId', columns, row('c1', '0D'), row('A2', '0E'));
    write('sameSerial', columns, row('c1', '0B'));
    write('otherTags', `${columns},tags.site`, `${row('c1', '0D')},Oslo`);
    write('noManifest', 'a,b,c');
    write('badRow', columns, 'a1;0A');
    for (const [name, ...facts] of [
      ['sameId', 'sameId:3: ', 'A2', 'a:3'],
      ['sameSerial', 'sameSerial:2: ', '0B', 'a:3'],
      ['a', 'a:2: ', 'a1'],
      ['otherTags', 'otherTags:1: '],
      ['noManifest', 'noManifest:1: '],
      ['badRow', 'badRow:2: '],
    ] as const) {
      const answer = await merge(at('a'), at(name), '--out', at('none'));
      assert.equal(answer.status, 2, name);
      assertRefusal(answer.stderr.replaceAll(`${folder}/`, ''), 'INVALID_MANIFEST', ...facts);
    }
    assert.equal((await merge(at('a'), at('missing'), '--out', at('none'))).status, 9);
    assert.equal((await merge(at('a'), at('b'), '--out', at('all'))).status, 9);
    assert.ok(!readdirSync(folder).some((name) => name === 'none' || name.endsWith('.tmp')));
  }));

test.run();
