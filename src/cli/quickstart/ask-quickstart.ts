/** The wizard, at the terminal: asks, runs, and asks again if the run fails. */

import { EnrollkitError, type ExitStatus, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { withExistingCa } from '../../quickstart/existing-ca.js';
import { defaultPlan } from '../../quickstart/plan/answers.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { givenFields } from '../input/plan-flags.js';
import { lastPlan, planFrom } from '../input/plan-input.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import { reportError } from '../kernel/report-error.js';
import type { Asker } from '../terminal/asker.js';
import { quoted } from '../terminal/command-line.js';
import { Dialogue, type Interview } from '../terminal/dialogue.js';
import { terminalAsker } from '../terminal/prompts.js';
import { showsUnicode } from '../terminal/symbols.js';
import { displayPath } from '../terminal/text.js';
import type { AzureAccount } from './ask-azure.js';
import type { ExistingFolder } from './ask-existing.js';
import { type Decision, planScript, type WizardOptions } from './ask-plan.js';
import { azureAccount } from './azure-account.js';
import { existingFolder, folderProblem, freeFolder } from './existing-folder.js';
import type { GivenCa } from './given-ca.js';
import { assertUsed, fieldsGivenBy, type GivenDevices, withDevices } from './given-devices.js';
import { planPicture } from './plan-picture.js';
import type { quickstart } from './quickstart.js';
import { runPlan } from './run-plan.js';

interface AskOptions {
  /** Answers given as flags are not asked for. */
  flags: FlagsOf<typeof quickstart>;
  folder: string;
  passphrase: string | undefined;
  /** The CA that was given. */
  ca: GivenCa | undefined;
  /** The devices that files gave. */
  devices: GivenDevices | undefined;
}

/**
 * @returns the exit status of a failed run, if the user then quits; the failure has been reported
 * @throws EnrollkitError INTERRUPTED if the user quits before, or what cannot be helped by other answers
 */
export async function askQuickstart(
  options: AskOptions,
  context: Context,
  ask: Asker = terminalAsker(context.output, context.signal, { env: context.env }),
  account: AzureAccount = azureAccount(context.signal),
): Promise<ExitStatus> {
  const { output } = context;
  const dialogue = new Dialogue(ask);
  ask.say('quickstart.welcome', output.style.bold(`\n${sentences.cliQuickstart.welcome}`));
  ask.say('quickstart.defaults', `${sentences.cliQuickstart.pressEnter}\n`);
  const script = planScript({ ...wizardOptions(options, context), account });
  for (;;) {
    const decision = await dialogue.hold(script);
    for (;;) {
      try {
        await carryOut(decision, options, context);
        return exitStatus.ok;
      } catch (thrown) {
        const error = failure(thrown, context);
        await reportError(error, output);
        output.line();
        dialogue.forget('quickstart.failed');
        const next = await dialogue.hold((asking) => askAfterFailure(asking, decision));
        if (next === 'quit') return error.exitStatus;
        if (next === 'again') continue;
        dialogue.answer('quickstart.run', 'change');
        dialogue.forget('quickstart.change');
        break;
      }
    }
  }
}

/** @returns an error after which a person may want to go on */
function failure(thrown: unknown, { output, signal }: Context): EnrollkitError {
  const isOurs = thrown instanceof EnrollkitError;
  if (!isOurs || output.json || signal.aborted || final.has(thrown.code)) throw thrown;
  return thrown;
}

const final: ReadonlySet<string> = new Set(['INTERRUPTED', 'INTERNAL', 'PROOF_OF_POSSESSION_PENDING']);

async function askAfterFailure(ask: Interview, { kind }: Decision): Promise<'again' | 'change' | 'quit'> {
  return ask.select({
    id: 'quickstart.failed',
    message: sentences.cliQuickstart.whatNext,
    help: sentences.cliQuickstart.afterFailureHelp,
    default: 'again',
    choices: [
      { value: 'again', name: sentences.cliQuickstart.tryAgain, why: sentences.cliQuickstart.tryAgainEffect },
      ...(kind === 'run'
        ? [
            {
              value: 'change' as const,
              name: sentences.cliQuickstart.changeAnAnswer,
              why: sentences.cliQuickstart.othersKept,
            },
          ]
        : []),
      { value: 'quit', name: sentences.cliQuickstart.quit, why: sentences.cliQuickstart.quitToContinue },
    ],
  });
}

async function carryOut(
  decision: Decision,
  { flags, passphrase, ca, devices }: AskOptions,
  context: Context,
): Promise<void> {
  switch (decision.kind) {
    case 'run':
      return runPlan(
        {
          ...decision,
          passphrase: decision.passphrase ?? passphrase,
          existingCa: ca?.existingCa,
          requests: decision.requests ?? devices?.requests,
          flags,
        },
        context,
      );
    case 'clean':
      await context.runCommand(['clean', '--dir', decision.folder]);
      return;
    case 'renew': {
      const { folder, certificates } = decision;
      for (const path of certificates) {
        await context.runCommand(['cert', 'renew', displayPath(path), '--force', '--dir', folder]);
      }
      context.output.note(
        'quickstart.renewed',
        `\n${sentences.cliQuickstart.installRenewed(`enrollkit device register ID --dir ${quoted(folder)}`)}`,
      );
    }
  }
}

function wizardOptions(
  { flags, folder, passphrase, ca, devices }: AskOptions,
  { now, output, env }: Context,
): Omit<WizardOptions, 'account'> {
  const planned = (before: Plan) => {
    const base = withDevices(before, devices);
    const plan = planFrom(flags, ca ? withExistingCa(base, ca.certificate) : base);
    assertUsed(devices?.requests ?? new Map(), plan);
    return plan;
  };
  const newPlan = planned(defaultPlan);
  // A folder is judged when it is named: what this very run creates in it does not change the questions.
  const existing = new Map<string, ExistingFolder | undefined>();
  const plans = new Map<string, Plan>();
  const once = <Value>(known: Map<string, Value>, key: string, look: () => Value): Value => {
    if (!known.has(key)) known.set(key, look());
    return known.get(key) as Value;
  };
  const given = givenFields(flags);
  for (const path of fieldsGivenBy(devices)) given.add(path);
  if (flags.count !== undefined || flags.devicePrefix !== undefined) given.add('devices.registrationIds');
  return {
    planFor: (name) => once(plans, name, () => planned(lastPlanOf(name) ?? defaultPlan)),
    newPlan,
    given,
    folder,
    folderIsGiven: flags.dir !== undefined,
    passphrase,
    folderProblem,
    freeFolder,
    show: (plan, name) =>
      planPicture(plan, { folder: name, width: output.width, unicode: showsUnicode(env) }),
    existing: (name) => once(existing, name, () => existingFolder(name, now())),
  };
}

/** A plan that cannot be read gives no answers. */
function lastPlanOf(folder: string): Plan | undefined {
  try {
    return lastPlan(folder);
  } catch (error) {
    if (error instanceof EnrollkitError) return undefined;
    throw error;
  }
}
