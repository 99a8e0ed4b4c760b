/** Runs a plan and shows how it goes and how it ended. */
import { EnrollkitError } from '../../errors.js';
import type { Plan } from '../../quickstart/plan/plan.js';
import { runQuickstart } from '../../quickstart/run.js';
import { assertOwnFolder, layoutOf } from '../../workspace/layout.js';
import { askPassphrase } from '../input/passphrase.js';
import type { Context, Input } from '../kernel/untyped-command.js';
import { programName } from '../kernel/untyped-flags.js';
import { withTarget } from '../target/target.js';
import { choosePortalAssistant, progressFor } from '../terminal/choose-progress.js';
import { closingReport } from './summary.js';

interface PlannedRun {
  plan: Plan;
  folder: string;
  passphrase: string | undefined;
  flags: Input['flags'];
}

/** @throws EnrollkitError of the step that failed */
export async function runPlan(
  { plan, folder, flags, ...given }: PlannedRun,
  context: Context,
): Promise<void> {
  const { output, env, signal, now } = context;
  // Before an emulator puts its state there.
  assertOwnFolder(layoutOf(folder));
  const mayAsk = context.interactive && !flags.yes;
  const passphrase =
    given.passphrase ?? (mayAsk && plan.certificates.encryptKeys ? await askPassphrase(context) : undefined);
  if (plan.certificates.encryptKeys && passphrase === undefined) {
    throw new EnrollkitError(
      'PASSPHRASE_REQUIRED',
      'The private keys are to be encrypted, and no passphrase was given.',
    );
  }
  const progress = await progressFor(context);
  const portal = mayAsk ? await choosePortalAssistant(plan, progress, context) : undefined;
  try {
    const result = await withTarget(
      { target: plan.target, folder, flags, mayCreate: true },
      context,
      (target) =>
        runQuickstart({
          plan,
          folder,
          target,
          passphrase,
          portal,
          verificationCode: flags.verificationCode as string | undefined,
          now,
          signal,
          emit: (event) => progress.on(event),
        }),
    );
    await progress.end();
    if (output.json) return output.value(result);
    output.data(
      closingReport(result, {
        folder,
        uploaded: plan.certificateAuthority.uploaded,
        program: programName(env),
        style: output.dataStyle,
      }),
    );
  } finally {
    await progress.end();
  }
}
