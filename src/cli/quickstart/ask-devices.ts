/** Asks for the devices: by number, by a list, by a file, or by their certificate requests. */
import { sameId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { maxDevices, type Plan, planFields } from '../../quickstart/plan/fields.js';
import { numberedIds } from '../input/plan-flags.js';
import { type Asking, askField, fieldListProblem, listOf, wholeNumberProblem } from './ask-field.js';
import { deviceFileProblem, readDeviceFile } from './device-file.js';
import { type DeviceRequests, readRequests } from './given-devices.js';
import { questionHelp } from './question-help.js';

const path = 'devices.registrationIds';

export interface AskedDevices {
  registrationIds: string[];
  details: Plan['devices']['details'];
  /** Undefined if the devices do not keep their keys. */
  requests?: DeviceRequests | undefined;
  /** Whether they keep their keys, if that was asked along with their names. */
  keepKeys?: boolean;
}

interface DeviceOptions {
  /** A plan whose devices are kept: only further ones are asked for. */
  existing?: Plan;
  /** Whether to ask if the devices keep their keys; otherwise the answers say it. */
  asksForKeys?: boolean;
}

export async function askDevices(
  asking: Asking,
  { existing, asksForKeys = false }: DeviceOptions = {},
): Promise<AskedDevices> {
  const { answers } = asking;
  const keepKeys = answers['certificates.deviceCertificates'] === 'csr';
  if (keepKeys && !asksForKeys) return askRequests(asking, existing);
  const naming = await askNaming(asking, existing, asksForKeys);
  if (naming === 'requests') return { ...(await askRequests(asking, existing)), keepKeys: true };
  return { ...(await askNamed(asking, naming, existing)), keepKeys: false };
}

async function askNamed(asking: Asking, naming: Naming, existing: Plan | undefined): Promise<AskedDevices> {
  const { answers } = asking;
  const { registrationIds, details } = await askIds(asking, naming, existing);
  if (naming !== 'list' || existing) return { registrationIds, details };
  // What is known of devices that stay in the list stays, too.
  const kept = Object.entries(answers['devices.details'] ?? {}).filter(([id]) =>
    registrationIds.some((one) => sameId(one, id)),
  );
  const isKept = answers['devices.enrollment'] === 'individual' && kept.length > 0;
  return { registrationIds, details: isKept ? Object.fromEntries(kept) : null };
}

type Naming = 'numbered' | 'list' | 'file' | 'requests';

async function askNaming(
  { ask, answers }: Asking,
  existing: Plan | undefined,
  asksForKeys: boolean,
): Promise<Naming> {
  const keepKeys = answers['certificates.deviceCertificates'] === 'csr';
  const named = prefixOf(answers[path]) === undefined ? 'list' : 'numbered';
  return ask.select<Naming>({
    id: 'devices.naming',
    message: existing ? sentences.cliQuickstart.howNewNamed : sentences.cliQuickstart.howNamed,
    help: questionHelp['devices.naming'],
    default: keepKeys ? 'requests' : named,
    choices: [
      {
        value: 'numbered',
        name: sentences.cliQuickstart.numbered,
        why: sentences.cliQuickstart.numberedEffect,
      },
      { value: 'list', name: sentences.cliQuickstart.fromList, why: sentences.cliQuickstart.fromListEffect },
      { value: 'file', name: sentences.cliQuickstart.fromFile, why: sentences.cliQuickstart.fileFormat },
      ...(asksForKeys
        ? [
            {
              value: 'requests' as const,
              name: sentences.quickstartPlan.csrLabel,
              why: sentences.quickstartPlan.csrHelp,
            },
          ]
        : []),
    ],
  });
}

async function askIds(
  asking: Asking,
  naming: Naming,
  existing: Plan | undefined,
): Promise<Omit<AskedDevices, 'requests'>> {
  const { ask, answers } = asking;
  const previous = answers[path];
  if (naming === 'file') return askFile(asking, existing ? previous : []);
  if (naming === 'list') {
    const registrationIds = existing
      ? await askFurther(asking, previous)
      : ((await askField(path, planFields[path], asking)) as string[]);
    return { registrationIds, details: null };
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
    default: prefixOf(previous) ?? 'device-',
    problem: (value) =>
      planFields[path].problem(idsFor(value, Number(count), existing ? previous : []).at(-1)!),
  });
  const registrationIds = idsFor(prefix, Number(count), existing ? previous : []);
  return { registrationIds, details: null };
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

async function askFile({ ask, answers }: Asking, previous: readonly string[]): Promise<AskedDevices> {
  const path = await ask.text({
    id: 'devices.file',
    message: sentences.cliQuickstart.fileQuestion,
    why:
      answers['devices.enrollment'] === 'individual'
        ? sentences.cliQuickstart.fileFormatWithDetails
        : sentences.cliQuickstart.fileFormat,
    help: questionHelp['devices.file'],
    default: '',
    problem: deviceFileProblem,
  });
  const key = `devices ${path}`;
  const read = await ask.find(key, () => readDeviceFile(path), {
    registrationIds: [],
    details: null,
  });
  const problem =
    'problem' in read
      ? read.problem
      : (fieldListProblem(
          planFields['devices.registrationIds'],
          [...previous, ...read.registrationIds],
          answers,
        ) ??
        planFields['devices.details'].conflict({
          ...answers,
          'devices.registrationIds': read.registrationIds,
          'devices.details': read.details,
        }));
  // While questions are counted, nothing is read.
  const isCounted = 'registrationIds' in read && read.registrationIds.length === 0;
  if (problem === undefined || isCounted)
    return 'problem' in read ? { registrationIds: [], details: null } : read;
  ask.say('devices.file-problem', `${path}: ${problem}`);
  return ask.lookAgain(key, 'devices.file');
}

/** The devices are those whose requests are given; for a plan with such devices, nothing need be given. */
async function askRequests({ ask, answers, before }: Asking, existing?: Plan): Promise<AskedDevices> {
  const previous = answers[path];
  const hasRequests = !existing && before['certificates.deviceCertificates'] === 'csr';
  const answer = await ask.text({
    id: 'devices.requests',
    message: sentences.cliQuickstart.requestsQuestion,
    why: hasRequests
      ? sentences.cliQuickstart.requestsKept(previous.length)
      : sentences.cliQuickstart.requestsFormat,
    help: questionHelp['devices.requests'],
    default: '',
    problem(value) {
      if (value.trim() === '') return hasRequests ? undefined : sentences.cliQuickstart.nameFile;
      const read = requestsIn(value);
      if (typeof read === 'string') return read;
      return fieldListProblem(planFields[path], [...(existing ? previous : []), ...read.keys()], answers);
    },
  });
  const read = answer.trim() === '' ? new Map<string, string>() : requestsIn(answer);
  if (typeof read === 'string') return { registrationIds: [], details: null };
  if (read.size === 0 && hasRequests)
    return { registrationIds: [...previous], details: answers['devices.details'] };
  return { registrationIds: [...read.keys()], details: null, requests: read };
}

/** @returns what is wrong, in one sentence */
function requestsIn(paths: string): DeviceRequests | string {
  try {
    return readRequests(
      paths
        .split(',')
        .map((path) => path.trim())
        .filter((path) => path !== ''),
    );
  } catch (error) {
    if (error instanceof EnrollkitError) return error.message;
    throw error;
  }
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
