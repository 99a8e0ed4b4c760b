/** Registers a device with DPS: sends the request, then polls, over HTTPS or MQTT. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EnrollkitError } from '../../errors.js';
import { type RegistrationOperation, registrationOperation } from '../contract/schemas.js';
import { type DeviceCredentials, openCredentials } from './device-credentials.js';
import type { AssignedRegistration, DeviceTransport, TransportReply } from './device-transport.js';
import { explainDpsError } from './explain.js';
import { readServiceMessage } from './http/reply-error.js';
import { backoffMs } from './http/retry.js';
import { repeatWhenLost } from './lost-connection.js';
import { type DeviceTarget, hasOwnTime, serviceClock } from './target.js';
import { isLostConnection } from './transport-failure.js';

export type { AssignedRegistration } from './device-transport.js';

export interface RegisterDeviceOptions extends DeviceCredentials {
  target: DeviceTarget;
  idScope: string;
  /** The common name of the device's certificate. */
  registrationId: string;
  protocol: 'mqtt' | 'https';
  /** Any JSON; passed to a custom allocation policy. */
  payload?: unknown;
  signal?: AbortSignal | undefined;
  /** For the whole registration. */
  timeoutMs?: number;
  /** Called when DPS throttles the device, with the milliseconds that it waits. */
  onThrottled?: ((ms: number) => void) | undefined;
}

/** The official SDKs poll at this interval without a Retry-After. */
const pollEveryMs = 2000;
/** Enough for several of Azure's waits of 3 seconds, and for a throttled fleet. */
const defaultTimeoutMs = 120_000;

/**
 * Registers a device and waits until it is assigned to a hub.
 *
 * @throws EnrollkitError DEVICE_NOT_AUTHORIZED, with the reason if it can be found locally; REGISTRATION_FAILED;
 *   THROTTLED, TIMEOUT, NETWORK, SERVER_NOT_TRUSTED, CLOCK_SKEW; what {@link openCredentials} throws; the signal's
 *   reason when it was aborted
 */
