/** The wizard's questions, which lead to a plan. They create nothing. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { answersOf, planOf } from '../../quickstart/plan/answers.js';
import {
  type Answers,
  type Field,
  type FieldPath,
  fieldEntries,
  type Plan,
  planFields,
} from '../../quickstart/plan/fields.js';
import { checkPlan } from '../../quickstart/plan/plan.js';
import { askNewPassphrase } from '../input/new-passphrase.js';
import type { Interview, Script } from '../terminal/dialogue.js';
import { type AzureAccount, askAzure, type PickedService } from './ask-azure.js';
import { askDevices } from './ask-devices.js';
import { askExisting, type ExistingFolder } from './ask-existing.js';
import { askField, freeName, isAsked, questionsOf } from './ask-field.js';
import type { DeviceRequests } from './given-devices.js';
import { questionHelp } from './question-help.js';

/** What the user decided on. The folder is as it was typed. */
export type Decision =
  | {
      kind: 'run';
      plan: Plan;
      folder: string;
      /** Undefined if it was not asked for. */
      passphrase: string | undefined;
      /** Certificate requests of devices that keep their keys; undefined if they were not asked for. */
      requests?: DeviceRequests | undefined;
    }
  | { kind: 'renew'; folder: string; certificates: readonly string[] }
  | { kind: 'clean'; folder: string };

export interface WizardOptions {
  /** What Enter gives on every question, for a folder: the last plan there, with the flags. */
  planFor: (folder: string) => Plan;
  /** The plan of a new folder, with the flags. */
  newPlan: Plan;
  /** The fields that were given as flags: they are answers, and are not asked for. */
  given: ReadonlySet<FieldPath>;
  folder: string;
  folderIsGiven: boolean;
  /** From a file or the environment; then it is not asked for. */
  passphrase: string | undefined;
  /** Why a folder cannot be used. */
  folderProblem: (folder: string) => string | undefined;
  /** A folder that does not exist yet, to start over in. */
  freeFolder: (folder: string) => string;
  /** What enrollkit created in a folder earlier; undefined for a new folder. */
  existing: (folder: string) => ExistingFolder | undefined;
  /** The user's account, to pick a provisioning service from. */
  account: AzureAccount;
  /** How a plan is shown before it is approved. */
  show: (plan: Plan, folder: string) => string;
}

const caName = 'certificateAuthority.name';

/** The IDs of the questions at which a plan is approved. */
const approval = ['quickstart.run', 'quickstart.change'];

/**
 * The questions of the wizard: first the folder, since what it contains decides on the rest.
 *
 * @throws EnrollkitError INTERRUPTED if the user quits
 */
export function planScript(options: WizardOptions): Script<Decision> {
  return async (ask) => {
    let folder = options.folderIsGiven ? options.folder : await askFolder(ask, options);
    const existing = options.existing(folder);
    let plan = existing ? options.planFor(folder) : options.newPlan;
    const next = existing ? await askExisting(ask, folder, existing) : 'questions';
    switch (next) {
      case 'clean':
        return { kind: 'clean', folder };
      case 'renew':
        return { kind: 'renew', folder, certificates: existing!.endingSoon.map(({ path }) => path) };
      case 'new':
        folder = await askNewFolder(ask, folder, options);
        plan = options.newPlan;
        break;
      case 'add': {
        const added = await askDevices(
          { ask, answers: answersOf(plan), before: answersOf(plan) },
          { existing: plan },
        );
        const registrationIds = [...plan.devices.registrationIds, ...added.registrationIds];
        const details = added.details ? { ...plan.devices.details, ...added.details } : plan.devices.details;
        return approved(
          ask,
          { ...options, folder },
          { ...plan, devices: { ...plan.devices, registrationIds, details } },
          { requests: added.requests },
        );
      }
      case 'resume':
        return approved(ask, { ...options, folder }, plan);
      case 'questions':
    }
    return askAll(ask, { ...options, folder, existing: next === 'new' ? undefined : existing }, plan);
  };
}

