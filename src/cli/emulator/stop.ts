/** Stops the emulator that runs on a state folder. */
import { resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

export const emulatorStop = defineCommand({
  description:
    'Stops the emulator that runs on a state folder, and waits until it has ended. Its state is kept. When none runs, there is nothing to do, and that is no error.',
  flags: { ...stateFolderFlag, ...outputFlags },
  examples: [
    { line: 'emulator stop', summary: 'the one of the state in certs' },
    { line: 'emulator stop --dir /tmp/dps --json', summary: 'of another folder; tells whether one ran' },
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
          `The emulator was told to stop, and process ${finding.pid} still runs after ${running.patienceMs / 1000} s.`,
          { next: `End process ${finding.pid}; what the emulator answered with success is on disk.` },
        );
      }
    } else running.forgetEndpoints(dir);
    const stopped = finding.kind === 'running';
    if (output.json) output.value({ stopped, dir: resolve(dir) });
    else
      output.note(
        stopped ? 'emulator.stopped' : 'emulator.not-running',
        stopped ? 'The emulator has stopped; its state is kept.' : `No emulator runs on ${resolve(dir)}.`,
      );
  },
});
