/** At the end of the job: what the emulator refused, in the summary of the job; then it is stopped. */
import { appendFileSync } from 'node:fs';
import { enrollkit, run } from './emulator.mjs';

run(() => {
  const folder = process.env.STATE_folder;
  if (!folder) return;
  const refusals = enrollkit('emulator', 'logs', '--dir', folder).trim() || 'Nothing.';
  console.log(`::group::What the emulator refused\n${refusals}\n::endgroup::`);
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (summary) {
    const lines = refusals.split('\n').map((line) => `    ${line}`);
    appendFileSync(summary, `### What the emulator refused\n\n${lines.join('\n')}\n`);
  }
  enrollkit('emulator', 'stop', '--dir', folder);
});