async function askFolder(ask: Interview, { folder, folderProblem }: WizardOptions): Promise<string> {
  return ask.text({
    id: 'quickstart.folder',
    message: sentences.cliQuickstart.folderQuestion,
    why: sentences.cliQuickstart.folderIsCreated,
    help: questionHelp['quickstart.folder'],
    default: folder,
    problem: folderProblem,
  });
}

async function askNewFolder(
  ask: Interview,
  folder: string,
  { folderProblem, freeFolder, existing }: WizardOptions,
): Promise<string> {
  return ask.text({
    id: 'quickstart.new-folder',
    message: sentences.cliQuickstart.newFolderQuestion,
    why: sentences.cliQuickstart.folderStays(folder),
    help: questionHelp['quickstart.folder'],
    default: freeFolder(folder),
    problem: (value) =>
      folderProblem(value) ?? (existing(value) ? sentences.cliQuickstart.folderUsed : undefined),
  });
}

interface Asking extends Omit<WizardOptions, 'existing'> {
  existing?: ExistingFolder | undefined;
}

async function askAll(ask: Interview, options: Asking, plan: Plan): Promise<Decision> {
  const before = answersOf(plan);
  const { given } = options;
  let { passphrase } = options;
  let answers: Answers = before;
  let picked: PickedService | undefined;
  let requests: DeviceRequests | undefined;
  const askFields = async (fields: readonly [FieldPath, Field][]) => {
    for (const [path, field] of fields) {
      if (!isAsked(field, answers) || (picked && path in picked.answers)) continue;
      const asking = { ask, answers, before, problemThere: problemThere(picked, options.existing) };
      if (path === 'certificates.encryptKeys') {
        const encrypt = given.has(path)
          ? answers[path]
          : passphrase !== undefined || (await askEncryption(ask, answers[path]));
        if (encrypt && !options.existing?.hasEncryptedKeys)
          passphrase ??= await askNewPassphrase(ask, sentences.cliQuickstart.passphraseQuestion);
        answers = { ...answers, [path]: encrypt };
      } else if (path === 'devices.registrationIds' && !given.has(path)) {
        const asksForKeys =
          answers['devices.enrollment'] === 'group' && !given.has('certificates.deviceCertificates');
        const devices = await askDevices(asking, { asksForKeys });
        requests = devices.requests;
        const { registrationIds, details, keepKeys } = devices;
        answers = { ...answers, [path]: registrationIds, 'devices.details': details };
        if (asksForKeys) answers = { ...answers, 'certificates.deviceCertificates': keepKeys ? 'csr' : 'ca' };
      } else if (!given.has(path)) {
        answers = { ...answers, [path]: await askField(path, field, asking) };
      }
      // Those of a group have a common CA.
      if (
        path === 'devices.enrollment' &&
        answers[path] === 'group' &&
        !given.has('certificates.deviceCertificates')
      ) {
        const keepKeys = answers['certificates.deviceCertificates'] === 'csr';
        answers = { ...answers, 'certificates.deviceCertificates': keepKeys ? 'csr' : 'ca' };
      }
      if (path === 'target.kind' && answers[path] === 'azure' && !given.has('target.dpsName')) {
        picked = await askAzure(ask, options.account, answers, given);
        answers = { ...answers, ...picked?.answers };
      }
    }
    answers = withoutUnasked(answers, given);
  };

  await askFields(questionsOf('short'));
  const more = await ask.confirm({
    id: 'quickstart.more',
    message: sentences.cliQuickstart.moreQuestion,
    why: sentences.cliQuickstart.moreSettings,
    help: questionHelp['quickstart.more'],
    default: false,
  });
  if (more) await askFields(questionsOf('details'));
  else if (!given.has(caName)) {
    const name = freeName(caName, answers[caName], problemThere(picked, options.existing));
    answers = { ...answers, [caName]: name };
  }
  return approved(ask, options, () => checkPlan(planOf(answers, plan), sentences.cliQuickstart.yourAnswers), {
    passphrase,
    requests,
  });
}

