/**
 * Loaded with --import into a process that must not hang: writes `stalled: ...` to standard error when the event loop
 * stood still for more than a second of work. A busy machine alone does not count.
 */
const everyMs = 50;
const limitMs = 1000;
let at = performance.now();
let used = process.cpuUsage();
setInterval(() => {
  const late = performance.now() - at - everyMs;
  const { user, system } = process.cpuUsage(used);
  const worked = (user + system) / 1000;
  if (late > limitMs && worked > limitMs) {
    process.stderr.write(`stalled: ${Math.round(late)} ms, of which ${Math.round(worked)} ms of work\n`);
  }
  at = performance.now();
  used = process.cpuUsage();
}, everyMs).unref();
