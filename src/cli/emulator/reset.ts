/** Empties the state of an emulator, running or not. */
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { EndpointsFile } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { switchFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

export const emulatorReset = defineCommand({
  description:
    'Deletes all that was made in an emulator: certificates, enrollments, registrations, devices with their twins and messages. A running one goes on, empty, on its ports, and its clock is that of this computer again. Names, ID scope, keys and the TLS root stay, so that what clients were told holds on.',
  flags: {
    ...stateFolderFlag,
    'new-identity': switchFlag({
      summary: 'forget names, ID scope, keys and the TLS root as well; not while it runs',
    }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator reset', summary: 'between two tests, while it runs' },
    { line: 'emulator reset --new-identity', summary: 'as if there never had been one' },
  ],
  async run({ flags }, { output }) {
    const { resetStoppedEmulator } = await import('../../emulator/control/empty-folder.js');
    const { settled } = await import('../../emulator/control/running.js');
    const { dirFlagFor, stateFolderOf } = await import('./running-emulator.js');
    const dir = stateFolderOf(flags);
    const newIdentity = flags.newIdentity === true;
    const finding = await settled(dir);
    let reset = true;
    if (finding.kind === 'running') {
      if (newIdentity) {
        throw new EnrollkitError(
          'EMULATOR_STATE_IN_USE',
          `The emulator on ${resolve(dir)} runs, in process ${finding.pid}, and its clients know it by its identity.`,
          {
            next: `Stop it first: enrollkit emulator stop${dirFlagFor(dir)}. Or reset it without --new-identity.`,
          },
        );
      }
      await resetRunning(dir, finding);
    } else reset = resetStoppedEmulator(dir, { newIdentity });
    if (output.json) output.value({ reset, dir: resolve(dir) });
    else
      output.note(
        reset ? 'emulator.reset' : 'emulator.nothing-to-reset',
        reset
          ? 'The emulator is empty.'
          : `There is no emulator in ${resolve(dir)}, and so nothing to reset.`,
      );
  },
});

async function resetRunning(dir: string, before: EndpointsFile): Promise<void> {
  const { controlPaths } = await import('../../emulator/control/paths.js');
  const { askEmulator, findEmulator, patienceMs } = await import('../../emulator/control/running.js');
  const { refusedBy } = await import('./running-emulator.js');
  const { status, body } = await askEmulator(before.endpoints, 'POST', controlPaths.reset);
  if (status !== 202) refusedBy(before, status, body);
  for (const until = Date.now() + patienceMs; Date.now() < until; await setTimeout(20)) {
    const finding = findEmulator(dir);
    if (finding.kind === 'running' && finding.since !== before.since) return;
    if (finding.kind === 'stopped') {
      throw new EnrollkitError('REFUSED', 'The emulator ended while it was reset; its log says why.');
    }
  }
  throw new EnrollkitError('TIMEOUT', `The emulator is not ready again after ${patienceMs / 1000} s.`);
}
