/** The whole quickstart: certificates, CA in DPS, enrollment group, devices. */
import { EnrollkitError } from '../../errors.js';
import type { Plan } from '../../quickstart/plan/plan.js';
import { answerFlags, hasAnswers } from '../input/plan-flags.js';
import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  connectionStringFileFlag,
  defaultFolder,
  dirFlag,
  outputFlags,
  passphraseFileFlag,
} from '../kernel/untyped-flags.js';

export const quickstart: Command = {
  description:
    'Makes a certificate chain, uploads the CA to DPS and proves its possession, makes an enrollment group and device certificates, registers the devices and connects them to their hub. What is done already stays: run it again after a failure, and it goes on.',
  flags: [
    { name: 'yes', summary: 'ask nothing: every answer that is not given is the default' },
    { name: 'plan', value: 'FILE', summary: 'the answers of an earlier run; flags go before it' },
    { name: 'dry-run', summary: 'list what would be made and every request that would be sent' },
    dirFlag,
    passphraseFileFlag,
    {
      name: 'verification-code',
      value: 'CODE',
      summary: 'what the portal shows, when possession is proven there',
    },
    ...outputFlags,
    connectionStringFileFlag,
    ...answerFlags,
  ],
  examples: [
    { line: 'quickstart --yes', summary: 'three devices on the embedded emulator' },
    {
      line: 'quickstart --yes --count 20 --device-prefix line4- --dir line4',
      summary: 'twenty, in a folder of their own',
    },
    {
      line: 'quickstart --dry-run --target azure --dps-name contoso --proof-of-possession portal',
      summary: 'what a run on Azure would send',
    },
    {
      line: 'quickstart --plan certs/.enrollkit/plan.json --json',
      summary: 'the same run again, for a program',
    },
  ],
  run,
};

async function run({ flags }: Input, context: Context): Promise<void> {
  const folder = (flags.dir as string | undefined) ?? defaultFolder;
  if (flags.dryRun) return dryRun(flags, folder, context);
  if (!flags.yes && flags.plan === undefined && !context.interactive) throw nobodyToAsk(flags);
  const { givenPassphrase } = await import('../input/passphrase.js');
  const passphrase = givenPassphrase(flags, context.env);
  const planned = await plannedRun(flags, folder, passphrase, context);
  const { runPlan } = await import('./quickstart.run.js');
  return runPlan({ ...planned, flags }, context);
}

async function plannedRun(
  flags: Input['flags'],
  folder: string,
  passphrase: string | undefined,
  context: Context,
): Promise<{ plan: Plan; folder: string; passphrase: string | undefined }> {
  if (flags.yes || flags.plan !== undefined) {
    const { planFrom } = await import('../input/plan-input.js');
    return { plan: encrypting(planFrom(flags), flags, passphrase), folder, passphrase };
  }
  const { askQuickstart } = await import('./ask-quickstart.js');
  return askQuickstart({ flags, folder, passphrase }, context);
}

/** A passphrase that is given asks for encrypted keys, unless a plan file or a flag says otherwise. */
function encrypting(plan: Plan, flags: Input['flags'], passphrase: string | undefined): Plan {
  const asked =
    flags.encryptKeys === undefined && (flags.passphraseFile !== undefined || flags.plan === undefined);
  if (passphrase === undefined || !asked) return plan;
  return { ...plan, certificates: { ...plan.certificates, encryptKeys: true } };
}

async function dryRun(flags: Input['flags'], folder: string, { output }: Context): Promise<void> {
  const { planFrom } = await import('../input/plan-input.js');
  const { previewQuickstart } = await import('../../quickstart/preview.js');
  const plan = planFrom(flags);
  const preview = previewQuickstart(plan, folder);
  if (output.json) return output.value({ plan, ...preview });
  const { previewText } = await import('./preview-text.js');
  const { planSummary } = await import('./plan-summary.js');
  output.data(`${planSummary(plan, folder)}\n\n${previewText(preview)}`);
}

function nobodyToAsk(flags: Input['flags']): EnrollkitError {
  const message = hasAnswers(flags)
    ? 'Some answers are given as flags, and there is no terminal to ask for the others.'
    : 'There is no terminal to ask questions at.';
  return new EnrollkitError('NEEDS_INPUT', message, {
    next: hasAnswers(flags)
      ? 'Add --yes: the other answers are then the defaults.'
      : 'Run enrollkit quickstart --yes for the defaults, or enrollkit quickstart --plan FILE.',
  });
}
