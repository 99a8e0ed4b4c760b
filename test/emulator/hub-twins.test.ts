/** Twins as the hub keeps them: when each property was last updated, and what a twin may hold. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { test } from 'uvu';
import { type JsonObject, mergePatch } from '../../src/dps/contract/merge-patch.js';
import { type Hub, openHub } from '../../src/emulator/hub/hub.js';
import { TwinPatchError, twinSize } from '../../src/emulator/hub/twin-limits.js';
import { patchedMetadata } from '../../src/emulator/hub/twin-metadata.js';
import { openState, type StateDatabase } from '../../src/emulator/state/database.js';

const [created, second, third] = ['2030-01-01', '2030-01-02', '2030-01-03'].map(
  (day) => `${day}T00:00:00.0000000Z`,
) as [string, string, string];
let now: Date;
const credential = { type: 'certificateAuthority' } as const;
let database: StateDatabase;
let hub: Hub;
test.before.each(() => {
  now = new Date(created);
  database = openState(':memory:');
  hub = openHub(database, () => now);
  hub.devices.ensure({
    deviceId: 'a',
    credential,
    iotEdge: false,
    initialTwin: { properties: { desired: { interval: 5, net: { ip: 'x' } } } },
  });
  hub.devices.ensure({ deviceId: 'empty', credential, iotEdge: false });
});
test.after.each(() => {
  database.close();
});

const desired = (deviceId = 'a') => hub.twins.get(deviceId)!.desired;
const reported = () => hub.twins.get('a')!.reported;
const stamp = ($lastUpdated: string, $lastUpdatedVersion: number) => ({ $lastUpdated, $lastUpdatedVersion });

test('desired properties: each has the time and version of its last update, at every level', () => {
  assert.deepEqual(desired('empty').metadata, { $lastUpdated: created });
  // It was born with them.
  const first = stamp('0001-01-01T00:00:00Z', 1);
  assert.deepEqual(desired().metadata, { ...first, interval: first, net: { ...first, ip: first } });

  now = new Date(second);
  hub.twins.change('a', { desired: { net: { mask: 'y' } } }, 'merge');
  const two = stamp(second, 2);
  assert.deepEqual(desired().metadata, { ...two, interval: first, net: { ...two, ip: first, mask: two } });

  now = new Date(third);
  hub.twins.change('a', { desired: { net: { ip: null }, interval: { seconds: 5 } } }, 'merge');
  const three = stamp(third, 3);
  assert.deepEqual(desired().metadata, {
    ...three,
    interval: { ...three, seconds: three },
    net: { ...three, mask: two },
  });
  hub.twins.change('a', { tags: { site: 'A' } }, 'merge');
  assert.deepEqual(desired().metadata.$lastUpdatedVersion, 3, 'tags are none of its business');

  hub.twins.change('a', { desired: { net: 1 } }, 'replace');
  assert.deepEqual(desired().metadata, { ...stamp(third, 4), net: stamp(third, 4) });
});

test('reported properties have the time only; what is removed leaves its mark above', () => {
  assert.deepEqual(reported().metadata, { $lastUpdated: created });
  now = new Date(second);
  hub.twins.patchReported('a', { battery: 55, config: { on: true, list: [1, { x: 2 }] } });
  const two = { $lastUpdated: second };
  const config = { ...two, on: two, list: two };
  assert.deepEqual(reported().metadata, { ...two, battery: two, config });
  now = new Date(third);
  hub.twins.patchReported('a', { config: { on: null } });
  const three = { $lastUpdated: third };
  assert.deepEqual(reported().metadata, { ...three, battery: two, config: { ...three, list: two } });
  hub.twins.patchReported('a', { config: null });
  assert.deepEqual(reported().metadata, { ...three, battery: two });
  hub.twins.patchReported('a', { battery: { level: 54 } });
  assert.deepEqual(reported().metadata, { ...three, battery: { ...three, level: three } });
});

test('metadata names what the properties name, whatever the patches', () => {
  const name = fc.constantFrom('a', 'b', '__proto__', 'constructor');
  const leaf = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.integer(), { maxLength: 2 }),
  );
  const patch = fc.letrec<{ node: JsonObject; value: unknown }>((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, leaf, tie('node')),
    node: fc
      .array(fc.tuple(name, tie('value')), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries)),
  })).node;
  const shapeOf = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([member]) => !member.startsWith('$'))
            .map(([member, inner]) => [member, shapeOf(inner)])
            .sort(([one], [other]) => ((one as string) < (other as string) ? -1 : 1)),
        )
      : {};
  fc.assert(
    fc.property(fc.array(patch, { maxLength: 5 }), (patches) => {
      let properties: JsonObject = {};
      let metadata: JsonObject = {};
      for (const [index, one] of patches.entries()) {
        properties = mergePatch(properties, one);
        metadata = patchedMetadata(metadata, one, { at: created, version: index });
      }
      assert.deepEqual(shapeOf(metadata), shapeOf(properties));
    }),
  );
});

test('names, values, depth and size are held to what is documented', () => {
  const nested = (levels: number): JsonObject => (levels === 0 ? { property: 1 } : { a: nested(levels - 1) });
  const good: Record<string, JsonObject> = {
    'ten levels below, as in the documentation': nested(10),
    'text of 4 KB': { x: 'x'.repeat(4096) },
    'a name of 1 KB': { ['x'.repeat(1024)]: 1 },
    'the largest integer': { x: 4503599627370495, y: -4503599627370496, z: 1e300, half: 0.5 },
    '32 KB as the hub counts': { ...texts(8, 4095) },
    'control characters count for nothing': { ...texts(7, 4000), x: '\u0007'.repeat(4096) },
  };
  const bad: Record<string, JsonObject> = {
    'eleven levels below': nested(11),
    'text of more than 4 KB': { x: 'ä'.repeat(2049) },
    'a name of more than 1 KB': { ['x'.repeat(1025)]: 1 },
    'an integer too large': { x: 4503599627370496 },
    'an integer too small': { list: [-4503599627370497] },
    'a name in a list': { list: [{ 'a.b': 1 }] },
    'more than 32 KB': { ...texts(8, 4096) },
  };
  for (const [name, patch] of Object.entries(good)) {
    assert.equal(hub.twins.patchReported('empty', { ...gone('empty'), ...patch }) !== undefined, true, name);
  }
  for (const [name, patch] of Object.entries(bad)) {
    const before = hub.twins.get('empty')!.reported.version;
    assert.throws(
      () => hub.twins.patchReported('empty', { ...gone('empty'), ...patch }),
      TwinPatchError,
      name,
    );
    assert.equal(hub.twins.get('empty')!.reported.version, before, name);
  }
  assert.equal(
    twinSize({ ab: 'cde', n: 1, b: true, o: { x: [1, 'y'] } }),
    2 + 3 + 1 + 8 + 1 + 4 + 1 + 1 + 8 + 1,
  );
});

/** So many texts of so many characters, each under a name of one character. */
function texts(count: number, length: number): JsonObject {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [String(index), 'x'.repeat(length)]));
}

/** A patch that removes what is there. */
function gone(deviceId: string): JsonObject {
  return Object.fromEntries(
    Object.keys(hub.twins.get(deviceId)!.reported.properties).map((name) => [name, null]),
  );
}

test.run();
