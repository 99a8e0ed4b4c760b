/** Asks for the devices: by number, or by a list of registration IDs. */
import { maxDevices, planFields } from '../../quickstart/plan/fields.js';
import { numberedIds } from '../input/plan-flags.js';
import { type Asking, askField, wholeNumberProblem } from './ask-field.js';

const path = 'devices.registrationIds';

export async function askRegistrationIds(asking: Asking): Promise<unknown> {
  const { ask, answers } = asking;
  const previous = answers[path];
  const previousPrefix = prefixOf(previous);
  const naming = await ask.select({
    id: 'devices.naming',
    message: 'How are the devices named?',
    default: previousPrefix === undefined ? 'list' : 'numbered',
    choices: [
      {
        value: 'numbered',
        name: 'Numbered',
        why: 'device-001, device-002, and so on, with a prefix of your choice.',
      },
      { value: 'list', name: 'By a list', why: 'Registration IDs of your own.' },
    ],
  });
  if (naming === 'list') return askField(path, planFields[path], asking);
  const count = await ask.text({
    id: 'devices.count',
    message: 'How many devices?',
    why: 'Each gets a key and a certificate of its own, and is registered.',
    default: String(previous.length),
    problem: wholeNumberProblem(1, maxDevices),
  });
  const prefix = await ask.text({
    id: 'devices.prefix',
    message: 'Their names begin with:',
    why: 'The number follows.',
    default: previousPrefix ?? 'device-',
    problem: (value) => planFields[path].problem(numberedIds(value, Number(count)).at(-1)!),
  });
  return numberedIds(prefix, Number(count));
}

/** The prefix of IDs that are numbered from one; undefined for others. */
function prefixOf(ids: readonly string[]): string | undefined {
  const prefix = ids[0]?.replace(/0*1$/, '');
  if (prefix === undefined) return undefined;
  return numberedIds(prefix, ids.length).every((id, index) => id === ids[index]) ? prefix : undefined;
}
