/** Empties the state of an emulator, running or not. */

import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { EndpointsFile } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { switchFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

export const emulatorReset = defineCommand({
  description: sentences.cliEmulator.resetDescription,
  flags: {
    ...stateFolderFlag,
    'new-identity': switchFlag({
      summary: sentences.cliEmulator.newIdentityFlag,
    }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator reset', summary: sentences.cliEmulator.resetExample },
    { line: 'emulator reset --new-identity', summary: sentences.cliEmulator.resetAllExample },
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
          sentences.cliEmulator.runsWithIdentity(resolve(dir), finding.pid),
          {
            next: sentences.cliEmulator.stopOrKeepIdentity(dirFlagFor(dir)),
          },
        );
      }
      await resetRunning(dir, finding);
    } else reset = resetStoppedEmulator(dir, { newIdentity });
    if (output.json) output.value({ reset, dir: resolve(dir) });
    else
      output.note(
        reset ? 'emulator.reset' : 'emulator.nothing-to-reset',
        reset ? sentences.cliEmulator.isEmpty : sentences.cliEmulator.nothingToReset(resolve(dir)),
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
      throw new EnrollkitError('REFUSED', sentences.cliEmulator.endedInReset);
    }
  }
  throw new EnrollkitError('TIMEOUT', sentences.cliEmulator.notReadyAgain(patienceMs / 1000));
}
