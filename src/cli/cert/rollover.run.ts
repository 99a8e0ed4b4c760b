/** Runs a phase of a CA roll-over. */

import { serviceClock, type Target } from '../../dps/client/target.js';
import { assertEnrollmentGroupId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
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
import { withClients } from '../target/command-target.js';
import { folderClock } from '../target/emulator-clock.js';
import { folderOf, sameFolder } from '../target/folder.js';
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
    const tell = (step: string) => {
      hasSteps = true;
      output.note('cert.rollover.step', sentences.cliCert.rollover.step(step));
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
    `\n${sentences.cliKernel.labels.next}${nextStep(result, `${programName(env)} cert rollover ${args.ca}`, sameFolder(flags))}`,
  );
};

function authorityFrom(ca: string, folder: string): AuthorityName {
  const layout = layoutOf(folder);
  const authorities = layout.authorities();
  if (ca === 'root' || ca === 'intermediate' || authorities.includes(ca)) return ca;
  const known = authorities.length > 0 ? authorities : ['root', 'intermediate'];
  throw new EnrollkitError('USAGE', sentences.cliCert.rollover.noAuthority(ca, layout.folder), {
    next: sentences.cliCert.rollover.knownAuthorities(known),
  });
}

function assertFlags(
  { reissue, newKey, finish, force }: FlagsOf<typeof certRollover>,
  groups: readonly string[],
): void {
  const refuse = (message: string, next: string) => new EnrollkitError('USAGE', message, { next });
  if (reissue && finish)
    throw refuse(sentences.cliCert.rollover.twoPhases, sentences.cliCert.rollover.onePhase);
  if (newKey && !reissue)
    throw refuse(sentences.cliCert.rollover.newKeyRequires, sentences.cliCert.rollover.addReissue);
  if (force && !finish)
    throw refuse(sentences.cliCert.rollover.forceRequires, sentences.cliCert.rollover.addFinish);
  if (groups.length > 0 && (reissue || finish)) {
    throw refuse(sentences.cliCert.rollover.groupInFirst, sentences.cliCert.rollover.omitGroup);
  }
  for (const id of groups) assertEnrollmentGroupId(id);
}

function nextStep({ finishedAt, devices }: RolloverResult, command: string, dir: string): string {
  if (devices.some(({ reissued }) => !reissued)) return `${command} --reissue${dir}`;
  if (finishedAt !== null) return sentences.cliCert.rollover.nothingNext;
  return sentences.cliCert.rollover.deployNext(`${command} --finish${dir}`);
}
