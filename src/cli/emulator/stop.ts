/** Stops the emulator that runs on a state folder. */

import { resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

export const emulatorStop = defineCommand({
  description: sentences.cliEmulator.stopDescription,
  flags: { ...stateFolderFlag, ...outputFlags },
  examples: [
    { line: 'emulator stop', summary: sentences.cliEmulator.stopExample },
    { line: 'emulator stop --dir /tmp/dps --json', summary: sentences.cliEmulator.stopJsonExample },
  ],
  async run({ flags }, { output }) {
    const { controlPaths } = await import('../../emulator/control/paths.js');
    const running = await import('../../emulator/control/running.js');
    const { refusedBy, stateFolderOf } = await import('./running-emulator.js');
    const dir = stateFolderOf(flags);
    const finding = await running.settled(dir);
    if (finding.kind === 'running') {
      const { status, body } = await running.askEmulator(finding.endpoints, 'POST', controlPaths.stop);
      if (status !== 202) refusedBy(finding, status, body);
      if (!(await running.released(dir))) {
        throw new EnrollkitError(
          'TIMEOUT',
          sentences.cliEmulator.stillRuns(finding.pid, running.patienceMs / 1000),
          { next: sentences.cliEmulator.endProcess(finding.pid) },
        );
      }
    } else running.forgetEndpoints(dir);
    const stopped = finding.kind === 'running';
    if (output.json) output.value({ stopped, dir: resolve(dir) });
    else
      output.note(
        stopped ? 'emulator.stopped' : 'emulator.not-running',
        stopped ? sentences.cliEmulator.stopped : sentences.cliEmulator.notRunning(resolve(dir)),
      );
  },
});
