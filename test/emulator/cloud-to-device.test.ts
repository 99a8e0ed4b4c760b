/** The queue of messages to a device: its bounds, and how a message leaves it. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type Hub, openHub } from '../../src/emulator/hub/hub.js';
import { HubError } from '../../src/emulator/hub/hub-error.js';
import { openState, type StateDatabase } from '../../src/emulator/state/database.js';

let now: Date;
const credential = { type: 'certificateAuthority' } as const;
let database: StateDatabase;
let hub: Hub;
test.before.each(() => {
  now = new Date('2030-01-01T00:00:00Z');
  database = openState(':memory:');
  hub = openHub(database, () => now);
  for (const deviceId of ['a', 'b']) hub.devices.ensure({ deviceId, credential, iotEdge: false });
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
  assert.equal(again.message.deliveryCount, 1);
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
  assert.equal(hub.cloudToDevice.receive('a')!.message.deliveryCount, 0, 'only what is abandoned counts');
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
  for (let count = 0; count < 20; count += 1) queue.release('a', queue.receive('a')!.lockToken);
  for (let count = 0; count < 10; count += 1) queue.abandon('a', queue.receive('a')!.lockToken);
  assert.equal(queue.receive('a'), undefined);
  assert.equal(queue.count('a'), 0);
});

test('a device that is deleted leaves nothing for its successor', () => {
  hub.cloudToDevice.send('a', message());
  const taken = hub.cloudToDevice.receive('a')!;
  hub.devices.delete('a');
  hub.devices.ensure({ deviceId: 'a', credential, iotEdge: false });
  assert.equal(hub.cloudToDevice.count('a'), 0);
  hub.cloudToDevice.send('a', message('new'));
  assert.equal(hub.cloudToDevice.complete('a', taken.lockToken), false);
  assert.equal(hub.cloudToDevice.count('a'), 1);
});

const asking = (acknowledgement: 'none' | 'positive' | 'negative' | 'full', mid: string, expiry?: Date) => ({
  ...message('x', expiry),
  systemProperties: { mid },
  acknowledgement,
});

/** What is told of each message: its ID, what became of it, and when. */
function told(): [string, string, string][] {
  const batch = hub.feedback.receive();
  if (batch === undefined) return [];
  hub.feedback.complete(batch.lockToken);
  return batch.records.map((record) => {
    assert.equal(record.deviceGenerationId, hub.devices.get(record.deviceId)!.generationId);
    assert.equal(record.description, record.statusCode);
    return [record.originalMessageId, record.statusCode, record.enqueuedTimeUtc];
  });
}

test('who asks is told what became of a message, in five ways', () => {
  const queue = hub.cloudToDevice;
  const take = (deviceId = 'a') => queue.receive(deviceId)!.lockToken;
  const at = now.toISOString();
  for (const acknowledgement of ['none', 'positive', 'negative', 'full'] as const) {
    queue.send('a', asking(acknowledgement, `completed ${acknowledgement}`));
    queue.complete('a', take());
    queue.send('a', asking(acknowledgement, `rejected ${acknowledgement}`));
    queue.reject('a', take());
  }
  queue.send('a', message('nobody asks'));
  queue.complete('a', take());
  assert.deepEqual(told(), [
    ['completed positive', 'Success', at],
    ['rejected negative', 'Rejected', at],
    ['completed full', 'Success', at],
    ['rejected full', 'Rejected', at],
  ]);
  assert.deepEqual(told(), []);

  queue.send('a', asking('negative', 'abandoned'));
  for (let count = 0; count < 10; count += 1) queue.abandon('a', take());
  queue.send('a', asking('full', 'purged'));
  queue.purge('a');
  assert.deepEqual(told(), [
    ['abandoned', 'DeliveryCountExceeded', at],
    ['purged', 'Purged', at],
  ]);

  const expiry = later(10);
  queue.send('b', asking('negative', 'expired', expiry));
  now = later(20);
  assert.deepEqual(told(), [['expired', 'Expired', expiry.toISOString()]], 'nobody else looked at the queue');
});

test('feedback comes in batches of 64, an hour long, until it is settled', () => {
  const queue = hub.cloudToDevice;
  for (let count = 0; count < 70; count += 1) {
    queue.send('a', asking('full', `m-${count}`));
    queue.complete('a', queue.receive('a')!.lockToken);
  }
  const first = hub.feedback.receive()!;
  const second = hub.feedback.receive()!;
  assert.deepEqual([first.records.length, second.records.length], [64, 6]);
  assert.ok(second.sequenceNumber > first.sequenceNumber);
  assert.equal(hub.feedback.receive(), undefined);
  hub.feedback.complete(first.lockToken);
  refuses('DeviceMessageLockLost', () => hub.feedback.complete(first.lockToken));
  hub.feedback.release(second.lockToken);
  for (let count = 0; count < 10; count += 1) {
    const again = hub.feedback.receive()!;
    assert.equal(again.deliveryCount, count);
    assert.equal(again.records[0]!.originalMessageId, 'm-64');
    hub.feedback.abandon(again.lockToken);
  }
  assert.equal(hub.feedback.receive(), undefined);

  queue.send('a', asking('full', 'late'));
  queue.complete('a', queue.receive('a')!.lockToken);
  now = later(3600);
  assert.equal(hub.feedback.receive(), undefined);
});

test('a device that is deleted takes its feedback along', () => {
  for (const deviceId of ['a', 'b']) {
    hub.cloudToDevice.send(deviceId, asking('full', `to ${deviceId}`));
    hub.cloudToDevice.complete(deviceId, hub.cloudToDevice.receive(deviceId)!.lockToken);
  }
  hub.devices.delete('a');
  assert.deepEqual(
    told().map(([messageId]) => messageId),
    ['to b'],
  );
});

test('who listens is told of what expires, too', async () => {
  hub.cloudToDevice.send('a', asking('negative', 'expired', later(5)));
  now = later(6);
  // Neither the check nor the gathering keeps the process.
  const keep = setTimeout(() => {}, 5000);
  const stop = await new Promise<() => void>((resolve) => {
    const stop = hub.feedback.onAvailable(() => resolve(stop));
  });
  stop();
  clearTimeout(keep);
  assert.deepEqual(
    told().map(([messageId]) => messageId),
    ['expired'],
  );
});

test.run();
