/** Gets the plan of a quickstart: from flags, from a plan file, or by asking; then previews it or runs it. */

import { EnrollkitError, type ExitStatus, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { withExistingCa } from '../../quickstart/existing-ca.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { previewQuickstart } from '../../quickstart/preview.js';
import { givenPassphrase } from '../input/passphrase.js';
import { hasAnswers } from '../input/plan-flags.js';
import { basePlan, planFrom } from '../input/plan-input.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { defaultFolder } from '../kernel/common-flags.js';
import { assertUsable, type GivenCa, givenCa } from './given-ca.js';
import { assertUsed, type GivenDevices, givenDevices, withDevices } from './given-devices.js';
import { planSummary } from './plan-summary.js';
import { previewText } from './preview-text.js';
import type { quickstart } from './quickstart.js';
import { runPlan } from './run-plan.js';

export const run: RunOf<typeof quickstart> = async ({ flags }, context): Promise<ExitStatus> => {
  const folder = flags.dir ?? defaultFolder;
  if (flags.dryRun) {
    await dryRun(flags, folder, context);
    return exitStatus.ok;
  }
  if (!flags.yes && flags.plan === undefined && !context.interactive) throw nobodyToAsk(flags);
  const ca = await givenCa(flags, context);
  const devices = await givenDevices(flags);
  const passphrase = givenPassphrase(flags, context.env) ?? ca?.existingCa.passphrase;
  if (flags.yes || flags.plan !== undefined) {
    const plan = encrypting(plannedWith(flags, ca, devices), flags, passphrase);
    const requests = devices?.requests;
    await runPlan({ plan, folder, passphrase, existingCa: ca?.existingCa, requests, flags }, context);
    return exitStatus.ok;
  }
  const { askQuickstart } = await import('./ask-quickstart.js');
  return askQuickstart({ flags, folder, passphrase, ca, devices }, context);
};

/** A passphrase that is given asks for encrypted keys, unless a plan file or a flag says otherwise. */
function encrypting(plan: Plan, flags: FlagsOf<typeof quickstart>, passphrase: string | undefined): Plan {
  const asked =
    flags.encryptKeys === undefined && (flags.passphraseFile !== undefined || flags.plan === undefined);
  if (passphrase === undefined || !asked) return plan;
  return { ...plan, certificates: { ...plan.certificates, encryptKeys: true } };
}

function plannedWith(
  flags: FlagsOf<typeof quickstart>,
  ca: GivenCa | undefined,
  devices: GivenDevices | undefined,
): Plan {
  const base = withDevices(basePlan(flags), devices);
  const plan = planFrom(flags, ca ? withExistingCa(base, ca.certificate) : base);
  assertUsed(devices?.requests ?? new Map(), plan);
  return plan;
}

async function dryRun(flags: FlagsOf<typeof quickstart>, folder: string, context: Context): Promise<void> {
  const { output } = context;
  const ca = await givenCa(flags, context);
  const plan = plannedWith(flags, ca, await givenDevices(flags));
  await assertUsable(plan, folder, ca?.existingCa, context);
  const preview = previewQuickstart(plan, folder);
  if (output.json) return output.value({ plan, ...preview });
  output.result('quickstart.preview', `${planSummary(plan, folder)}\n\n${previewText(preview)}`);
}

function nobodyToAsk(flags: FlagsOf<typeof quickstart>): EnrollkitError {
  const message = hasAnswers(flags)
    ? sentences.cliQuickstart.commandSomeAnswers
    : sentences.cliQuickstart.commandNoTerminal;
  return new EnrollkitError('NEEDS_INPUT', message, {
    next: hasAnswers(flags)
      ? sentences.cliQuickstart.commandAddYes
      : sentences.cliQuickstart.commandYesOrPlan,
  });
}