export async function registerDevice(options: RegisterDeviceOptions): Promise<AssignedRegistration> {
  const { protocol, registrationId, idScope, target, timeoutMs = defaultTimeoutMs, signal } = options;
  signal?.throwIfAborted();
  const clientCertificate = await openCredentials(options);
  const deadline = new AbortController();
  const timer = setTimeout(
    () =>
      deadline.abort(
        new EnrollkitError(
          'TIMEOUT',
          `DPS did not assign the device ${registrationId} to a hub within ${timeoutMs / 1000} seconds.`,
        ),
      ),
    timeoutMs,
  );
  const abort = () => deadline.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  const transportOptions = { target, idScope, registrationId, clientCertificate, signal: deadline.signal };
  const open = async (): Promise<DeviceTransport> =>
    protocol === 'mqtt'
      ? (await import('./device-mqtt.js')).openMqttTransport(transportOptions)
      : (await import('./device-https.js')).openHttpsTransport(transportOptions);
  let transport: DeviceTransport | undefined;
  // DPS answers a second registration of a device like the first one, so that all requests can be sent twice.
  const send: Send = (request) =>
    repeatWhenLost(async () => {
      transport ??= await open();
      const used = transport;
      return request(used).catch(async (error: unknown) => {
        if (!isLostConnection(error)) throw error;
        transport = undefined;
        await used.close();
        throw error;
      });
    }, deadline.signal);
  try {
    return await registerAndPoll(send, options, deadline.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    await transport?.close();
  }
}

type Send = (request: (over: DeviceTransport) => Promise<TransportReply>) => Promise<TransportReply>;

async function registerAndPoll(
  send: Send,
  options: RegisterDeviceOptions,
  signal: AbortSignal,
): Promise<AssignedRegistration> {
  const { registrationId, payload } = options;
  const body = { registrationId, ...(payload === undefined ? {} : { payload }) };
  let sendNext = () => send((transport) => transport.register(body));
  for (let refusals = 0; ; ) {
    const reply = await sendNext();
    if (reply.status >= 429) {
      // DPS throttles or has a problem; retry, as the official SDKs do.
      const ms = waitMs(reply.retryAfterMs, refusals);
      if (reply.status === 429) options.onThrottled?.(ms);
      await wait(ms, signal);
      refusals += 1;
      continue;
    }
    if (reply.status >= 300) throw await refusal(reply, options);
    const operation = readOperation(reply, options);
    const { status, operationId, registrationState } = operation;
    if (status === 'assigned') return assigned(operation, options);
    if (status === 'failed' || status === 'disabled') {
      throw await failure(registrationState?.errorCode, registrationState?.errorMessage, status, options);
    }
    if (!operationId) throw unexpected('it names no operation', options);
    await wait(reply.retryAfterMs ?? pollEveryMs, signal);
    sendNext = () => send((transport) => transport.getOperation(operationId));
  }
}

/** The wait that DPS requests, plus up to a quarter at random, so that the devices of a fleet do not return at once. */
function waitMs(retryAfterMs: number | undefined, refusals: number): number {
  if (retryAfterMs === undefined) return backoffMs(Math.min(refusals, 6));
  return retryAfterMs * (1 + Math.random() / 4);
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return signal.throwIfAborted();
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}

function assigned(
  { registrationState: state }: RegistrationOperation,
  options: RegisterDeviceOptions,
): AssignedRegistration {
  if (!state?.assignedHub) throw unexpected('it assigns the device to no hub', options);
  const { assignedHub, deviceId } = state;
  return { ...state, assignedHub, deviceId: deviceId ?? options.registrationId };
}

function readOperation({ bodyText }: TransportReply, options: RegisterDeviceOptions): RegistrationOperation {
  let body: unknown;
  try {
    body = JSON.parse(bodyText);
  } catch {
    throw unexpected('it is not JSON', options);
  }
  const parsed = registrationOperation.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw unexpected(`at ${issue.path.join('.') || 'its top'}, ${issue.message}`, options);
}

function unexpected(why: string, { registrationId }: RegisterDeviceOptions): EnrollkitError {
  return new EnrollkitError(
    'REFUSED',
    `DPS answered the registration of ${registrationId} with something unexpected: ${why}.`,
    { next: 'Check the global device endpoint, and that no proxy answers in its place.' },
  );
}

async function refusal(reply: TransportReply, options: RegisterDeviceOptions): Promise<EnrollkitError> {
  const { code, message } = readServiceMessage(reply.bodyText);
  return failure(typeof code === 'number' ? code : reply.status * 1000, message, 'failed', options);
}

const nextForChain =
  'Give the device a chain without these problems, then run the same command again; enrollkit cert verify checks one.';

/** The error for a refused registration: explains DPS's code, and checks the chain if that may be the cause. */
async function failure(
  errorCode: number | null | undefined,
  errorMessage: string | null | undefined,
  status: 'failed' | 'disabled',
  options: RegisterDeviceOptions,
): Promise<EnrollkitError> {
  const { registrationId, idScope, certificateChain, target } = options;
  const context = { registrationId, idScope, errorCode: errorCode ?? null, status };
  const serviceMessage = errorMessage ? readServiceMessage(errorMessage).message : undefined;
  const quoted = serviceMessage === undefined ? '' : `: ${serviceMessage.replace(/\.$/, '')}`;
  if (status === 'disabled') {
    return new EnrollkitError(
      'DEVICE_NOT_AUTHORIZED',
      `The enrollment of the device ${registrationId} is disabled${quoted}.`,
      { context, next: 'Enable its enrollment group, then run the same command again.' },
    );
  }
  const number = errorCode ?? 0;
  const explanation = explainDpsError(number);
  const code = [401, 403].includes(Math.floor(number / 1000))
    ? 'DEVICE_NOT_AUTHORIZED'
    : 'REGISTRATION_FAILED';
  const { diagnoseChain } = await import('./diagnose-chain.js');
  const at = serviceClock(target)();
  const chainProblems =
    code === 'DEVICE_NOT_AUTHORIZED' ? await diagnoseChain(certificateChain, registrationId, at) : [];
  const found = chainProblems.length > 0;
  // Its clock may be set to a time at which nothing seems to be wrong here.
  const byClock = found && hasOwnTime(target) ? [`Its clock says ${at.toISOString()}.`] : [];
  const why = found ? [...chainProblems, ...byClock].join(' ') : explanation?.meaning;
  return new EnrollkitError(
    code,
    `DPS did not register the device ${registrationId}${quoted} (${errorCode ?? 'no code'}).${why === undefined ? '' : ` ${why}`}`,
    {
      context: { ...context, ...(explanation ? { causes: explanation.causes } : {}), chain: chainProblems },
      ...(found ? { next: nextForChain } : explanation ? { next: explanation.next } : {}),
    },
  );
}
