/** Runs a plan and shows how it goes and how it ended. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { assertNotNewer } from '../../quickstart/plan/plan.js';
import { usesGroup } from '../../quickstart/planned-certificates.js';
import type { PortalAssistant } from '../../quickstart/portal.js';
import { runQuickstart } from '../../quickstart/run.js';
import type { ExistingCa } from '../../quickstart/step.js';
import { assertOwnFolder, layoutOf } from '../../workspace/layout.js';
import { environmentSecrets } from '../input/environment-secrets.js';
import { noteShortPassphrase } from '../input/new-passphrase.js';
import { askPassphrase } from '../input/passphrase.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import { emulatorToUse } from '../target/emulator-state.js';
import { withTarget } from '../target/target.js';
import { programName } from '../terminal/command-line.js';
import { type Progress, plainProgress } from '../terminal/plain-progress.js';
import { displayPath, pageWidth } from '../terminal/text.js';
import { assertUsable } from './given-ca.js';
import type { DeviceRequests } from './given-devices.js';
import type { quickstart } from './quickstart.js';
import { closingReport } from './summary.js';

interface PlannedRun {
  plan: Plan;
  folder: string;
  passphrase: string | undefined;
  existingCa: ExistingCa | undefined;
  requests?: DeviceRequests | undefined;
  flags: FlagsOf<typeof quickstart>;
}

/** @throws EnrollkitError of the step that failed */
export async function runPlan(
  { plan, folder, flags, existingCa, requests, ...given }: PlannedRun,
  context: Context,
): Promise<void> {
  const { output, env, signal } = context;
  // Before an emulator writes its state there.
  assertOwnFolder(layoutOf(folder));
  assertNotNewer(layoutOf(folder).plan);
  await assertUsable(plan, folder, existingCa, context);
  const useEmulator = await emulatorToUse(flags, plan.target, folder);
  useEmulator();
  const mayAsk = context.interactive && !flags.yes;
  const passphrase =
    given.passphrase ?? (mayAsk && plan.certificates.encryptKeys ? await askPassphrase(context) : undefined);
  if (plan.certificates.encryptKeys && passphrase === undefined) {
    throw new EnrollkitError('PASSPHRASE_REQUIRED', sentences.cliQuickstart.commandNoPassphrase);
  }
  if (plan.certificates.encryptKeys && passphrase !== undefined) noteShortPassphrase(passphrase, context);
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
          secrets: environmentSecrets(env),
          portal,
          existingCa,
          requests,
          verificationCode: flags.verificationCode,
          signal,
          emit: (event) => progress.on(event),
        }),
    );
    await progress.end();
    if (output.json) return output.value(result);
    output.result(
      'quickstart.report',
      closingReport(result, {
        folder,
        uploaded: plan.certificateAuthority.uploaded,
        program: programName(env),
        style: output.dataStyle,
        columns: output.stdout.columns ?? pageWidth,
      }),
    );
  } catch (error) {
    await progress.end();
    const recording = error instanceof EnrollkitError ? error.context.recording : undefined;
    if (typeof recording === 'string') {
      output.note('quickstart.recording', sentences.cliQuickstart.runsRecordedIn(displayPath(recording)));
    }
    throw error;
  } finally {
    await progress.end();
  }
}

/** A list that is redrawn at a terminal; plain lines otherwise. */
export async function progressFor({ output, interactive, signal }: Context): Promise<Progress> {
  // A list that is redrawn would overwrite other lines.
  if (!interactive || output.json || output.verbose || output.messageIds || output.plain)
    return plainProgress(output);
  const { listProgress } = await import('../terminal/progress.js');
  return listProgress(output, signal);
}

/** Asks for what the portal shows, if the plan needs it. */
async function choosePortalAssistant(
  plan: Plan,
  progress: Progress,
  { output, signal, env }: Context,
): Promise<PortalAssistant | undefined> {
  if (!usesGroup(plan) || plan.certificateAuthority.proofOfPossession !== 'portal') return undefined;
  const { portalAssistant } = await import('./portal-assistant.js');
  const { terminalAsker } = await import('../terminal/prompts.js');
  return portalAssistant(terminalAsker(output, signal), () => progress.settled(), programName(env));
}
