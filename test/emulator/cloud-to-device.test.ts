/** The queue of messages to a device: its bounds, and how a message leaves it. */
import assert from 'node:assert/strict';
import Database from 'libsql';
import { test } from 'uvu';
import { type Hub, openHub } from '../../src/emulator/hub/hub.js';
import { HubError } from '../../src/emulator/hub/wire-error.js';

let now: Date;
let database: Database.Database;
let hub: Hub;
test.before.each(() => {
  now = new Date('2030-01-01T00:00:00Z');
  database = new Database(':memory:');
  hub = openHub(database, () => now);
  for (const deviceId of ['a', 'b']) hub.devices.ensure({ deviceId, issuerThumbprints: [], iotEdge: false });
});
test.after.each(() => {
  database.close();
});

const message = (body: string | Buffer = 'x', expiry?: Date) => ({
  systemProperties: {},
  properties: {},
  body: Buffer.from(body),
  expiry,
});
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const refuses = (kind: string, act: () => unknown) =>
  assert.throws(act, (error: unknown) => error instanceof HubError && error.kind === kind);

test('what is handed out is nobody else’s until it is settled', () => {
  const queue = hub.cloudToDevice;
  queue.send('a', message('1'));
  queue.send('a', message('2'));
  const first = queue.receive('a')!;
  const second = queue.receive('a')!;
  assert.deepEqual(
    [first, second].map((one) => one.message.body.toString()),
    ['1', '2'],
  );
  assert.equal(queue.receive('a'), undefined);
  let told = 0;
  const stop = queue.onAvailable('a', () => {
    told += 1;
  });
  assert.equal(queue.abandon('b', first.lockToken), false, 'of another device');
  assert.equal(queue.complete('b', second.lockToken), false, 'of another device');
  assert.equal(queue.abandon('a', first.lockToken), true);
  assert.equal(told, 1);
  stop();
  assert.equal(queue.complete('a', second.lockToken), true);
  assert.equal(queue.complete('a', second.lockToken), false);
  const again = queue.receive('a')!;
  assert.equal(again.message.body.toString(), '1');
  assert.equal(again.message.deliveryCount, 2);
  assert.equal(queue.reject('a', again.lockToken), true);
  assert.equal(queue.count('a'), 0);
});

test('a lock with a time ends by itself', async () => {
  hub.cloudToDevice.send('a', message());
  const taken = hub.cloudToDevice.receive('a', 10)!;
  const available = new Promise<void>((resolve) => hub.cloudToDevice.onAvailable('a', resolve));
  // The lock's own timer does not keep the process.
  const keep = setTimeout(() => {}, 5000);
  await available;
  clearTimeout(keep);
  assert.equal(hub.cloudToDevice.complete('a', taken.lockToken), false);
  assert.ok(hub.cloudToDevice.receive('a'));
});

test('a message expires, at its own time or after an hour', () => {
  const queue = hub.cloudToDevice;
  queue.send('a', message('short', later(10)));
  queue.send('a', message('long'));
  now = later(10);
  assert.equal(queue.count('a'), 1);
  now = later(3590);
  assert.equal(queue.receive('a'), undefined);
  refuses('ArgumentInvalid', () => queue.send('a', message('past', now)));
  refuses('ArgumentInvalid', () => queue.send('a', message('far', later(49 * 3600))));
  refuses('ArgumentInvalid', () => queue.send('a', message('never', new Date(Number.NaN))));
});

test('fifty wait for a device, of 64 KB at most; for nobody, none', () => {
  const queue = hub.cloudToDevice;
  for (let count = 0; count < 50; count += 1) queue.send('a', message());
  refuses('DeviceMaximumQueueDepthExceeded', () => queue.send('a', message()));
  queue.send('b', message());
  refuses('MessageTooLarge', () => queue.send('b', message(Buffer.alloc(65 * 1024))));
  refuses('DeviceNotFound', () => queue.send('c', message()));
  assert.equal(queue.purge('a'), 50);
  assert.equal(queue.count('a'), 0);
  assert.equal(queue.count('b'), 1);
});

test('what a device never takes is not delivered for ever', () => {
  const queue = hub.cloudToDevice;
  queue.send('a', message());
  for (let count = 0; count < 10; count += 1) queue.abandon('a', queue.receive('a')!.lockToken);
  assert.equal(queue.receive('a'), undefined);
  assert.equal(queue.count('a'), 0);
});

test('a device that is deleted leaves nothing for its successor', () => {
  hub.cloudToDevice.send('a', message());
  const taken = hub.cloudToDevice.receive('a')!;
  hub.devices.delete('a');
  hub.devices.ensure({ deviceId: 'a', issuerThumbprints: [], iotEdge: false });
  assert.equal(hub.cloudToDevice.count('a'), 0);
  hub.cloudToDevice.send('a', message('new'));
  assert.equal(hub.cloudToDevice.complete('a', taken.lockToken), false);
  assert.equal(hub.cloudToDevice.count('a'), 1);
});

test.run();
