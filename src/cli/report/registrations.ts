/** What a recording says about the registration of each device. */
import type { RecordedRequest, Recording } from '../../quickstart/recording/schema.js';

export interface Registration {
  registrationId: string;
  /** As DPS answered last, such as `assigned`; undefined if the run did not come to it. */
  status?: string;
  assignedHub?: string;
  deviceId?: string;
  /** From the first connection to DPS to its last answer; undefined if the device was registered before. */
  milliseconds?: number;
  /** Why it was refused: the error code of DPS, or the code of the connection. */
  error?: string;
}

const step = 'register-devices';

/** A registration for each device of the plan, in its order. */
export function registrationsOf(recording: Recording): Registration[] {
  const requests = recording.steps.filter(({ id }) => id === step).flatMap(({ requests: sent }) => sent);
  const byDevice = new Map<string, RecordedRequest[]>();
  for (const request of requests) {
    const device = deviceOf(request);
    if (device === undefined) continue;
    byDevice.set(device, [...(byDevice.get(device) ?? []), request]);
  }
  return recording.plan.devices.registrationIds.map((registrationId) => ({
    registrationId,
    ...outcomeOf(byDevice.get(registrationId) ?? []),
  }));
}

function deviceOf({ plane, url, clientId }: RecordedRequest): string | undefined {
  if (plane !== 'device' && plane !== 'service') return undefined;
  if (clientId !== undefined) return clientId;
  const [, name] = /\/registrations\/([^/?\s]+)/.exec(url) ?? [];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    return name;
  }
}

function outcomeOf(requests: readonly RecordedRequest[]): Omit<Registration, 'registrationId'> {
  const records = requests.map(recordIn).filter((one) => one !== undefined);
  const found = records.findLast(({ status }) => status === 'assigned') ?? records.at(-1);
  const byDevice = requests.filter(({ plane }) => plane === 'device');
  const error = found?.status === 'assigned' ? undefined : errorOf(byDevice.at(-1));
  return {
    ...found,
    ...(byDevice.length > 0 ? { milliseconds: durationOf(byDevice) } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** The registration record in an answer: that of the service, or the state in the answer to a device. */
function recordIn({
  answer,
}: RecordedRequest): Pick<Registration, 'status' | 'assignedHub' | 'deviceId'> | undefined {
  const body = membersOf(answer?.body);
  const state = membersOf(body.registrationState);
  const text = (name: string) =>
    [state[name], body[name]].find((value) => typeof value === 'string') as string | undefined;
  const status = text('status');
  if (status === undefined) return undefined;
  const [assignedHub, deviceId] = [text('assignedHub'), text('deviceId')];
  return {
    status,
    ...(assignedHub ? { assignedHub } : {}),
    ...(deviceId ? { deviceId } : {}),
  };
}

function errorOf(request: RecordedRequest | undefined): string | undefined {
  if (request?.failure) return String(request.failure.reason ?? request.failure.code);
  const body = membersOf(request?.answer?.body);
  const code = body.errorCode ?? membersOf(body.registrationState).errorCode;
  if (typeof code === 'number' && code > 0) return String(code);
  const status = request?.answer?.status ?? 0;
  return status >= 400 ? String(status) : undefined;
}

function durationOf(requests: readonly RecordedRequest[]): number {
  const times = requests.map(({ at, elapsedMs }) => [Date.parse(at), Date.parse(at) + elapsedMs] as const);
  const start = times.reduce((first, [from]) => Math.min(first, from), Number.POSITIVE_INFINITY);
  const end = times.reduce((last, [, to]) => Math.max(last, to), 0);
  return Math.round(end - start);
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
