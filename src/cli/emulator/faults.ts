/** The faults of a running emulator. */

import type { FaultList } from '../../emulator/faults/control.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { numberFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

/** The largest seed, 2^32 - 1. */
const maxSeed = 4_294_967_295;

export const faultSeedFlag = {
  'fault-seed': numberFlag({
    placeholder: 'N',
    minimum: 0,
    maximum: maxSeed,
    summary: sentences.cliEmulator.faultSeedFlag,
  }),
} as const;

const methods = { set: 'PUT', list: 'GET', clear: 'DELETE' } as const;

export const emulatorFaults = defineCommand({
  description: sentences.cliEmulator.faultsDescription,
  args: {
    action: { summary: sentences.cliEmulator.faultsAction, completes: Object.keys(methods) },
    faults: { summary: sentences.cliEmulator.faultsArgument, completes: 'files', optional: true },
  },
  flags: { ...stateFolderFlag, ...faultSeedFlag, ...outputFlags },
  examples: [
    { line: 'emulator faults set wild', summary: sentences.cliEmulator.faultsWildExample },
    {
      line: 'emulator faults set faults.json --fault-seed 7',
      summary: sentences.cliEmulator.faultsSeedExample,
    },
    { line: 'emulator faults list --json', summary: sentences.cliEmulator.faultsListExample },
    { line: 'emulator faults clear', summary: sentences.cliEmulator.faultsClearExample },
  ],
  async run({ args: { action, faults }, flags }, { output }) {
    if (!isAction(action)) {
      throw new EnrollkitError('USAGE', sentences.cliEmulator.notAFaultsAction(action));
    }
    if ((action === 'set') !== (faults !== undefined)) {
      const message =
        action === 'set'
          ? sentences.cliEmulator.faultsArgumentMissing
          : sentences.cliEmulator.faultsArgumentExcess(action);
      throw new EnrollkitError('USAGE', message);
    }
    if (action !== 'set' && flags.faultSeed !== undefined) {
      throw new EnrollkitError('USAGE', sentences.cliEmulator.noFaultSeed(action));
    }
    const { controlPaths } = await import('../../emulator/control/paths.js');
    const { askEmulator } = await import('../../emulator/control/running.js');
    const { refusedBy, runningOn, stateFolderOf } = await import('./running-emulator.js');
    const body =
      faults === undefined
        ? undefined
        : { faults: (await import('./fault-file.js')).readFaults(faults), seed: flags.faultSeed };
    const running = await runningOn(stateFolderOf(flags));
    const answer = await askEmulator(running.endpoints, methods[action], controlPaths.faults, body);
    if (answer.status !== 200) refusedBy(running, answer.status, answer.body);
    const list = answer.body as FaultList;
    if (output.json) output.value(list);
    else output.data(await textOf(list));
  },
});

function isAction(word: string): word is keyof typeof methods {
  return Object.hasOwn(methods, word);
}

async function textOf({ seed, rules }: FaultList): Promise<string> {
  if (seed === null || rules.length === 0) return sentences.cliEmulator.noFaults;
  const { columns } = await import('../terminal/text.js');
  const heads = sentences.cliEmulator.faultHeads;
  const rows = rules.map(({ id, injected }) => [id, String(injected)]);
  return [sentences.cliEmulator.faultSeed(seed), ...columns([[heads.rule, heads.injected], ...rows])].join(
    '\n',
  );
}
