/** RSA keys that take seconds each. A thread cannot be stopped while it generates one, so processes do it. */
import type { KeyAlgorithm } from '../../pki/keys.js';
import { runSlowWork, takesLong } from '../../pki/slow-work.js';

export interface LargeKey {
  /** PKCS#8 DER. */
  key: Uint8Array;
  /** How long it took. */
  milliseconds: number;
}

/**
 * Returns a function that generates keys; undefined for algorithms that the worker threads handle.
 *
 * @param atOnce keys at a time; further calls wait
 * @param signal aborts all of them, with its reason
 */
export function largeKeySource(
  algorithm: KeyAlgorithm,
  atOnce: number,
  signal: AbortSignal,
): (() => Promise<LargeKey>) | undefined {
  const work = { kind: 'rsa', bits: Number(algorithm.slice('rsa-'.length)) } as const;
  if (!algorithm.startsWith('rsa-') || !takesLong(work)) return undefined;
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      const started = performance.now();
      const key = await runSlowWork(work, signal);
      return { key, milliseconds: performance.now() - started };
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
