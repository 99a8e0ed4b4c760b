/** Preloaded into a command: at its end, prints the processor time and memory of all its threads on standard error. */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const { maxRSS } = process.resourceUsage();
    process.stderr.write(
      `\n@cpu ${JSON.stringify({ seconds: (user + system) / 1e6, peakMegabytes: maxRSS / 1024 })}\n`,
    );
  });
}
