import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { ServicePlane } from '../../src/dps/client/service.js';
import { EnrollmentReader } from '../../src/fleet/registration/enrollment-reader.js';
import { Pace } from '../../src/fleet/registration/pace.js';

const { signal } = new AbortController();

/** A reader of a service with these enrollments, in pages of ten; and how many pages were read. */
function readerOf(registrationIds: string[]) {
  let pages = 0;
  const service = {
    async getEnrollmentPage(continuation = '0') {
      pages += 1;
      const at = Number(continuation);
      const enrollments = registrationIds
        .slice(at, at + 10)
        .map((registrationId) => ({ registrationId, attestation: { type: 'x509' } }));
      return { enrollments, continuation: at + 10 < registrationIds.length ? String(at + 10) : undefined };
    },
  } as unknown as ServicePlane;
  const reader = new EnrollmentReader(service, new Pace({ concurrency: 1, signal }), signal);
  return { reader, pages: () => pages };
}

const numbered = (count: number, prefix = 's-') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

test('a look ends with the list, with the last one wanted, or when it costs as much as writing', async () => {
  for (const [there, wanted, found, isComplete, pages] of [
    [[], numbered(5), 0, true, 1],
    [numbered(10), [], 0, true, 0],
    [numbered(25), numbered(30), 25, true, 3],
    [numbered(100), numbered(20), 20, true, 2],
    [numbered(100), ['s-5', 'S-7'], 2, true, 1],
    [numbered(100), numbered(20, 'x-'), 0, false, 2],
    [[...numbered(95, 'x-'), ...numbered(5)], numbered(40), 0, false, 4],
  ] as [string[], string[], number, boolean, number][]) {
    const service = readerOf(there);
    const look = await service.reader.look(wanted);
    assert.deepEqual([look.found.size, look.isComplete, service.pages()], [found, isComplete, pages]);
  }
});

test('once all were seen, those that were not there need no second look', async () => {
  const { reader, pages } = readerOf(numbered(15));
  assert.equal((await reader.lookForNew(numbered(30, 'x-'))).isComplete, true);
  assert.equal(pages(), 2);
  const again = await reader.lookForNew(numbered(30, 'y-'));
  assert.deepEqual([again.isComplete, again.found.size, pages()], [true, 0, 2]);
  const mixed = await reader.lookForNew([...numbered(30, 'z-'), 'S-3']);
  assert.deepEqual([mixed.found.size, pages()], [1, 4]);
  await reader.look(numbered(30, 'x-'));
  assert.equal(pages(), 6, 'reading back looks in any case');
});

test.run();
