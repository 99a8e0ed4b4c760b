/** The options of a roll-over of the root CA in a test's world. */
import assert from 'node:assert/strict';
import type { StartOptions } from '../../src/rollover/rollover.js';
import type { World } from '../support/quickstart.js';
import '../support/quick-key-derivation.js';

export function rolloverOptions({ folder, target }: World, more: Partial<StartOptions> = {}) {
  return {
    authority: 'root' as const,
    folder,
    target,
    passphrase: undefined,
    now: () => new Date(),
    signal: new AbortController().signal,
    tell: () => {},
    groups: [],
    signer: () => assert.fail('a root needs no signer'),
    ...more,
  };
}
