/** Devices from a file: registration IDs, and what single devices have besides. */

import { hubDeviceIdProblem } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { type ListedDevice, recordsOf } from '../../fleet/devices/list-records.js';
import { sentences } from '../../languages/language.js';
import { maxDevices, type Plan, type PlannedDevice, planFields } from '../../quickstart/plan/fields.js';
import { lookAt, readText } from '../../workspace/files.js';

export type DeviceFile =
  | { registrationIds: string[]; details: Plan['devices']['details'] }
  | { problem: string };

/** Larger files are those of fleets. */
const maxSize = 1_048_576;
/** The column of `fleet issue --list`. */
const column = 'registrationId';

/** What is wrong with the path of a file, in one sentence. */
export function deviceFileProblem(path: string): string | undefined {
  if (path.trim() === '') return sentences.cliQuickstart.nameFile;
  const found = lookAt(path);
  if (!found) return sentences.cliQuickstart.noFile(path);
  if (!found.isFile()) return sentences.cliQuickstart.notAFile(path);
  return found.size > maxSize ? sentences.cliQuickstart.fileTooLarge(path) : undefined;
}

/**
 * A CSV file with the column registrationId, and those of `deviceId` and `tags.NAME` where there are any; NDJSON; or one
 * registration ID per line. All of it is checked.
 */
export async function readDeviceFile(path: string): Promise<DeviceFile> {
  try {
    const text = readText(path).replace(/^\uFEFF/, '');
    const isPlain = !text.trimStart().startsWith('{') && !text.split(/\r?\n/, 1)[0]!.includes(column);
    const records = isPlain ? linesOf(text) : await recordsIn(path);
    const { problem, listProblem, empty } = planFields['devices.registrationIds'];
    if (records.length === 0) return { problem: empty };
    if (records.length > maxDevices) {
      return {
        problem: sentences.cliQuickstart.tooManyDevices(records.length, maxDevices),
      };
    }
    for (const { line, id, details } of records) {
      const deviceId = details?.deviceId;
      const wrong = problem(id) ?? (deviceId === undefined ? undefined : hubDeviceIdProblem(deviceId));
      if (wrong !== undefined) return { problem: sentences.cliQuickstart.lineProblem(line, wrong) };
    }
    const registrationIds = records.map(({ id }) => id);
    const wrong = listProblem(registrationIds);
    if (wrong === undefined) return { registrationIds, details: detailsOf(records) };
    return { problem: sentences.cliQuickstart.lineProblem(records[wrong.index ?? 0]!.line, wrong.message) };
  } catch (error) {
    if (error instanceof EnrollkitError) return { problem: error.message };
    throw error;
  }
}

interface Listed {
  line: number;
  id: string;
  details?: PlannedDevice;
}

function detailsOf(records: readonly Listed[]): Plan['devices']['details'] {
  const found = records.flatMap(({ id, details }) => (details ? [[id, details] as const] : []));
  return found.length === 0 ? null : Object.fromEntries(found);
}

function linesOf(text: string): Listed[] {
  return text
    .split(/\r?\n/)
    .flatMap((line, index) => (line.trim() === '' ? [] : [{ line: index + 1, id: line.trim() }]));
}

/** @throws EnrollkitError INVALID_DEVICE_LIST, FILE_UNREADABLE */
async function recordsIn(path: string): Promise<Listed[]> {
  const found: Listed[] = [];
  for await (const { line, device } of recordsOf(path, { deviceIds: true })) {
    if (typeof device === 'string')
      throw new EnrollkitError(
        'INVALID_DEVICE_LIST',
        sentences.cliQuickstart.deviceLineProblem(line, device),
      );
    const details = plannedDevice(device);
    found.push({ line, id: device.registrationId, ...(details ? { details } : {}) });
  }
  return found;
}

/** Undefined for a device of which nothing but its registration ID is listed. */
function plannedDevice({ registrationId, deviceId, tags = {} }: ListedDevice): PlannedDevice | undefined {
  const given = Object.entries(tags).filter(([, value]) => value !== '');
  const details: PlannedDevice = {
    ...(deviceId === undefined || deviceId === registrationId ? {} : { deviceId }),
    ...(given.length === 0 ? {} : { tags: Object.fromEntries(given) }),
  };
  return Object.keys(details).length === 0 ? undefined : details;
}
