/** Frames of AMQP 1.0, byte by byte: what no library would write. */
import { createRequire } from 'node:module';
import rhea from 'rhea';

const { read_frame } = createRequire(import.meta.url)('rhea/lib/frames.js');

export const amqpHeader = Buffer.from('414d515000010000', 'hex');
export const saslHeader = Buffer.from('414d515003010000', 'hex');

/** @param performative the encoded value @param payload what follows it */
export function frame(
  performative: Buffer,
  payload: Buffer = Buffer.alloc(0),
  channel = 0,
  type = 0,
): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + performative.length + payload.length, 0);
  head[4] = 2;
  head[5] = type;
  head.writeUInt16BE(channel, 6);
  return Buffer.concat([head, performative, payload]);
}

/** A described list, as all performatives are; fields are rhea's typed values. */
export function performative(code: number, fields: unknown[]): Buffer {
  const { types } = rhea as any;
  const writer = new types.Writer();
  writer.write(types.described(types.wrap_ulong(code), types.wrap_list(fields)));
  return Buffer.from(writer.toBuffer());
}

const { types } = rhea as any;
const uint = (value: number) => types.wrap_uint(value);

export const open = (fields: unknown[] = []) => frame(performative(0x10, ['test', 'localhost', ...fields]));
export const begin = (channel = 0) =>
  frame(performative(0x11, [null, uint(0), uint(100), uint(100)]), undefined, channel);
/** The client sends to an address, or receives from there. */
export function attach(
  handle: number,
  address: string,
  role: 'sender' | 'receiver',
  properties = {},
  name = `link-${handle}`,
): Buffer {
  const terminus = (code: number) => types.described(types.wrap_ulong(code), types.wrap_list([address]));
  const fields = [
    ...[name, uint(handle), role === 'receiver', null, null, terminus(0x28), terminus(0x29)],
    ...[null, null, uint(0), null, null, null, types.wrap_symbolic_map(properties)],
  ];
  return frame(performative(0x12, fields));
}
export const transfer = (handle: number, payload: Buffer, more = false, deliveryId = 0) =>
  frame(
    performative(0x14, [uint(handle), uint(deliveryId), Buffer.from([deliveryId]), uint(0), null, more]),
    payload,
  );
export const detach = (handle: number) => frame(performative(0x16, [uint(handle), true]));
/** Credit for the link of that handle, or what its sender says of it. */
export const flow = (handle: number, credit: number, drain = false) =>
  frame(
    performative(0x13, [
      ...[uint(0), uint(100), uint(0), uint(100)],
      ...[uint(handle), uint(0), uint(credit), uint(0), drain],
    ]),
  );
export const close = () => frame(performative(0x18, []));
export const disposition = (first: number, last: number, role = true) =>
  frame(performative(0x15, [role, uint(first), uint(last), true]));

/** The performatives in what a server sent, as rhea reads them, SASL's among them. */
export function read(bytes: Buffer): { name: string; fields: any; payload?: Buffer }[] {
  const found = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    if (bytes.toString('latin1', at, at + 4) === 'AMQP') {
      found.push({ name: 'header', fields: bytes[at + 4] });
      at += 8;
      continue;
    }
    const size = bytes.readUInt32BE(at);
    const { performative: one, payload } = read_frame(bytes.subarray(at, at + size));
    if (one) found.push({ name: String(one.constructor).split('#')[0]!, fields: one, payload });
    at += size;
  }
  return found;
}
