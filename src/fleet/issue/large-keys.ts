/** RSA keys that take seconds each. A thread could not be stopped while it makes one, so processes make them. */
import type { KeyAlgorithm } from '../../pki/keys.js';
import { runSlowWork, takesLong } from '../../pki/slow-work.js';

/**
 * A function that makes keys, PKCS#8 DER; undefined for algorithms whose keys the worker threads make themselves.
 *
 * @param atOnce how many at a time; further calls wait for their turn
 * @param signal ends them all, with its reason
 */
export function largeKeySource(
  algorithm: KeyAlgorithm,
  atOnce: number,
  signal: AbortSignal,
): (() => Promise<Uint8Array>) | undefined {
  const work = { kind: 'rsa', bits: Number(algorithm.slice('rsa-'.length)) } as const;
  if (!algorithm.startsWith('rsa-') || !takesLong(work)) return undefined;
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await runSlowWork(work, signal);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
