/** Bytes changed at random, from a seed: the same seed gives the same bytes. */

/** From 0 to less than 1. */
export type Random = () => number;

/** Mulberry32: short, and random enough for tests. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[below(random, values.length)]!;
}

/** Bytes and texts on which parsers stumble. */
const awkward: readonly Buffer[] = [
  ...['00', 'ff', '7f', '80', '0000', 'ffff', '7fffffff', '80000000', 'ffffffff', 'ffffffffffffffff'].map(
    (hex) => Buffer.from(hex, 'hex'),
  ),
  ...[
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\0',
    '%',
    '%00',
    '%zz',
    '../',
    '/',
    '?',
    '#',
    '&',
    '=',
    '+',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
  ],
  ...[
    '-1',
    '0',
    '99999999999999999999',
    '1e308',
    'NaN',
    'null',
    '__proto__',
    'constructor',
    '$',
    '*',
    ':',
    ';',
    ',',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 5\r\n',
    'Expect: 100-continue\r\n',
    'Upgrade: websocket\r\n',
  ],
  ...['\u202e', '\ud83d\ude00', '\uFEFF'],
].map((one) => (typeof one === 'string' ? Buffer.from(one) : one));

type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** A range of up to 64 bytes. */
function rangeOf(bytes: Buffer, random: Random): [number, number] {
  const from = below(random, bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + below(random, 64))];
}

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    if (bytes.length === 0) return bytes;
    const result = Buffer.from(bytes);
    const at = below(random, bytes.length);
    result[at] = result[at]! ^ (1 << below(random, 8));
    return result;
  },
  function setByte(bytes, random) {
    if (bytes.length === 0) return bytes;
    const result = Buffer.from(bytes);
    result[below(random, bytes.length)] = below(random, 256);
    return result;
  },
  function insertAwkward(bytes, random) {
    const [at] = rangeOf(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), pick(random, awkward), bytes.subarray(at)]);
  },
  function overwriteAwkward(bytes, random) {
    const [at] = rangeOf(bytes, random);
    const by = pick(random, awkward);
    return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + by.length)]);
  },
  function remove(bytes, random) {
    const [from, to] = rangeOf(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeat(bytes, random) {
    const [from, to] = rangeOf(bytes, random);
    const times = pick(random, [1, 2, 10, 300]);
    const range = bytes.subarray(from, to);
    return Buffer.concat([bytes.subarray(0, to), ...Array<Buffer>(times).fill(range), bytes.subarray(to)]);
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, below(random, bytes.length + 1));
  },
  function changeNumber(bytes, random) {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { 0: found, index } = pick(random, numbers);
    const by = pick(random, ['-1', '0', '1', '65536', '2147483648', '18446744073709551616', '']);
    return Buffer.from(text.slice(0, index) + by + text.slice(index + found.length), 'latin1');
  },
];

/** Changes bytes in one to four places. */
export function mutated(bytes: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let left = 1 + below(random, 4); left > 0; left -= 1) result = pick(random, mutations)(result, random);
  return result;
}

/** Changes one part of a conversation, or leaves one out, or repeats one, or changes the order of two. */
export function mutatedConversation(parts: readonly Buffer[], random: Random): Buffer[] {
  const result = [...parts];
  const at = below(random, parts.length);
  const kind = random();
  if (kind < 0.8) result[at] = mutated(parts[at]!, random);
  else if (kind < 0.87) result.splice(at, 1);
  else if (kind < 0.94) result.splice(at, 0, parts[at]!);
  else {
    const other = below(random, parts.length);
    [result[at], result[other]] = [result[other]!, result[at]!];
  }
  return result;
}
