/** Registers a device with DPS: sends the request, then polls, over HTTPS, MQTT or AMQP. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ZodType } from 'zod';
import { EnrollkitError, isAbort } from '../../errors.js';
import { explainServiceCode } from '../../explanations/explain.js';
import { sentences } from '../../languages/language.js';
import { apiVersions, csrApiVersion } from '../contract/api-versions.js';
import { type RegistrationOperation, registrationOperation, registrationState } from '../contract/schemas.js';
import {
  type ClientCertificate,
  type DeviceCredentials,
  openCredentials,
  withCredentials,
} from './device-credentials.js';
import type {
  AssignedRegistration,
  DeviceTransport,
  DeviceTransportOptions,
  TransportReply,
} from './device-transport.js';
import { chainProblemCodes, type Problem } from './diagnosis/problem.js';
import type { ReadServiceFacts } from './diagnosis/service-facts.js';
import { readServiceMessage } from './http/reply-error.js';
import { backoffMs } from './http/retry.js';
import { repeatWhenLost } from './lost-connection.js';
import { type DeviceTarget, hasOwnTime, serviceClock } from './target.js';
import { isLostConnection, mqttServerUnavailable } from './transport-failure.js';

export type { AssignedRegistration } from './device-transport.js';

export type DeviceProtocol = 'mqtt' | 'https' | 'amqp';

const openTransport: Record<DeviceProtocol, (options: DeviceTransportOptions) => Promise<DeviceTransport>> = {
  mqtt: async (options) => (await import('./device-mqtt.js')).openMqttTransport(options),
  https: async (options) => (await import('./device-https.js')).openHttpsTransport(options),
  amqp: async (options) => (await import('./device-amqp.js')).openAmqpTransport(options),
};

export interface RegisterDeviceOptions extends DeviceCredentials {
  target: DeviceTarget;
  idScope: string;
  /** The common name of the device's certificate. */
  registrationId: string;
  protocol: DeviceProtocol;
  /** Any JSON; passed to a custom allocation policy. */
  payload?: unknown;
  /**
   * A certificate request with the registration ID as its common name, base64 of DER: the device asks DPS for an
   * operational certificate. The answer has it as `issuedCertificateChain`, if the enrollment has a policy.
   */
  certificateRequest?: string | undefined;
  signal?: AbortSignal | undefined;
  /** For the whole registration. */
  timeoutMs?: number;
  /** Called when DPS throttles the device, with the milliseconds that it waits. */
  onThrottled?: ((ms: number) => void) | undefined;
  /** Reads what the provisioning service has, to find out why it refused the device; see `serviceFactsReader`. */
  readServiceFacts?: ReadServiceFacts | undefined;
}

/** The official SDKs poll at this interval without a Retry-After. */
const pollEveryMs = 2000;
/** By how much the waits between polls grow. */
const pollStepMs = 10;
/** Enough for several of Azure's waits of 3 seconds, and for a throttled fleet. */
const defaultTimeoutMs = 120_000;

/**
 * Registers a device and waits until it is assigned to a hub.
 *
 * @throws EnrollkitError DEVICE_NOT_AUTHORIZED, with the reasons that were found as `context.causes`; REGISTRATION_FAILED;
 *   THROTTLED, TIMEOUT, NETWORK, SERVER_NOT_TRUSTED, CLOCK_SKEW; what {@link openCredentials} throws; the signal's
 *   reason when it was aborted
 */
export async function registerDevice(options: RegisterDeviceOptions): Promise<AssignedRegistration> {
  options.signal?.throwIfAborted();
  return withCredentials(options, options.target.trust, (certificate) => registerWith(certificate, options));
}

/**
 * {@link registerDevice} with credentials that were opened before.
 *
 * @throws EnrollkitError as {@link registerDevice}, except for what {@link openCredentials} throws
 */
export async function registerWith(
  clientCertificate: ClientCertificate,
  options: RegisterDeviceOptions,
): Promise<AssignedRegistration> {
  const { protocol, registrationId, idScope, target, timeoutMs = defaultTimeoutMs, signal } = options;
  signal?.throwIfAborted();
  const deadline = new AbortController();
  let last: LastAnswer | undefined;
  const timer = setTimeout(() => deadline.abort(tooLate(registrationId, timeoutMs / 1000, last)), timeoutMs);
  const abort = () => deadline.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  const apiVersion = options.certificateRequest === undefined ? apiVersions.device[0] : csrApiVersion;
  const common = { target, idScope, registrationId, clientCertificate };
  const transportOptions = { ...common, apiVersion, signal: deadline.signal };
  let transport: DeviceTransport | undefined;
  // DPS answers a second registration of a device like the first one, so that all requests can be sent twice.
  const send: Send = (request) =>
    repeatWhenLost(async () => {
      transport ??= await openTransport[protocol](transportOptions);
      const used = transport;
      return request(used).catch(async (error: unknown) => {
        if (!isLostConnection(error)) throw error;
        transport = undefined;
        await used.close();
        throw error;
      });
    }, deadline.signal);
  try {
    const onWait = (answer: LastAnswer) => {
      last = answer;
    };
    return await registerAndPoll(send, options, deadline.signal, onWait);
  } catch (error) {
    throw await withDiagnosis(error, options);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    await transport?.close();
  }
}

