/** How long somebody asks to wait, which a busy machine does not change; how long it takes, it does. */
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import timers from 'node:timers/promises';

/** Runs an act, and gives the milliseconds of every timer that was set meanwhile. The timers run as they are set. */
export async function waitsDuring(act: () => Promise<unknown>): Promise<number[]> {
  const spies = [mock.method(globalThis, 'setTimeout'), mock.method(timers, 'setTimeout')];
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    for (const spy of spies) spy.mock.restore();
    syncBuiltinESMExports();
  }
  const [callbacks, promises] = spies.map(({ mock }) =>
    mock.calls.map((call) => call.arguments as unknown[]),
  );
  return [...callbacks!.map(([, ms]) => Number(ms)), ...promises!.map(([ms]) => Number(ms))];
}
