/** Asks for the devices: by number, or by a list of registration IDs. */
import { sentences } from '../../languages/language.js';
import { maxDevices, type Plan, planFields } from '../../quickstart/plan/fields.js';
import { numberedIds } from '../input/plan-flags.js';
import { type Asking, askField, fieldListProblem, listOf, wholeNumberProblem } from './ask-field.js';
import { deviceFileProblem, readDeviceFile } from './device-file.js';
import { questionHelp } from './question-help.js';

const path = 'devices.registrationIds';

/** @param existing a plan whose devices are kept: only further ones are asked for */
export async function askRegistrationIds(asking: Asking, existing?: Plan): Promise<string[]> {
  const { ask, answers } = asking;
  const previous = answers[path];
  const previousPrefix = prefixOf(previous);
  const naming = await ask.select({
    id: 'devices.naming',
    message: existing ? sentences.cliQuickstart.howNewNamed : sentences.cliQuickstart.howNamed,
    help: questionHelp['devices.naming'],
    default: previousPrefix === undefined ? 'list' : 'numbered',
    choices: [
      {
        value: 'numbered',
        name: sentences.cliQuickstart.numbered,
        why: sentences.cliQuickstart.numberedEffect,
      },
      { value: 'list', name: sentences.cliQuickstart.fromList, why: sentences.cliQuickstart.fromListEffect },
      { value: 'file', name: sentences.cliQuickstart.fromFile, why: sentences.cliQuickstart.fileFormat },
    ],
  });
  if (naming === 'file') return askFile(asking, existing ? previous : []);
  if (naming === 'list') {
    return existing
      ? askFurther(asking, previous)
      : ((await askField(path, planFields[path], asking)) as string[]);
  }
  const count = await ask.text({
    id: 'devices.count',
    message: existing ? sentences.cliQuickstart.howManyNew : sentences.cliQuickstart.howMany,
    why: sentences.cliQuickstart.countEffect,
    help: questionHelp['devices.count'],
    default: existing ? '1' : String(previous.length),
    problem: wholeNumberProblem(1, maxDevices - (existing ? previous.length : 0)),
  });
  const prefix = await ask.text({
    id: 'devices.prefix',
    message: sentences.cliQuickstart.prefixQuestion,
    why: existing ? sentences.cliQuickstart.numberingContinues : sentences.cliQuickstart.numberFollows,
    help: questionHelp['devices.prefix'],
    default: previousPrefix ?? 'device-',
    problem: (value) =>
      planFields[path].problem(idsFor(value, Number(count), existing ? previous : []).at(-1)!),
  });
  return idsFor(prefix, Number(count), existing ? previous : []);
}

async function askFurther({ ask, answers }: Asking, previous: readonly string[]): Promise<string[]> {
  const answer = await ask.text({
    id: 'devices.further',
    message: sentences.cliQuickstart.newIdsQuestion,
    why: sentences.cliQuickstart.separated,
    help: questionHelp['devices.registrationIds'],
    default: '',
    problem: (value) =>
      listOf(value).length === 0
        ? planFields[path].empty
        : fieldListProblem(planFields[path], [...previous, ...listOf(value)], answers),
  });
  return listOf(answer);
}

async function askFile({ ask, answers }: Asking, previous: readonly string[]): Promise<string[]> {
  const path = await ask.text({
    id: 'devices.file',
    message: sentences.cliQuickstart.fileQuestion,
    why: sentences.cliQuickstart.fileFormat,
    help: questionHelp['devices.file'],
    default: '',
    problem: deviceFileProblem,
  });
  const key = `devices ${path}`;
  const read = await ask.find(key, () => readDeviceFile(path), { registrationIds: [] });
  const problem =
    'problem' in read
      ? read.problem
      : fieldListProblem(
          planFields['devices.registrationIds'],
          [...previous, ...read.registrationIds],
          answers,
        );
  // While questions are counted, nothing is read.
  const isCounted = 'registrationIds' in read && read.registrationIds.length === 0;
  if (problem === undefined || isCounted) return 'problem' in read ? [] : read.registrationIds;
  ask.say('devices.file-problem', `${path}: ${problem}`);
  return ask.lookAgain(key, 'devices.file');
}

/** Numbered IDs of this prefix that are not among the existing ones. */
function idsFor(prefix: string, count: number, existing: readonly string[]): string[] {
  const taken = new Set(existing.map((id) => id.toLowerCase()));
  return numberedIds(prefix, existing.length + count)
    .filter((id) => !taken.has(id.toLowerCase()))
    .slice(0, count);
}

/** The prefix of IDs that are numbered from one; undefined for others. */
function prefixOf(ids: readonly string[]): string | undefined {
  const prefix = ids[0]?.replace(/0*1$/, '');
  if (prefix === undefined) return undefined;
  return numberedIds(prefix, ids.length).every((id, index) => id === ids[index]) ? prefix : undefined;
}
