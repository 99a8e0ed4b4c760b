/** Adds the root of an emulator to trust stores, or removes it, and reads each store back. */
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import type { StoreKind } from '../store-kinds.js';
import { browserStores } from './browser-stores.js';
import { javaStore } from './java-store.js';
import { systemStore } from './system-store.js';
import type { EmulatorRoot, TrustAction, TrustStore } from './trust-store.js';
import type { TrustSystem } from './trust-system.js';

/** A store, and what is to be done there. */
export interface PlannedStore {
  store: TrustStore;
  plan: 'change' | 'unchanged' | 'not-permitted' | 'unusable';
  /** Why it is unusable. */
  reason?: string;
}

/**
 * The stores of some kinds, and what is to be done there.
 *
 * @throws EnrollkitError TRUST_FAILED if a store has something else under the name of the root
 */
export async function planTrust(
  system: TrustSystem,
  root: EmulatorRoot,
  kinds: readonly StoreKind[],
  action: TrustAction,
): Promise<PlannedStore[]> {
  const stores = {
    system: () => [systemStore(system, root)],
    browsers: () => browserStores(system, root),
    java: () => [javaStore(system, root)],
  };
  const wanted = action === 'trust' ? 'trusted' : 'absent';
  return Promise.all(
    kinds
      .flatMap((kind) => stores[kind]())
      .map(async (store): Promise<PlannedStore> => {
        if (store.unusable !== undefined) return { store, plan: 'unusable', reason: store.unusable };
        try {
          if ((await store.state()) === wanted) return { store, plan: 'unchanged' };
        } catch (error) {
          if (!(error instanceof EnrollkitError && error.code === 'TRUST_FAILED')) throw error;
          return { store, plan: 'unusable', reason: error.message };
        }
        return { store, plan: store.needsAdministrator ? 'not-permitted' : 'change' };
      }),
  );
}

/**
 * Changes a store, and reads it back.
 *
 * @throws EnrollkitError TRUST_FAILED, FILE_UNWRITABLE
 */
export async function changeTrust(store: TrustStore, action: TrustAction): Promise<void> {
  if (action === 'trust') await store.add();
  else await store.remove();
  const state = await store.state();
  if (state !== (action === 'trust' ? 'trusted' : 'absent')) {
    throw new EnrollkitError('TRUST_FAILED', sentences.cliTrust.notReadBack(store.place, action));
  }
}
