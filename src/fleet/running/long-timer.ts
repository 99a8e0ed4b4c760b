/** Timers of any length. */

/** Node.js fires a timer of more than 2^31 - 1 ms at once. @returns stops it */
export function longTimer(ms: number, act: () => void): () => void {
  const maxMs = 2 ** 31 - 1;
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    timer = setTimeout(() => (left > maxMs ? wait(left - maxMs) : act()), Math.min(left, maxMs));
  };
  wait(ms);
  return () => clearTimeout(timer);
}

/** Returns after some time, or as soon as the signal is aborted. */
export function longSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      stop();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const stop = longTimer(ms, end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