/**
 * Reads to which hub a device was assigned, without registering it again: that would give it another certificate in its hub.
 *
 * @throws EnrollkitError DEVICE_NOT_AUTHORIZED, REGISTRATION_FAILED, also for a device that is not registered; what
 *   `openCredentials` throws; NETWORK, SERVER_NOT_TRUSTED
 */
export async function readRegistration(
  options: Omit<RegisterDeviceOptions, 'protocol' | 'certificateRequest' | 'payload'> & {
    signal: AbortSignal;
  },
): Promise<AssignedRegistration> {
  const { target, idScope, registrationId, signal } = options;
  const clientCertificate = await openCredentials(options);
  const { openHttpsTransport } = await import('./device-https.js');
  const [apiVersion] = apiVersions.device;
  const transport = openHttpsTransport({
    target,
    idScope,
    registrationId,
    clientCertificate,
    apiVersion,
    signal,
  });
  const asked = { ...options, protocol: 'https' } as const;
  try {
    const reply = await transport.getRegistration();
    if (reply.status >= 300) throw await refusal(reply, asked);
    const state = readBody(reply, registrationState, asked);
    if (state.status === 'assigned') return assigned({ status: 'assigned', registrationState: state }, asked);
    const status = state.status === 'disabled' ? 'disabled' : 'failed';
    throw await failure(state.errorCode, state.errorMessage, status, asked);
  } catch (error) {
    throw await withDiagnosis(error, asked);
  } finally {
    await transport.close();
  }
}

/** Why a registration waits: the status of its last answer. */
type LastAnswer = 'assigning' | number;

/** The error of a registration that is not finished in time, by what it waited for. */
function tooLate(registrationId: string, seconds: number, answer: LastAnswer | undefined): EnrollkitError {
  const say = sentences.dpsClient;
  const context = { registrationId };
  if (answer === 'assigning') {
    return new EnrollkitError('TIMEOUT', say.stillAssigning(registrationId, seconds), {
      context,
      next: say.checkAssignment(registrationId),
    });
  }
  if (answer === 429)
    return new EnrollkitError('THROTTLED', say.stillThrottled(registrationId, seconds), { context });
  return answer === undefined
    ? new EnrollkitError('TIMEOUT', say.notAssignedInTime(registrationId, seconds), { context })
    : new EnrollkitError('SERVICE_FAILED', say.stillFailing(registrationId, answer, seconds), { context });
}

type Send = (request: (over: DeviceTransport) => Promise<TransportReply>) => Promise<TransportReply>;

