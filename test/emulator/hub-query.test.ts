/** What a query reads of the hub: the twins that it can select, a few at a time. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { test } from 'uvu';
import { HubDevices } from '../../src/emulator/hub/devices.js';
import { parseDeviceQuery } from '../../src/emulator/hub/query/query-language.js';
import { HubTwins } from '../../src/emulator/hub/twins.js';
import { openState } from '../../src/emulator/state/database.js';

const now = () => new Date('2026-11-24T05:00:00Z');
const database = openState(':memory:');
const devices = new HubDevices(database, now);
const twins = new HubTwins(database, now);

const sites = ['A', 'é"\\', '', undefined, 7, 7.5, true, { deep: 'A' }, null];
const ids = Array.from({ length: 2100 }, (_, index) => `d-${index}`).sort();
for (const [index, deviceId] of ids.entries()) {
  const value = sites[index % sites.length];
  devices.insert({
    deviceId,
    credential: { type: 'certificateAuthority' },
    iotEdge: false,
    initialTwin: {
      tags: { site: value, odd: index % 2 },
      properties: { desired: { 'a-b': { site: value } } },
    },
  });
}
twins.patchReported('d-2099', { version: 'one' });

function twinOf(deviceId: string): Record<string, unknown> {
  const { tags, desired, reported } = twins.get(deviceId)!;
  const collection = ({ properties, version }: typeof desired) => ({ ...properties, $version: version });
  return {
    deviceId,
    tags,
    properties: { desired: collection(desired), reported: collection(reported) },
  };
}
const all = ids.map(twinOf);

/** The devices that a search with this condition reads, in batches. */
function read(condition: string, limit = 100): { batches: string[][]; found: string[]; expected: string[] } {
  const { selects, candidates } = parseDeviceQuery(`SELECT * FROM devices WHERE ${condition}`);
  const batches: string[][] = [];
  for (let last: string | undefined = ''; last !== undefined; ) {
    const batch = devices.candidates(candidates, last, limit);
    batches.push(batch.devices.map(({ deviceId }) => deviceId));
    last = batch.last;
  }
  const found = batches.flat().filter((deviceId) => selects(twinOf(deviceId)));
  return { batches, found, expected: all.filter(selects).map((twin) => String(twin.deviceId)) };
}

test('only the twins that a query names are read', () => {
  const readBy = (condition: string) => read(condition).batches.flat().length;
  for (const [condition, most] of [
    ["deviceId = 'd-7'", 1],
    ["'d-7' = devices.deviceId AND tags.odd = 1", 1],
    ["tags.odd = 1 AND (deviceId IN ['d-7', 'd-8', 'none', 'd-7'])", 2],
    ["deviceId = 'd-7' OR deviceId = 'd-9' AND tags.site <> 'A'", 2],
    ['deviceId = 7', 0],
    ["properties.reported.version = 'one'", 1],
    ["tags['site'] = 'nowhere'", 0],
    ["properties.desired['a-b'].site IN ['nowhere', 8]", 0],
  ] as const) {
    assert.ok(readBy(condition) <= most, condition);
  }
});

test('no batch is larger than asked for, and each device is read once, in the order of the IDs', () => {
  for (const condition of ['tags.odd = 1', "tags.site IN ['A', true]", 'tags.odd >= 0', "deviceId <> ''"]) {
    const { batches } = read(condition, 70);
    assert.ok(batches.every((batch) => batch.length <= 70));
    const flat = batches.flat();
    assert.deepEqual(flat, [...new Set(flat)].sort());
  }
});

test('a query finds the same devices as reading every twin does', () => {
  const property = fc.constantFrom(
    ...['deviceId', 'devices.deviceId', 'DEVICEID', 'tags.site', "tags['site']", 'tags.site.deep', 'tags'],
    ...['properties.desired.$version', "properties.desired['a-b'].site", 'properties.reported.version'],
  );
  const value = fc.constantFrom(
    ...["'A'", "'d-7'", "'one'", `'é"\\\\'`, "''", "'\\u0000'", "'\\ud800'"],
    ...['7', '7.5', '-7', '1', 'true', 'false', 'null', 'undefined', 'tags.site'],
  );
  const operator = fc.constantFrom('=', '=', '=', '<>', '<', '>=');
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.tuple(property, operator, value).map((words) => words.join(' ')),
      fc.tuple(value, operator, property).map((words) => words.join(' ')),
      fc
        .tuple(
          property,
          fc.constantFrom('IN', 'NOT IN', 'NIN'),
          fc.array(value, { minLength: 1, maxLength: 3 }),
        )
        .map(([name, how, values]) => `${name} ${how} [${values.join(', ')}]`),
      fc.tuple(tie('condition'), tie('condition')).map((terms) => `(${terms.join(' AND ')})`),
      fc.tuple(tie('condition'), tie('condition')).map((terms) => `(${terms.join(' OR ')})`),
      tie('condition').map((term) => `NOT (${term})`),
      tie('condition').map((term) => `(${term}) = true`),
    ),
  }));
  fc.assert(
    fc.property(condition, (text) => {
      const { found, expected } = read(text, 2000);
      assert.deepEqual(found, expected);
    }),
    { numRuns: 40 },
  );
});

test.run();