/** Names that are taken in the provisioning service, and hubs that it does not have. */
function problemThere(
  picked: PickedService | undefined,
  existing: ExistingFolder | undefined,
): ((path: FieldPath, value: string) => string | undefined) | undefined {
  if (!picked?.service) return undefined;
  const { service, contents } = picked;
  const includes = (names: readonly string[] | undefined, name: string) =>
    names?.some((one) => one.toLowerCase() === name.toLowerCase()) === true;
  return (path, value) => {
    if (path === 'enrollmentGroup.iotHubs' && service.hubs.length > 0 && !includes(service.hubs, value)) {
      return sentences.cliQuickstart.hubNotLinked(value, service.name, service.hubs);
    }
    // A folder that was used before may have created them itself.
    if (existing) return undefined;
    if (path === 'enrollmentGroup.id' && includes(contents.groups, value)) {
      return sentences.cliQuickstart.groupExists(service.name, value);
    }
    if (path === caName && includes(contents.certificates, value)) {
      return sentences.cliQuickstart.certificateExists(service.name, value);
    }
    return undefined;
  };
}

async function askEncryption(ask: Interview, wasEncrypted: boolean): Promise<boolean> {
  const { message, help } = planFields['certificates.encryptKeys'].question;
  return ask.confirm({
    id: 'certificates.encryptKeys',
    message,
    why: help,
    help: questionHelp['certificates.encryptKeys'],
    default: wasEncrypted,
  });
}

/** Shows the plan, and returns when it is to be run. */
async function approved(
  ask: Interview,
  options: Pick<WizardOptions, 'folder' | 'passphrase' | 'show'>,
  plan: Plan | (() => Plan),
  given: { passphrase?: string | undefined; requests?: DeviceRequests | undefined } = {},
): Promise<Decision> {
  const { folder, show } = options;
  const { passphrase = options.passphrase, requests } = given;
  let checked: Plan;
  try {
    checked = typeof plan === 'function' ? plan() : plan;
  } catch (error) {
    if (!(error instanceof EnrollkitError) || error.code !== 'INVALID_PLAN') throw error;
    ask.say('quickstart.problem', `\n${error.message}`);
    return changeAnswer(ask);
  }
  ask.say('quickstart.summary', `\n${show(checked, folder)}\n`);
  const next = await ask.select({
    id: 'quickstart.run',
    message: sentences.cliQuickstart.runQuestion,
    help: questionHelp['quickstart.run'],
    default: 'run',
    choices: [
      { value: 'run', name: sentences.cliQuickstart.run, why: sentences.cliQuickstart.runEffect },
      {
        value: 'change',
        name: sentences.cliQuickstart.changeAnAnswer,
        why: sentences.cliQuickstart.othersKept,
      },
      {
        value: 'leave',
        name: sentences.cliQuickstart.quitWithoutRunning,
        why: sentences.cliQuickstart.quitEffect,
      },
    ],
  });
  if (next === 'run') {
    return { kind: 'run', plan: checked, folder, passphrase, ...(requests ? { requests } : {}) };
  }
  if (next === 'change') return changeAnswer(ask);
  throw new EnrollkitError('INTERRUPTED', sentences.cliQuickstart.cancelled, {
    next: sentences.cliQuickstart.runWhenReady,
  });
}

async function changeAnswer(ask: Interview): Promise<never> {
  const answered = ask.answered().filter(({ id }) => !approval.includes(id));
  const id = await ask.select({
    id: 'quickstart.change',
    message: sentences.cliQuickstart.whichAnswer,
    help: questionHelp['quickstart.change'],
    default: answered.at(-1)?.id ?? '',
    choices: answered.map(({ id, message, answer }) => ({
      value: id,
      name: message,
      detail: answer ?? '',
      why: sentences.cliQuickstart.asksAgain,
    })),
  });
  return ask.askAgain(id, ...approval);
}

/** Fields that are not asked for keep no answer of another plan. A flag is an answer, unless it contradicts others. */
function withoutUnasked(answers: Answers, given: ReadonlySet<FieldPath>): Answers {
  const reset = fieldEntries.flatMap(([path, field]) => {
    if (!('otherwise' in field) || isAsked(field, answers)) return [];
    const isKept = given.has(path) && field.conflict?.(answers) === undefined;
    return isKept ? [] : [[path, field.otherwise]];
  });
  return { ...answers, ...Object.fromEntries(reset) };
}
