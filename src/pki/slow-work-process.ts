/** The child process of slow-work.ts: does one piece of work, then waits to be killed or for its parent to exit. */
import { runSlowWorkSync, type SlowWork } from './slow-work.js';

process.on('message', (work: SlowWork) => {
  // If the parent has exited, nobody needs the result.
  process.send!(runSlowWorkSync(work), () => {});
});
