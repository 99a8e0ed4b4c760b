/** The devices that files give: a list with `--devices`, and certificate requests with `--csr`. */

import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { sameId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { pemEncode } from '../../pki/containers/pem.js';
import { registrationIdOf } from '../../quickstart/device-requests.js';
import type { FieldPath, Plan } from '../../quickstart/plan/fields.js';
import { isFolder } from '../../workspace/files.js';
import { contentsOf, naming } from '../input/read-file.js';
import { isRequest, readRequest } from '../input/request-file.js';
import { readDeviceFile } from './device-file.js';

/** Certificate requests by registration ID; PEM. */
export type DeviceRequests = ReadonlyMap<string, string>;

export interface GivenDevices {
  /** Undefined if other flags, or a plan, say which devices there are. */
  registrationIds: string[] | undefined;
  details: Plan['devices']['details'];
  requests: DeviceRequests;
}

interface DeviceFlags {
  readonly devices?: string | undefined;
  readonly csr?: readonly string[] | undefined;
  readonly device?: readonly string[] | undefined;
  readonly count?: number | undefined;
  readonly devicePrefix?: string | undefined;
  readonly plan?: string | undefined;
}

/**
 * Reads the files that flags name.
 *
 * @returns undefined without such flags
 * @throws EnrollkitError USAGE, INVALID_DEVICE_LIST; as {@link readRequests}
 */
export async function givenDevices(flags: DeviceFlags): Promise<GivenDevices | undefined> {
  const { devices, csr, device, count, devicePrefix, plan } = flags;
  if (devices === undefined && csr === undefined) return undefined;
  const isNamed = device !== undefined || count !== undefined || devicePrefix !== undefined;
  if (devices !== undefined && isNamed) {
    throw new EnrollkitError('USAGE', sentences.cliQuickstart.devicesTwice, {
      next: sentences.cliInput.plan.omitOne,
    });
  }
  const requests = readRequests(csr ?? []);
  const isListed = isNamed || plan !== undefined;
  const ofRequests = csr === undefined || isListed ? undefined : [...requests.keys()];
  if (devices === undefined) return { registrationIds: ofRequests, details: null, requests };
  const read = await readDeviceFile(devices);
  if (!('problem' in read)) return { ...read, requests };
  throw new EnrollkitError('INVALID_DEVICE_LIST', `${devices}: ${read.problem}`, {
    next: sentences.cliQuickstart.deviceFileNext,
  });
}

/** The fields of a plan that they answer. */
export function fieldsGivenBy(given: GivenDevices | undefined): FieldPath[] {
  if (!given) return [];
  return [
    ...(given.registrationIds ? (['devices.registrationIds', 'devices.details'] as const) : []),
    ...(given.requests.size > 0 ? (['certificates.deviceCertificates'] as const) : []),
  ];
}

/** The plan with them in it; rules are checked later. */
export function withDevices(plan: Plan, given: GivenDevices | undefined): Plan {
  if (!given) return plan;
  const { registrationIds, details, requests } = given;
  const certificates = { ...plan.certificates, deviceCertificates: 'csr' as const };
  return {
    ...plan,
    ...(requests.size > 0 ? { certificates } : {}),
    ...(registrationIds ? { devices: { ...plan.devices, registrationIds, details } } : {}),
  };
}

/** @throws EnrollkitError USAGE for requests that the plan does not use */
export function assertUsed(requests: DeviceRequests, { certificates, devices }: Plan): void {
  const usage = (message: string, next: string) => new EnrollkitError('USAGE', message, { next });
  if (requests.size > 0 && certificates.deviceCertificates !== 'csr') {
    throw usage(sentences.cliQuickstart.csrNotUsed, sentences.cliQuickstart.csrNotUsedNext);
  }
  for (const id of requests.keys()) {
    if (devices.registrationIds.some((one) => sameId(one, id))) continue;
    throw usage(sentences.cliQuickstart.csrOfNoDevice(id), sentences.cliQuickstart.csrOfNoDeviceNext(id));
  }
}

/** What names of files in a folder of certificate requests end with. */
const requestExtensions = ['.csr', '.pem', '.req', '.p10', '.der'];

/**
 * Certificate requests from files, and from all files of folders whose names end like those of requests. What else is in
 * a folder, such as the key that `cert csr` wrote beside its request, is left alone.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_CERTIFICATE_REQUEST; USAGE for two of the same device
 */
export function readRequests(paths: readonly string[]): DeviceRequests {
  const found = new Map<string, { pem: string; path: string }>();
  for (const path of paths.flatMap(filesOf)) {
    const request = readRequest(path);
    const id = naming(path, () => registrationIdOf(request));
    const same = [...found].find(([one]) => sameId(one, id))?.[1];
    if (same) {
      throw new EnrollkitError('USAGE', sentences.cliQuickstart.csrTwice(id, same.path, path), {
        next: sentences.cliInput.plan.omitOne,
      });
    }
    found.set(id, { pem: pemEncode('CERTIFICATE REQUEST', request.der), path });
  }
  return new Map([...found].map(([id, { pem }]) => [id, pem]));
}

function filesOf(path: string): string[] {
  if (!isFolder(path)) return [path];
  const files = readdirSync(path)
    .filter((name) => requestExtensions.includes(extname(name).toLowerCase()))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => !holdsSomethingElse(file));
  if (files.length > 0) return files;
  throw new EnrollkitError('FILE_UNREADABLE', sentences.cliQuickstart.noCsrIn(path, requestExtensions));
}

/** Whether a file is known to have no request. A file that cannot be read may have one. */
function holdsSomethingElse(path: string): boolean {
  try {
    return !isRequest(contentsOf(path));
  } catch (error) {
    if (error instanceof EnrollkitError) return false;
    throw error;
  }
}