async function registerAndPoll(
  send: Send,
  options: RegisterDeviceOptions,
  signal: AbortSignal,
  onWait: (answer: LastAnswer) => void,
): Promise<AssignedRegistration> {
  const { registrationId, payload, certificateRequest: csr } = options;
  const body = {
    registrationId,
    ...(payload === undefined ? {} : { payload }),
    ...(csr === undefined ? {} : { csr }),
  };
  let sendNext = () => send((transport) => transport.register(body));
  for (let refusals = 0, polls = 0; ; ) {
    const reply = await sendNext();
    if (reply.status >= 429) {
      // DPS throttles or has a problem; retry, as the official SDKs do.
      const ms = waitMs(reply.retryAfterMs, refusals);
      onWait(reply.status);
      if (reply.status === 429) options.onThrottled?.(ms);
      await wait(ms, signal);
      refusals += 1;
      continue;
    }
    if (reply.status >= 300) throw await refusal(reply, options);
    const operation = readBody(reply, registrationOperation, options);
    const { status, operationId, registrationState } = operation;
    if (status === 'assigned') return assigned(operation, options);
    if (status === 'failed' || status === 'disabled') {
      throw await failure(registrationState?.errorCode, registrationState?.errorMessage, status, options);
    }
    if (!operationId) throw unexpected(sentences.dpsClient.noOperation, options);
    onWait('assigning');
    // Against a service that lets devices return at once, such as the emulator: at first often, then as without Retry-After.
    const atLeast = Math.min(polls * pollStepMs, pollEveryMs);
    await wait(Math.max(reply.retryAfterMs ?? pollEveryMs, atLeast), signal);
    polls += 1;
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
  if (!state?.assignedHub) throw unexpected(sentences.dpsClient.noHub, options);
  const { assignedHub, deviceId } = state;
  return { ...state, assignedHub, deviceId: deviceId ?? options.registrationId };
}

function readBody<Value>(
  { bodyText }: TransportReply,
  schema: ZodType<Value>,
  options: RegisterDeviceOptions,
): Value {
  let body: unknown;
  try {
    body = JSON.parse(bodyText);
  } catch {
    throw unexpected(sentences.dpsClient.notJson, options);
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw unexpected(sentences.dpsClient.atMember(issue.path.join('.'), issue.message), options);
}

function unexpected(why: string, { registrationId }: RegisterDeviceOptions): EnrollkitError {
  return new EnrollkitError('REFUSED', sentences.dpsClient.unexpectedRegistration(registrationId, why), {
    next: sentences.dpsClient.checkEndpoint,
  });
}

async function refusal(reply: TransportReply, options: RegisterDeviceOptions): Promise<EnrollkitError> {
  const { code, message } = readServiceMessage(reply.bodyText);
  return failure(typeof code === 'number' ? code : reply.status * 1000, message, 'failed', options);
}

/** The error for a registration that DPS refused, with the error code of DPS. */
async function failure(
  errorCode: number | null | undefined,
  errorMessage: string | null | undefined,
  status: 'failed' | 'disabled',
  options: RegisterDeviceOptions,
): Promise<EnrollkitError> {
  const { registrationId, idScope } = options;
  const context = { registrationId, idScope, errorCode: errorCode ?? null, status };
  const serviceMessage = errorMessage
    ? readServiceMessage(errorMessage).message?.replace(/\.$/, '')
    : undefined;
  if (status === 'disabled') {
    return new EnrollkitError(
      'DEVICE_NOT_AUTHORIZED',
      sentences.dpsClient.enrollmentDisabled(registrationId, serviceMessage),
      { context, next: sentences.dpsClient.enableEnrollment(registrationId) },
    );
  }
  const number = errorCode ?? 0;
  const code = [401, 403].includes(Math.floor(number / 1000))
    ? 'DEVICE_NOT_AUTHORIZED'
    : 'REGISTRATION_FAILED';
  const explanation = explainServiceCode(number);
  // The reasons that are found say more than the meaning of the code.
  const meaning = code === 'DEVICE_NOT_AUTHORIZED' || !explanation ? [] : [explanation.meaning];
  return new EnrollkitError(
    code,
    [
      sentences.dpsClient.notRegistered(registrationId, serviceMessage, errorCode ?? undefined),
      ...meaning,
    ].join(sentences.dpsClient.betweenSentences),
    { context, ...(explanation ? { next: explanation.next } : {}) },
  );
}

/** The error of a registration; if DPS refused the device, with the reasons that can be found. */
async function withDiagnosis(error: unknown, options: RegisterDeviceOptions): Promise<unknown> {
  if (!(error instanceof EnrollkitError) || isAbort(error)) return error;
  const { code, message, next, context, cause } = error;
  // DPS closes an MQTT connection with an ID scope that it does not know as if it were not available.
  const mayBeIdScope = code === 'NETWORK' && context.returnCode === mqttServerUnavailable;
  if (code !== 'DEVICE_NOT_AUTHORIZED' && !mayBeIdScope) return error;
  const problems = await problemsOf(options);
  const told = mayBeIdScope ? problems.filter((problem) => problem.code === 'WRONG_ID_SCOPE') : problems;
  const at = serviceClock(options.target)();
  // Its clock may be set to a time at which nothing seems to be wrong here.
  const byClock =
    told.length > 0 && hasOwnTime(options.target) ? [sentences.dpsClient.serviceClock(at.toISOString())] : [];
  const meaning = told.length === 0 && !mayBeIdScope ? meaningOf(context) : [];
  const isDisabled = context.status === 'disabled';
  const reasons =
    isDisabled && told.length === 0
      ? []
      : [...told.map((problem) => problem.message), ...byClock, ...meaning];
  return new EnrollkitError(code, [message, ...reasons].join(sentences.dpsClient.betweenSentences), {
    next: told[0]?.fix ?? next,
    cause,
    context: {
      registrationId: options.registrationId,
      idScope: options.idScope,
      ...context,
      causes: told,
      chain: told.filter(({ code }) => chainProblemCodes.has(code)).map((problem) => problem.message),
    },
  });
}

function meaningOf({ errorCode }: EnrollkitError['context']): string[] {
  const explanation = typeof errorCode === 'number' ? explainServiceCode(errorCode) : undefined;
  return explanation ? [explanation.meaning] : [];
}

/** Loaded on demand: devices are nearly always accepted. */
async function problemsOf(options: RegisterDeviceOptions): Promise<Problem[]> {
  const { certificateChain, registrationId, idScope, target, readServiceFacts } = options;
  const { diagnose } = await import('./diagnosis/diagnose.js');
  const facts = await readServiceFacts?.(registrationId);
  return diagnose({ certificateChain, registrationId, idScope, at: serviceClock(target)(), facts });
}
