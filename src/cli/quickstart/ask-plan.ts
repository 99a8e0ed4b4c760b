/** The wizard's dialogue: questions that lead to a plan. It makes nothing. */
import { EnrollkitError } from '../../errors.js';
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
import type { Asker } from '../terminal/asker.js';
import { askField, isAsked, questionsOf } from './ask-field.js';
import { askRegistrationIds } from './ask-registration-ids.js';
import { planSummary } from './plan-summary.js';

export interface Dialogue {
  plan: Plan;
  /** The certificate folder as it was typed. */
  folder: string;
  /** Undefined when the keys are not encrypted. */
  passphrase: string | undefined;
}

export interface DialogueOptions {
  /** What Enter gives on every question. */
  plan: Plan;
  /** The fields that were given as flags: they are answers even where nothing is asked. */
  given?: ReadonlySet<FieldPath>;
  folder: string;
  /** From a file or the environment; then it is not asked for. */
  passphrase: string | undefined;
  folderProblem: (folder: string) => string | undefined;
}

/**
 * Asks until the plan is approved.
 *
 * @throws EnrollkitError INTERRUPTED when the user quits
 */
export async function askPlan(ask: Asker, options: DialogueOptions): Promise<Dialogue> {
  let dialogue: Dialogue = { plan: options.plan, folder: options.folder, passphrase: options.passphrase };
  for (;;) {
    dialogue = await askAll(ask, { ...options, plan: dialogue.plan, folder: dialogue.folder });
    ask.say('quickstart.summary', `\n${planSummary(dialogue.plan, dialogue.folder)}\n`);
    const next = await ask.select({
      id: 'quickstart.run',
      message: 'Shall it be so?',
      default: 'run',
      choices: [
        { value: 'run', name: 'Yes, run it', why: 'The plan is saved, then it runs; nothing more is asked.' },
        {
          value: 'change',
          name: 'Change answers',
          why: 'The same questions again; Enter keeps what you said.',
        },
        { value: 'leave', name: 'Leave', why: 'Nothing is made, nothing is saved.' },
      ],
    });
    if (next === 'run') return dialogue;
    if (next === 'leave') {
      throw new EnrollkitError('INTERRUPTED', 'You left, and nothing was made.', {
        next: 'Run the same command again when you are ready.',
      });
    }
  }
}

async function askAll(ask: Asker, options: DialogueOptions): Promise<Dialogue> {
  const before = answersOf(options.plan);
  const given = options.given ?? new Set();
  let { folder, passphrase } = options;
  let answers: Answers = before;
  const askFields = async (fields: readonly [FieldPath, Field][]) => {
    for (const [path, field] of fields) {
      if (!isAsked(field, answers)) continue;
      const asking = { ask, answers, before };
      let answer: unknown;
      if (path === 'certificates.encryptKeys') {
        passphrase ??= await askPassphrase(ask, answers[path]);
        answer = passphrase !== undefined;
      } else if (path === 'devices.registrationIds') answer = await askRegistrationIds(asking);
      else answer = await askField(path, field, asking);
      answers = { ...answers, [path]: answer };
    }
    answers = withoutUnasked(answers, given);
  };

  const short = questionsOf('short');
  const aboutCertificates = short.findIndex(([path]) => path.startsWith('certificates.'));
  await askFields(short.slice(0, aboutCertificates));
  folder = await ask.text({
    id: 'quickstart.folder',
    message: 'Folder for certificates and keys:',
    why: 'It is made when it is not there.',
    default: folder,
    problem: options.folderProblem,
  });
  await askFields(short.slice(aboutCertificates));
  const more = await ask.confirm({
    id: 'quickstart.more',
    message: 'Change anything else?',
    why: 'Names of the CAs, validity, attestation, hubs, initial twin, IoT Edge, protocol, ...',
    default: false,
  });
  if (more) await askFields(questionsOf('details'));
  return { plan: checkPlan(planOf(answers, options.plan), 'What you answered'), folder, passphrase };
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

/** @returns the passphrase; undefined if the keys are not to be encrypted */
async function askPassphrase(ask: Asker, wasEncrypted: boolean): Promise<string | undefined> {
  const { message, help } = planFields['certificates.encryptKeys'].question;
  const encrypt = await ask.confirm({
    id: 'certificates.encryptKeys',
    message,
    why: help,
    default: wasEncrypted,
  });
  if (!encrypt) return undefined;
  const passphrase = await ask.secret({
    id: 'passphrase.new',
    message: 'Passphrase:',
    why: wasEncrypted
      ? 'That of the keys that are there. It is not shown, and kept nowhere.'
      : 'It is not shown, and kept nowhere.',
    problem: (value) => (value.trim() === '' ? 'The passphrase is missing.' : undefined),
  });
  await ask.secret({
    id: 'passphrase.repeat',
    message: 'Again:',
    why: 'So that a slip of the finger locks nothing.',
    problem: (again) => (again === passphrase ? undefined : 'This is not the same yet.'),
  });
  return passphrase;
}
