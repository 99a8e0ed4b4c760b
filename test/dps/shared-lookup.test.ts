/** Names are looked up once for many connections. */
import assert from 'node:assert/strict';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { test } from 'uvu';
import { sharedLookup } from '../../src/dps/client/shared-lookup.js';

function addressesOf(options: LookupOptions): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    sharedLookup('localhost', options, (error, address) => (error ? reject(error) : resolve(address)));
  });
}

test('one address, or all of them, as node:net asks; looked up once', async () => {
  const [one, all, again] = await Promise.all([
    addressesOf({ family: 4 }),
    addressesOf({ family: 4, all: true }),
    addressesOf({ family: 4, all: true }),
  ]);
  assert.equal(one, '127.0.0.1');
  assert.deepEqual((all as LookupAddress[])[0], { address: '127.0.0.1', family: 4 });
  assert.equal(again, all);
});

test.run();
