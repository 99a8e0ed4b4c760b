/** Calls of node:fs that fail as on a full disk, for code in this process. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Call = 'renameSync' | 'appendFileSync';

/**
 * Lets a call fail while something runs.
 *
 * @param isFailing asked at each call, with its number, from 1
 * @param before what the call does before it fails
 */
export function withFailing<Result>(
  name: Call,
  isFailing: (number: number) => boolean,
  run: () => Result,
  before: (...args: unknown[]) => void = () => {},
): Result {
  const original = fs[name] as (...args: unknown[]) => void;
  let number = 0;
  const patch = (call: unknown) => {
    Object.assign(fs, { [name]: call });
    syncBuiltinESMExports();
  };
  patch((...args: unknown[]) => {
    number += 1;
    if (!isFailing(number)) return original(...args);
    before(...args);
    const syscall = name.replace('Sync', '');
    throw Object.assign(new Error(`ENOSPC: no space left on device, ${syscall}`), {
      code: 'ENOSPC',
      syscall,
    });
  });
  try {
    return run();
  } finally {
    patch(original);
  }
}
