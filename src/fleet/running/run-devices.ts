/** Runs devices: each registers, stays connected to its hub, sends telemetry and takes what its hub sends. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceFactsReader } from '../../dps/client/diagnosis/service-facts.js';
import { EnrollkitError } from '../../errors.js';
import { Pace } from '../registration/pace.js';
import { RunCounts } from './counts.js';
import { Gate } from './gate.js';
import { longTimer } from './long-timer.js';
import type { RunDevicesOptions, RunDevicesResult, RunProgress } from './options.js';
import { RunningDevice } from './running-device.js';
import type { SharedRun } from './shared-run.js';

const progressMs = 1000;
/** How long devices that are connecting or sending may take to finish when the run ends. */
const graceMs = 5000;

/**
 * Runs devices until `end` is aborted, the duration is over, or all messages are sent.
 *
 * @returns what happened; devices that were refused are part of it and not thrown
 * @throws EnrollkitError when no device was connected and the first ones fail because of the network, the server's
 *   certificate or the clock
 */
export async function runDevices(options: RunDevicesOptions): Promise<RunDevicesResult> {
  const { devices, end, durationMs, concurrency, perMinute, onProgress } = options;
  const started = performance.now();
  const [ending, hardStop] = [new AbortController(), new AbortController()];
  setMaxListeners(0, ending.signal, hardStop.signal);
  const stop = () => ending.abort();
  end.addEventListener('abort', stop);
  if (end.aborted) stop();
  const duration = durationMs === undefined ? undefined : longTimer(durationMs, stop);
  const counts = new RunCounts();
  const shared: SharedRun = {
    options,
    counts,
    pace: new Pace({ concurrency, perMinute, signal: hardStop.signal }),
    gate: new Gate(concurrency),
    readServiceFacts: serviceFactsReader(options.target, hardStop.signal),
    ending: ending.signal,
    hardStop: hardStop.signal,
    giveUp(error) {
      counts.unreachable ??= error;
      stop();
    },
  };
  const running = devices.map((device) => new RunningDevice(device, shared));
  const progress = (): RunProgress => ({
    devices: devices.length,
    connected: running.filter(({ isConnected }) => isConnected).length,
    ...counts.totals(),
    elapsedMs: Math.round(performance.now() - started),
  });
  const ticker = setInterval(() => onProgress?.(progress()), progressMs);
  try {
    const all = Promise.all(running.map((device) => device.run()));
    const ended = new Promise<void>((resolve) => {
      if (ending.signal.aborted) resolve();
      ending.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([all, ended]);
    const grace = new AbortController();
    await Promise.race([all, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
    grace.abort();
    hardStop.abort(new EnrollkitError('INTERRUPTED', ''));
    await all;
  } finally {
    clearInterval(ticker);
    duration?.();
    end.removeEventListener('abort', stop);
  }
  if (counts.unreachable && counts.totals().connections === 0) throw counts.unreachable;
  const failures = running.flatMap(({ device, failure }) =>
    failure === undefined ? [] : [{ registrationId: device.registrationId, error: failure }],
  );
  return {
    ...progress(),
    connected: running.filter(({ endedConnected }) => endedConnected).length,
    failures,
  };
}
