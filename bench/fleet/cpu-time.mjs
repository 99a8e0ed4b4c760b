/** Preloaded into a command: tells on standard error, when it ends, what processor time and memory all its threads took. */
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
