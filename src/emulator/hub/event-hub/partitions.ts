/**
 * The partitions of a hub's Event Hub-compatible endpoint: every message of a device goes to the same one.
 *
 * Source: the hash is that of Azure/azure-sdk-for-js, @azure/event-hubs, hashPartitionKey; that the device ID is the key and
 * how the hash becomes a partition are those of Azure's public resolvers, which document no contract.
 */

/** Of every hub: Azure's usual number. */
export const partitionIds = ['0', '1', '2', '3'] as const;

/** The index of the partition that has this ID. */
export function partitionIndex(partitionId: string): number | undefined {
  const index = (partitionIds as readonly string[]).indexOf(partitionId);
  return index < 0 ? undefined : index;
}

const hashRange = 32_767;

/** The index of the partition that a device's messages go to. */
export function partitionOf(deviceId: string): number {
  const value = Math.abs(hash(Buffer.from(deviceId.toUpperCase())) % hashRange);
  const count = partitionIds.length;
  const width = Math.floor(hashRange / count);
  // The first partitions have one value more each.
  const wider = hashRange % count;
  const inWider = wider * (width + 1);
  return value < inWider ? Math.floor(value / (width + 1)) : wider + Math.floor((value - inWider) / width);
}

const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

/** Bob Jenkins's lookup3 in a variant of Azure's; 16 bits, signed. Exported for tests. */
export function hash(bytes: Buffer): number {
  let a = (0xdeadbeef + bytes.length) | 0;
  let b = a;
  let c = a;
  const padded = Buffer.concat([bytes, Buffer.alloc(12)]);
  let at = 0;
  for (let left = bytes.length; left > 12; left -= 12) {
    a = (a + padded.readInt32LE(at)) | 0;
    b = (b + padded.readInt32LE(at + 4)) | 0;
    c = (c + padded.readInt32LE(at + 8)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
    at += 12;
  }
  if (at < bytes.length) {
    a = (a + padded.readInt32LE(at)) | 0;
    b = (b + padded.readInt32LE(at + 4)) | 0;
    c = (c + padded.readInt32LE(at + 8)) | 0;
    c = ((c ^ b) - rotate(b, 14)) | 0;
    a = ((a ^ c) - rotate(c, 11)) | 0;
    b = ((b ^ a) - rotate(a, 25)) | 0;
    c = ((c ^ b) - rotate(b, 16)) | 0;
    a = ((a ^ c) - rotate(c, 4)) | 0;
    b = ((b ^ a) - rotate(a, 14)) | 0;
    c = ((c ^ b) - rotate(b, 24)) | 0;
  }
  return ((c ^ b) << 16) >> 16;
}
