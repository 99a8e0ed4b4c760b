/** The faults of a running emulator. */
import type { FaultList } from '../../emulator/faults/control.js';
import { EnrollkitError } from '../../errors.js';
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
    summary: 'repeat the faults of an earlier run, which printed this seed (default: random)',
  }),
} as const;

export const emulatorFaults = defineCommand({
  description:
    'Makes a running emulator misbehave: errors, delays, lost answers, closed connections. "set" replaces all rules with those of a file or of a preset: "mild" disturbs about 5 % of requests, "wild" about 30 %. "list" shows how often each rule has injected its fault. "clear" removes all rules. The commands "emulator ..." meet no faults.',
  args: {
    action: { summary: 'set, list or clear' },
    faults: { summary: 'for set: a JSON file, mild or wild', optional: true },
  },
  flags: { ...stateFolderFlag, ...faultSeedFlag, ...outputFlags },
  examples: [
    { line: 'emulator faults set wild', summary: 'does your client survive this?' },
    { line: 'emulator faults set faults.json --fault-seed 7', summary: 'the same faults as last time' },
    { line: 'emulator faults list --json', summary: 'the seed, and what each rule has injected' },
    { line: 'emulator faults clear', summary: 'good weather again' },
  ],
  async run({ args: { action, faults }, flags }, { output }) {
    if (!isAction(action)) {
      throw new EnrollkitError('USAGE', `emulator faults takes set, list or clear, not "${action}".`);
    }
    if ((action === 'set') !== (faults !== undefined)) {
      const message = action === 'set' ? 'needs a file, mild or wild' : 'takes nothing else';
      throw new EnrollkitError('USAGE', `emulator faults ${action} ${message}.`);
    }
    if (action !== 'set' && flags.faultSeed !== undefined) {
      throw new EnrollkitError('USAGE', `emulator faults ${action} takes no --fault-seed.`);
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
    else output.data(textOf(list));
  },
});

const methods = { set: 'PUT', list: 'GET', clear: 'DELETE' } as const;

function isAction(word: string): word is keyof typeof methods {
  return Object.hasOwn(methods, word);
}

function textOf({ seed, rules }: FaultList): string {
  if (rules.length === 0) return 'no faults';
  const width = Math.max(...rules.map(({ id }) => id.length));
  const lines = rules.map(({ id, injected }) => `${id.padEnd(width)}  ${injected}`);
  return [`seed ${seed}`, ...lines].join('\n');
}
