/** Bytes in AMQP's encoding, right and wrong: what is let through can be decoded, and costs no more than it should. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import tls from 'node:tls';
import fc from 'fast-check';
import rhea from 'rhea';
import { test } from 'uvu';
import { AmqpError } from '../../src/emulator/wire/amqp/amqp-error.js';
import { checkMessage, checkValue } from '../../src/emulator/wire/amqp/encoding.js';
import { untilClosed } from '../support/until-closed.js';
import { connectAmqp } from './amqp-client.js';
import { startAmqpFixture } from './amqp-fixture.js';
import * as frames from './amqp-frames.js';

const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  fc.constant(null),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.array(fc.oneof(fc.string(), fc.integer())),
);
const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text !== '__proto__');
const message = fc
  .record({
    body: fc.oneof(
      value,
      fc.uint8Array().map((bytes) => rhea.message.data_section(Buffer.from(bytes))),
      fc
        .array(fc.uint8Array())
        .map((parts) => rhea.message.data_sections(parts.map((part) => Buffer.from(part)))),
    ),
    application_properties: fc.dictionary(name, value),
    message_annotations: fc.dictionary(name, value),
    correlation_id: fc.oneof(fc.string(), fc.nat()),
    content_type: fc.string(),
  })
  .map((one) => rhea.message.encode(one));

/** A few bytes changed, taken out or put in. */
const mutated = (bytes: fc.Arbitrary<Buffer>) =>
  fc
    .tuple(
      bytes,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'cut', 'add')), {
        minLength: 1,
        maxLength: 6,
      }),
    )
    .map(([original, changes]) => {
      let result = Buffer.from(original);
      for (const [at, byte, how] of changes) {
        const position = at % Math.max(result.length, 1);
        const rest = result.subarray(how === 'add' ? position : position + 1);
        const middle = how === 'cut' ? Buffer.alloc(0) : Buffer.from([byte]);
        result = Buffer.concat([result.subarray(0, position), middle, rest]);
      }
      return result;
    });

test('every message that rhea writes is let through', () => {
  fc.assert(fc.property(message, (bytes) => assert.doesNotThrow(() => checkMessage(bytes))));
});

test('what is let through decodes to no more values than it has bytes; all else is an error of the protocol', () => {
  const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(mutated(message), anything), (bytes) => {
      try {
        checkMessage(bytes);
      } catch (error) {
        assert.ok(error instanceof AmqpError, String(error));
        assert.equal(error.condition, 'amqp:decode-error');
        return;
      }
      assert.ok(values(bytes) <= bytes.length + 1024);
    }),
    { numRuns: 2000 },
  );
});

/** How many values rhea makes of it. */
function values(bytes: Buffer): number {
  const { types } = rhea as any;
  const reader = new types.Reader(bytes);
  let count = 0;
  const read = types.Reader.prototype.read_value;
  reader.read_value = function (type: unknown) {
    count += 1;
    return read.call(this, type);
  };
  try {
    while (reader.remaining()) reader.read();
  } catch {
    // A type that has no such width, a date out of range: thrown, and caught where it is read.
  }
  return count;
}

test('sizes and counts that are too large are refused before anything is made of them', () => {
  for (const bytes of [
    'd0ffffffffffffffff',
    'd000000008ffffffff40404040',
    'f000000005ffffffff40',
    `f0000008050000010000${'e0030545'.repeat(500)}`,
    'b1ffffffff',
    '00'.repeat(500),
    'c00401'.repeat(500),
  ]) {
    assert.throws(() => checkValue(Buffer.from(bytes, 'hex'), 0), AmqpError, bytes.slice(0, 40));
  }
  assert.equal(checkValue(Buffer.from('45', 'hex'), 0), 1);
  assert.equal(checkValue(Buffer.from('45e00402500102', 'hex'), 1), 7);
});

test('a conversation with bytes changed ends itself only', async () => {
  const fixture = await startAmqpFixture();
  try {
    const { port, ca } = fixture.client();
    const conversation = fc.constantFrom(
      Buffer.concat([
        ...[frames.amqpHeader, frames.open(), frames.begin(), frames.attach(0, '$cbs', 'receiver')],
        ...[frames.attach(1, '$cbs', 'sender'), frames.transfer(1, rhea.message.encode({ body: 'a token' }))],
        frames.disposition(0, 0),
      ]),
      Buffer.concat([frames.saslHeader, frames.frame(frames.performative(0x41, ['PLAIN']), undefined, 0, 1)]),
    );
    await fc.assert(
      fc.asyncProperty(mutated(conversation), async (bytes) => {
        const socket = tls.connect({ port, host: 'localhost', ca }).on('error', () => {});
        socket.resume();
        await once(socket, 'secureConnect');
        socket.end(bytes);
        await untilClosed(socket);
      }),
      { numRuns: 60 },
    );
    const credential = await fixture.hubDevice('steady');
    const client = await connectAmqp(fixture.client(credential));
    await client.send(await client.sender('/devices/steady/messages/events'), { body: 'still here' });
    const stored = fixture.hub.messages.list('steady').map(({ body }) => body.toString());
    assert.deepEqual(stored, ['still here']);
    client.end();
  } finally {
    await fixture.close();
  }
});

test.run();
