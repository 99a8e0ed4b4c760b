/** Runs a phase of a CA roll-over. */

import { serviceClock, type Target } from '../../dps/client/target.js';
import { assertEnrollmentGroupId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import type { OpenPrivateKeyOptions } from '../../pki/keys.js';
import type { RolloverResult } from '../../rollover/result.js';
import {
  finishRollover,
  type RolloverOptions,
  reissueBelow,
  startRollover,
} from '../../rollover/rollover.js';
import { type AuthorityName, layoutOf } from '../../workspace/layout.js';
import { readRollover } from '../../workspace/rollover-record.js';
import { withPassphrase } from '../input/passphrase.js';
import { targetFrom } from '../input/plan-input.js';
import { signingCa } from '../input/signing-ca.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { folderOf, sameFolder, withClients } from '../target/command-target.js';
import { folderClock } from '../target/emulator-clock.js';
import { programName } from '../terminal/command-line.js';
import type { certRollover } from './rollover.js';
import { rolloverText } from './rollover-text.js';

/** @throws EnrollkitError USAGE; of the phase */
export const run: RunOf<typeof certRollover> = async ({ args, flags }, context) => {
  const groups = flags.group ?? [];
  assertFlags(flags, groups);
  const { output, now, signal, env } = context;
  const folder = folderOf(flags);
  const authority = authorityFrom(args.ca, folder);
  let hasSteps = false;
  const phase = async (
    opening: OpenPrivateKeyOptions,
    target: Target | undefined,
  ): Promise<RolloverResult> => {
    const tell = (text: string) => {
      hasSteps = true;
      output.note('cert.rollover.step', `  done  ${text}`);
    };
    const options: RolloverOptions = {
      authority,
      folder,
      target,
      passphrase: opening.passphrase,
      now: target === undefined ? await clockWithoutTarget() : serviceClock(target),
      signal,
      tell,
    };
    if (flags.reissue) return reissueBelow({ ...options, newKey: flags.newKey === true });
    if (flags.finish) return finishRollover({ ...options, force: flags.force === true });
    const isNamed = flags.ca !== undefined || flags.caKey !== undefined;
    const signer = isNamed ? () => signingCa(flags, opening, 'root') : undefined;
    return startRollover({ ...options, groups, signer });
  };
  /** Certificates for the devices of an emulator, although nothing is asked of it. */
  const clockWithoutTarget = async () =>
    targetFrom(flags, folder).kind === 'azure' ? now : folderClock(folder, context);
  const hasGroups = groups.length > 0 || (readRollover(layoutOf(folder))?.groups.length ?? 0) > 0;
  const result = await withPassphrase(flags, context, (opening) =>
    hasGroups && !flags.reissue
      ? withClients(flags, context, false, ({ target }) => phase(opening, target))
      : phase(opening, undefined),
  );
  if (output.json) return output.value(result);
  if (hasSteps) output.line();
  output.result('cert.rollover.report', rolloverText(result, output.dataStyle));
  output.note(
    'cert.rollover.next',
    `\nnext: ${nextStep(result, `${programName(env)} cert rollover ${args.ca}`, sameFolder(flags))}`,
  );
};

function authorityFrom(ca: string, folder: string): AuthorityName {
  const layout = layoutOf(folder);
  const authorities = layout.authorities();
  if (ca === 'root' || ca === 'intermediate' || authorities.includes(ca)) return ca;
  const known = authorities.length > 0 ? authorities : ['root', 'intermediate'];
  throw new EnrollkitError('USAGE', `There is no CA "${ca}" in ${layout.folder}.`, {
    next: `Give one of: ${known.join(', ')}. To name another certificate folder, add --dir FOLDER.`,
  });
}

function assertFlags(
  { reissue, newKey, finish, force }: FlagsOf<typeof certRollover>,
  groups: readonly string[],
): void {
  const refuse = (message: string, next: string) => new EnrollkitError('USAGE', message, { next });
  if (reissue && finish) throw refuse('--reissue and --finish are two phases.', 'Give one of them.');
  if (newKey && !reissue) throw refuse('--new-key is for the devices.', 'Add --reissue.');
  if (force && !finish) throw refuse('--force is for the last phase.', 'Add --finish.');
  if (groups.length > 0 && (reissue || finish)) {
    throw refuse('--group is for the first phase; the others remember it.', 'Leave it out.');
  }
  for (const id of groups) assertEnrollmentGroupId(id);
}

function nextStep({ finishedAt, devices }: RolloverResult, command: string, dir: string): string {
  if (devices.some(({ reissued }) => !reissued)) return `${command} --reissue${dir}`;
  if (finishedAt !== null) return 'nothing; the old files are kept as long as you want them.';
  return `give the devices their new files and let them register again, then ${command} --finish${dir}`;
}
