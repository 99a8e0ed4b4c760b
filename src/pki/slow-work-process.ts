/** The process of slow-work.ts. It does one piece of work, and lives until it is ended or its parent is gone. */
import { runSlowWorkSync, type SlowWork } from './slow-work.js';

process.on('message', (work: SlowWork) => {
  // When the parent is gone, nobody waits for the result.
  process.send!(runSlowWorkSync(work), () => {});
});
