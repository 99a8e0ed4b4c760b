/** Links as clients other than Azure's attach and credit them: qpid-proton was the first to show it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Receiver } from 'rhea';
import rhea from 'rhea';
import { test } from 'uvu';
import { connectAmqp, exchange } from './amqp-client.js';
import { type AmqpFixture, startAmqpFixture } from './amqp-fixture.js';
import * as frames from './amqp-frames.js';

let fixture: AmqpFixture;
test.before(async () => {
  fixture = await startAmqpFixture();
});
test.after(() => fixture?.close());

/** Of a connection without a certificate: only $cbs is open to it. */
async function answersTo(...sent: Buffer[]) {
  const { port } = fixture.listener;
  const begun = [frames.amqpHeader, frames.open(), frames.begin()];
  const answer = await exchange(
    port,
    fixture.serverRoot.pem,
    Buffer.concat([...begun, ...sent, frames.close()]),
  );
  return frames.read(answer);
}

async function forDevice(deviceId: string, messages: string[]) {
  const credential = await fixture.hubDevice(deviceId);
  for (const text of messages) {
    fixture.hub.cloudToDevice.send(deviceId, {
      systemProperties: {},
      properties: {},
      body: Buffer.from(text),
    });
  }
  const client = await connectAmqp(fixture.client(credential));
  const address = `/devices/${deviceId}/messages/devicebound`;
  const inbox = await client.receiver(address, {}, { autoaccept: false, credit_window: 0 });
  const nextText = async () => (await client.next(inbox)).body.content.toString();
  return { client, inbox, nextText };
}

test('one name is taken for two links, one in each direction', async () => {
  const answers = await answersTo(
    frames.attach(0, '$cbs', 'receiver', {}, 'one'),
    frames.attach(1, '$cbs', 'sender', {}, 'one'),
  );
  const attached = answers.filter(({ name }) => name === 'attach');
  assert.deepEqual(
    attached.map(({ fields }) => [fields.name, fields.role]),
    [
      ['one', false],
      ['one', true],
    ],
  );
  assert.equal(answers.at(-1)!.name, 'close');
  assert.equal(answers.at(-1)!.fields.error, undefined);
});

test('a name and a handle are free again when their link is closed; the link of the other direction goes on', async () => {
  const answers = await answersTo(
    frames.attach(0, '$cbs', 'receiver', {}, 'one'),
    frames.attach(1, '$cbs', 'sender', {}, 'one'),
    ...[1, 2, 3].flatMap(() => [frames.detach(0), frames.attach(0, '$cbs', 'receiver', {}, 'one')]),
    frames.transfer(1, rhea.message.encode({ body: 'no token' })),
  );
  const names = answers.map(({ name }) => name);
  assert.equal(names.filter((name) => name === 'attach').length, 5);
  assert.equal(names.filter((name) => name === 'detach').length, 3);
  assert.ok(names.includes('disposition'), 'what is sent on the other link is answered');
  assert.equal(answers.at(-1)!.fields.error, undefined);
});

test('names that objects of JavaScript have are names', async () => {
  for (const name of ['__proto__', 'constructor', 'to client: one']) {
    const answers = await answersTo(frames.attach(0, '$cbs', 'receiver', {}, name));
    assert.equal(answers.find((one) => one.name === 'attach')?.fields.name, name);
    assert.equal(answers.at(-1)!.fields.error, undefined);
  }
});

test('a device gets as many messages as it asks for; meanwhile its other links are served', async () => {
  const { client, inbox, nextText } = await forDevice('measured', ['one', 'two', 'three']);
  inbox.add_credit(1);
  assert.equal(await nextText(), 'one');

  const answers = await client.receiver('/devices/measured/twin');
  const requests = await client.sender('/devices/measured/twin');
  await client.send(requests, { message_annotations: { operation: 'GET' }, correlation_id: 'c1', body: '' });
  assert.equal((await client.next(answers)).correlation_id, 'c1');

  inbox.add_credit(2);
  assert.equal(await nextText(), 'two');
  assert.equal(await nextText(), 'three');
  client.end();
});

test('a device that drains its link gets what there is, and is told that there is no more', async () => {
  const { client, inbox, nextText } = await forDevice('draining', ['one']);
  inbox.add_credit(5);
  assert.equal(await nextText(), 'one');
  const drained = once(inbox, 'receiver_drained');
  inbox.drain_credit();
  await drained;
  assert.equal((inbox as Receiver & { credit: number }).credit, 0);

  inbox.drain = false;
  fixture.hub.cloudToDevice.send('draining', {
    systemProperties: {},
    properties: {},
    body: Buffer.from('two'),
  });
  inbox.add_credit(1);
  assert.equal(await nextText(), 'two');
  client.end();
});

test('credit is given, drained and taken back in any amount, without delay', async () => {
  const most = 2 ** 32 - 1;
  const link = frames.attach(0, '$cbs', 'receiver', {});
  const drained = await answersTo(link, frames.flow(0, most, true));
  const told = drained.find(({ name }) => name === 'flow')?.fields;
  assert.deepEqual([told?.drain, told?.link_credit, told?.delivery_count], [true, 0, most]);

  for (const flows of [
    [frames.flow(0, most), frames.flow(0, 0), frames.flow(0, most, true), frames.flow(0, 0, true)],
    [frames.flow(0, most, true), frames.flow(0, most, true), frames.flow(0, 0), frames.flow(0, 5, true)],
  ]) {
    const answers = await answersTo(link, ...flows);
    assert.equal(answers.at(-1)!.name, 'close');
    assert.equal(answers.at(-1)!.fields.error, undefined);
  }
});

test('a client that sends cannot say how much credit it has', async () => {
  const error = console.error;
  const lines: unknown[] = [];
  console.error = (...words: unknown[]) => lines.push(words);
  try {
    const answers = await answersTo(
      frames.attach(0, '$cbs', 'receiver', {}),
      frames.attach(1, '$cbs', 'sender', {}),
      frames.flow(1, 1000, true),
      ...Array.from({ length: 200 }, (_, id) =>
        frames.transfer(1, rhea.message.encode({ body: 'token' }), false, id),
      ),
    );
    assert.equal(answers.at(-1)!.fields.error?.condition, 'amqp:link:transfer-limit-exceeded');
    // Nor on a link that was refused.
    await answersTo(frames.attach(0, '/nowhere', 'sender', {}), frames.flow(0, 1000, true));
  } finally {
    console.error = error;
  }
  assert.deepEqual(lines, []);
});

test.run();
