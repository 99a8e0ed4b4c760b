/** Removes what quickstarts made, and nothing else. */

import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { CreatedResource } from '../../workspace/journal.js';
import { defineCommand } from '../kernel/command.js';
import { defaultFolder, dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { camelCase, switchFlag } from '../kernel/flags.js';
import { connectionStringFileFlag } from '../target/target-flags.js';
import { inWords } from '../terminal/resource-words.js';
import { findFlags } from './find-flags.js';

export const clean = defineCommand({
  description: sentences.cliQuickstart.cleanDescription,
  flags: {
    ...dirFlag,
    certificates: switchFlag({ summary: sentences.cliQuickstart.cleanCertificates }),
    'dry-run': switchFlag({ summary: sentences.cliQuickstart.cleanDryRun }),
    ...yesFlag,
    find: switchFlag({ summary: sentences.cliQuickstart.findFlag }),
    ...findFlags,
    ...connectionStringFileFlag,
    ...outputFlags,
  },
  examples: [
    { line: 'clean', summary: sentences.cliQuickstart.cleanExampleRemote },
    { line: 'clean --dry-run --json', summary: sentences.cliQuickstart.cleanExampleDryRun },
    { line: 'clean --certificates --yes', summary: sentences.cliQuickstart.cleanExampleAll },
    { line: 'clean --find --target azure', summary: sentences.cliQuickstart.findExample },
    {
      line: 'clean --find --target azure --run 4f5a0c1db7e29384 --yes',
      summary: sentences.cliQuickstart.findExampleRun,
    },
  ],
  async run({ flags }, context) {
    if (flags.find) {
      const { cleanFound } = await import('./clean-found.js');
      return cleanFound(flags, context);
    }
    const values = new Map<string, unknown>(Object.entries(flags));
    const needFind = Object.keys(findFlags).filter((name) => values.get(camelCase(name)) !== undefined);
    if (needFind.length > 0) {
      throw new EnrollkitError(
        'USAGE',
        sentences.cliQuickstart.findOnlyWith(needFind.map((name) => `--${name}`)),
        { next: sentences.cliQuickstart.findOmit },
      );
    }
    const { output, signal, now } = context;
    const folder = flags.dir ?? defaultFolder;
    const { cleanLocal, cleanRemote, planClean } = await import('../../quickstart/clean.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { withTargets } = await import('../target/target.js');
    const { layoutOf } = await import('../../workspace/layout.js');
    const { removeLeftovers } = await import('../../workspace/open-folder.js');
    const { lookAt } = await import('../../workspace/files.js');
    const { lockHolder } = await import('../../workspace/lock.js');
    if (flags.dryRun) {
      const { remote, local } = planClean(folder);
      const deleted = [...remote.filter(isDeleted), ...(flags.certificates ? local : [])];
      if (output.json) return output.value({ wouldRemove: deleted });
      if (deleted.length === 0)
        return output.result('clean.dry-run', sentences.cliQuickstart.cleanNothingWould(folder));
      return output.result(
        'clean.dry-run',
        `${sentences.cliQuickstart.cleanWouldDelete}\n${listText(deleted, deleted.length).trimEnd()}`,
      );
    }
    // Also refuses a folder in which a run is at work: its journal is not complete.
    const layout = layoutOf(folder);
    removeLeftovers(layout, now);
    const { forgetEndpoints } = await import('../../emulator/control/running.js');
    // Of an emulator that was killed.
    if (lookAt(layout.state) && lockHolder(join(layout.emulator, 'lock')) === undefined)
      forgetEndpoints(layout.state);
    const plan = planClean(folder);
    const say = (thing: CreatedResource) =>
      output.note('clean.removed', sentences.cliQuickstart.cleanRemoved(inWords(thing)));
    const things: CreatedResource[] = [...plan.remote, ...(flags.certificates ? plan.local : [])];
    if (things.length === 0) {
      if (output.json) return output.value({ removed: [], kept: [] });
      return output.result('clean.nothing', sentences.cliQuickstart.cleanNothing(folder));
    }
    if (!flags.yes) output.note('clean.list', listText(things));
    await confirmed('clean.all', sentences.cliQuickstart.cleanQuestion, flags, context);

    let left: string[] | undefined;
    const result = await withTargets({ folder, flags }, context, (targetFor) =>
      cleanRemote({
        folder,
        targetFor,
        signal,
        now,
        removed(thing) {
          if (plan.remote.length <= maxListed && thing.kind !== 'telemetry') say(thing);
        },
      }),
    );
    if (plan.remote.length > maxListed)
      output.note('clean.removed', sentences.cliQuickstart.cleanRemoved(countText(result.removed)));
    if (flags.certificates && result.kept.length === 0) {
      const local = cleanLocal(folder, now);
      result.removed.push(...local.removed);
      result.kept.push(...local.kept);
      output.note('clean.removed', sentences.cliQuickstart.cleanRemovedFiles(local.removed.length, folder));
      const { emulatorStateOf } = await import('../target/emulator-state.js');
      const state = emulatorStateOf(folder);
      if (state !== undefined)
        output.note('clean.emulator', sentences.cliQuickstart.cleanKeptEmulator(state));
      left = local.left;
      for (const path of left.slice(0, maxListed))
        output.note('clean.left', sentences.cliQuickstart.cleanLeft(join(folder, path)));
      if (left.length > maxListed)
        output.note('clean.left', sentences.cliQuickstart.cleanLeftMore(left.length - maxListed));
    }
    for (const { thing, why } of result.kept)
      output.note('clean.kept', sentences.cliQuickstart.cleanKept(inWords(thing), why));
    if (result.kept.length > 0) {
      throw new EnrollkitError(
        'PARTIAL',
        sentences.cliQuickstart.cleanPartial(result.kept.length, things.length),
        {
          next: sentences.cliQuickstart.cleanPartialNext,
          context: { kept: result.kept },
        },
      );
    }
    if (output.json) output.value({ ...result, left });
  },
});

/** A list longer than this is cut, and says so. */
const maxListed = 20;

/** A message that was sent cannot be taken back; its entry only says that it need not be sent again. */
function isDeleted({ kind }: CreatedResource): boolean {
  return kind !== 'telemetry';
}

function listText(things: readonly CreatedResource[], most = maxListed): string {
  const remote = things.filter(({ kind }) => kind !== 'file' && kind !== 'telemetry').map(inWords);
  const files = things.filter(({ kind }) => kind === 'file').length;
  const lines = remote.slice(0, most);
  if (remote.length > most) lines.push(sentences.cliQuickstart.cleanAndMore(remote.length - most));
  if (files > 0) lines.push(sentences.cliQuickstart.cleanLocalFiles(files));
  return `${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

/** So many of each kind. */
function countText(things: readonly CreatedResource[]): string {
  const count = (kind: CreatedResource['kind']) => things.filter((thing) => thing.kind === kind).length;
  const azure =
    count('hub-link') + count('iot-hub') + count('provisioning-service') + count('resource-group');
  return sentences.cliQuickstart.cleanCounts(
    count('hub-device'),
    count('registration'),
    count('enrollment-group'),
    count('ca-certificate'),
    azure,
  );
}
