/** Questions on the devices. */
import { registrationIdProblem, sameId } from '../../../dps/contract/ids.js';
import { maxDevices, type Plan } from '../../../quickstart/plan/plan.js';
import { numberedIds } from '../../input/plan-flags.js';
import type { Asker } from '../../terminal/asker.js';
import { listOf, wholeNumberProblem } from './problems.js';

type Devices = Plan['devices'];

export async function askRegistrationIds(ask: Asker, before: readonly string[]): Promise<string[]> {
  const numbered = numberingOf(before);
  const how = await ask.select({
    id: 'devices.naming',
    message: 'How are the devices named?',
    default: numbered ? 'numbered' : 'list',
    choices: [
      {
        value: 'numbered',
        name: 'Numbered',
        why: 'device-001, device-002, and so on, with a prefix of your choice.',
      },
      { value: 'list', name: 'By a list', why: 'Registration IDs of your own.' },
    ],
  });
  if (how === 'list') {
    const answer = await ask.text({
      id: 'devices.registrationIds',
      message: 'Registration IDs:',
      why: 'With commas between. Each is also the common name of a certificate.',
      default: before.join(', '),
      problem: registrationIdsProblem,
    });
    return listOf(answer);
  }
  const count = await ask.text({
    id: 'devices.count',
    message: 'How many devices?',
    why: 'Each gets a key and a certificate of its own, and is registered.',
    default: String(before.length),
    problem: wholeNumberProblem(1, maxDevices),
  });
  const prefix = await ask.text({
    id: 'devices.prefix',
    message: 'Their names begin with:',
    why: 'The number follows.',
    default: numbered ?? 'device-',
    problem: (value) => registrationIdProblem(numberedIds(value, Number(count)).at(-1)!),
  });
  return numberedIds(prefix, Number(count));
}

export async function askDeviceDetails(ask: Asker, before: Devices): Promise<Devices> {
  return {
    ...before,
    protocol: await ask.select({
      id: 'devices.protocol',
      message: 'How do the devices register?',
      default: before.protocol,
      choices: [
        { value: 'mqtt', name: 'MQTT', why: 'MQTT over TLS, port 8883: what most devices speak.' },
        { value: 'https', name: 'HTTPS', why: 'Port 443, where a firewall lets nothing else out.' },
      ],
    }),
    sendTelemetry: await ask.confirm({
      id: 'devices.sendTelemetry',
      message: 'Send a message from each device, and read its twin?',
      why: 'It proves that the device may use its hub.',
      default: before.sendTelemetry,
    }),
  };
}

/** The prefix of IDs that are numbered from one, or undefined. */
function numberingOf(ids: readonly string[]): string | undefined {
  const prefix = ids[0]?.replace(/0*1$/, '');
  if (prefix === undefined) return undefined;
  return numberedIds(prefix, ids.length).every((id, index) => id === ids[index]) ? prefix : undefined;
}

function registrationIdsProblem(value: string): string | undefined {
  const ids = listOf(value);
  if (ids.length === 0) return 'A registration ID is missing.';
  if (ids.length > maxDevices) return `At most ${maxDevices} devices.`;
  const twice = ids.find((id, index) => ids.findIndex((other) => sameId(id, other)) !== index);
  if (twice !== undefined) return `${twice} stands there twice; letter case does not count.`;
  return ids.map(registrationIdProblem).find((problem) => problem !== undefined);
}
