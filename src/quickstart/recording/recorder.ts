/** Records a run: its steps and each request with its answer. Nothing is masked or written before the run ends. */

import { homedir } from 'node:os';
import { relative, sep } from 'node:path';
import type { TokenCredential } from '../../dps/client/azure-credential.js';
import type { Exchange, ExchangeReply, ExchangeRequest } from '../../dps/client/exchange.js';
import type { ServiceCredentials, Target } from '../../dps/client/target.js';
import { codeOf } from '../../dps/client/transport-failure.js';
import { EnrollkitError, isAbort } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { packageVersion } from '../../package-files.js';
import { sha1Thumbprint, sha256Thumbprint } from '../../pki/x509/inspect.js';
import type { StoredCertificate } from '../../workspace/stored-certificates.js';
import type { RunEvent } from '../events.js';
import type { Plan } from '../plan/fields.js';
import type { PortalAssistant } from '../portal.js';
import { createMask, type Mask } from './mask.js';
import {
  type PortalAnswer,
  type RecordedFailure,
  type RecordedRequest,
  type RecordedStep,
  type RecordedTarget,
  type Recording,
  recordingVersion,
} from './schema.js';

export interface RecorderOptions {
  plan: Plan;
  /** The certificate folder, absolute. */
  folder: string;
  target: Target;
  passphrase: string | undefined;
  /** What the portal showed, if it is given to the run. */
  verificationCode?: string | undefined;
  /** Further secrets, to be masked. */
  secrets?: readonly string[] | undefined;
  replayOf?: Recording['replayOf'];
}

/** One attempt of one request, as it was. */
interface Sent {
  at: Date;
  request: ExchangeRequest;
  elapsedMs: number;
  reply?: ExchangeReply;
  failure?: unknown;
}

interface Step {
  id: string;
  status: RecordedStep['status'];
  outcome?: string;
  failure?: EnrollkitError;
  elapsedMs: number;
  answers: PortalAnswer[];
  sent: Sent[];
}

/** What clients read of a reply, and what matters of a request, besides bodies. */
const recordedHeaders = ['authorization', 'if-match', 'x-ms-continuation', 'retry-after', 'date'];

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #startedAt: Date;
  readonly #started = performance.now();
  readonly #steps: Step[] = [];
  readonly #titles = new Map<string, string>();
  readonly #secrets = new Set<string>();
  #stepStarted = this.#started;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#startedAt = this.#now();
    for (const secret of options.secrets ?? []) this.#secrets.add(secret);
    if (options.passphrase !== undefined) this.#secrets.add(options.passphrase);
    const { service, hubConnectionStrings } = options.target;
    const policies = [
      ...hubConnectionStrings,
      ...(typeof service === 'object' ? [service.connectionString] : []),
    ];
    for (const { sharedAccessKey } of policies) this.#secrets.add(sharedAccessKey);
  }

  /** The target, of which every request is recorded. */
  get target(): Target {
    const { target } = this.#options;
    const exchange: Exchange = (request, send) => this.#exchange(request, send, target.exchange);
    // The emulator's token is in its endpoints, and not asked for.
    const armCredential =
      target.kind === 'azure' ? recordedCredential(target.armCredential, exchange) : target.armCredential;
    return { ...target, armCredential, exchange };
  }

  /** The assistant, of which every answer is recorded. */
  portal(assistant: PortalAssistant): PortalAssistant {
    const record = (question: PortalAnswer['question'], answer: string) =>
      this.#steps.at(-1)?.answers.push({ question, by: 'person', answer });
    return {
      async askVerificationCode(instructions, signal) {
        const code = await assistant.askVerificationCode(instructions, signal);
        record('verification-code', code);
        return code;
      },
      async confirmVerified(instructions, signal) {
        try {
          await assistant.confirmVerified(instructions, signal);
        } catch (error) {
          if (error instanceof EnrollkitError && error.code === 'PROOF_OF_POSSESSION_PENDING') {
            record('verified', 'no');
          }
          throw error;
        }
        record('verified', 'yes');
      },
    };
  }

  #given(step: string): PortalAnswer[] {
    const { plan, verificationCode: answer } = this.#options;
    const isUsed = step === 'proof-of-possession' && plan.certificateAuthority.proofOfPossession === 'portal';
    return isUsed && answer !== undefined ? [{ question: 'verification-code', by: 'flag', answer }] : [];
  }

  on(event: RunEvent): void {
    if (event.type === 'phase') {
      for (const { id, title } of event.steps) this.#titles.set(id, title);
      return;
    }
    if (event.type === 'step-started') {
      this.#stepStarted = performance.now();
      this.#steps.push({
        id: event.step,
        status: 'interrupted',
        elapsedMs: 0,
        answers: this.#given(event.step),
        sent: [],
      });
      return;
    }
    const step = this.#steps.at(-1)!;
    if (event.type === 'step-done') {
      step.status = event.already ? 'already' : 'done';
      step.outcome = event.recordedOutcome;
      step.elapsedMs = event.elapsedMs;
    } else if (event.type === 'step-failed') {
      step.status = event.error.code === 'INTERRUPTED' ? 'interrupted' : 'failed';
      step.failure = event.error;
      step.elapsedMs = Math.round(performance.now() - this.#stepStarted);
    }
  }

  /** @param failure why the run has failed; undefined when it succeeded */
  recording(
    { certificates, sentAgain }: { certificates: readonly StoredCertificate[]; sentAgain: readonly string[] },
    failure: EnrollkitError | undefined,
  ): Recording {
    const { plan, folder, target, replayOf } = this.#options;
    const mask = createMask({ folder, home: homedir(), secrets: [...this.#secrets] });
    const { initialTwin } = plan.enrollmentGroup;
    const outcome =
      failure === undefined ? 'done' : failure.code === 'INTERRUPTED' ? 'interrupted' : 'failed';
    return {
      version: recordingVersion,
      enrollkit: packageVersion(),
      node: process.versions.node,
      platform: process.platform,
      arch: process.arch,
      startedAt: this.#startedAt.toISOString(),
      elapsedMs: Math.round(performance.now() - this.#started),
      ...(replayOf ? { replayOf } : {}),
      target: describeTarget(target),
      plan: {
        ...plan,
        enrollmentGroup: { ...plan.enrollmentGroup, initialTwin: mask(initialTwin) },
        devices: { ...plan.devices, details: mask(plan.devices.details) },
      },
      outcome,
      ...(failure ? { failure: describeFailure(failure, mask) } : {}),
      steps: this.#steps.map(({ id, sent, answers, failure: why, outcome: found, status, elapsedMs }) => ({
        id,
        title: mask(this.#titles.get(id) ?? id),
        status,
        ...(found === undefined ? {} : { outcome: mask(found) }),
        ...(why ? { failure: describeFailure(why, mask) } : {}),
        elapsedMs,
        ...(id === 'connect-devices' && sentAgain.length > 0 ? { sentAgain: [...sentAgain] } : {}),
        ...(answers.length === 0
          ? {}
          : { answers: answers.map((one) => ({ ...one, answer: mask(one.answer) })) }),
        requests: sent.map((one) => describeSent(one, mask)),
      })),
      certificates: certificates.map(({ paths, certificate }) => ({
        path: relative(folder, paths.certificate).split(sep).join('/'),
        sha1Thumbprint: sha1Thumbprint(certificate),
        sha256Thumbprint: sha256Thumbprint(certificate),
      })),
    };
  }

  async #exchange(
    request: ExchangeRequest,
    send: () => Promise<ExchangeReply>,
    next: Exchange = (_request, sendIt) => sendIt(),
  ): Promise<ExchangeReply> {
    const started = performance.now();
    const sent: Sent = { at: this.#now(), request, elapsedMs: 0 };
    this.#steps.at(-1)?.sent.push(sent);
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token !== undefined) this.#secrets.add(token);
    try {
      sent.reply = await next(request, send);
      return sent.reply;
    } catch (failure) {
      sent.failure = failure;
      throw failure;
    } finally {
      sent.elapsedMs = performance.now() - started;
    }
  }

  #now(): Date {
    return this.#options.target.now?.() ?? new Date();
  }
}

function recordedCredential(credential: TokenCredential, exchange: Exchange): TokenCredential {
  return {
    async getToken(scopes, options) {
      let token: Awaited<ReturnType<TokenCredential['getToken']>> | undefined;
      const request = { plane: 'entra', method: 'GET', url: [scopes].flat().join(' '), headers: {} } as const;
      await exchange(request, async () => {
        token = await credential.getToken(scopes, options);
        return { status: 200, headers: {}, body: '' };
      });
      // Offline, nobody was asked.
      return token === undefined ? credential.getToken(scopes, options) : token;
    },
  };
}

function describeTarget(target: Target): RecordedTarget {
  const { kind, dpsName, subscriptionId, resourceGroup, idScope, armEndpoint, service } = target;
  const { serviceHostName, globalDeviceEndpoint, hubConnectionStrings } = target;
  const { deviceMqttEndpoint, deviceAmqpEndpoint } = target;
  return {
    kind,
    dpsName,
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
    ...(resourceGroup === undefined ? {} : { resourceGroup }),
    ...(idScope === undefined ? {} : { idScope }),
    armEndpoint,
    serviceHostName,
    globalDeviceEndpoint,
    deviceMqttEndpoint,
    deviceAmqpEndpoint,
    credentials: credentialsOf(service),
    hubs: hubConnectionStrings.map(({ hostName }) => hostName),
  };
}

function credentialsOf(service: ServiceCredentials): RecordedTarget['credentials'] {
  return typeof service === 'object' ? 'connection-string' : service;
}

function describeSent({ at, request, elapsedMs, reply, failure }: Sent, mask: Mask): RecordedRequest {
  const { plane, method, url, clientId, headers, body } = request;
  const common = {
    at: at.toISOString(),
    elapsedMs: Math.round(elapsedMs * 10) / 10,
    plane,
    method: method as RecordedRequest['method'],
    url: mask(url),
    ...(clientId === undefined ? {} : { clientId }),
    ...describeHeaders(headers, mask),
    ...describeBody(body, mask),
  };
  if (reply) {
    const answer = {
      status: reply.status,
      ...describeHeaders(reply.headers, mask),
      ...describeBody(reply.body, mask),
    };
    return { ...common, answer };
  }
  return { ...common, failure: describeFailure(failure, mask) };
}

function describeHeaders(all: Readonly<Record<string, string>>, mask: Mask) {
  const kept = recordedHeaders.flatMap((name) => (all[name] === undefined ? [] : [[name, mask(all[name])]]));
  return kept.length === 0 ? {} : { headers: Object.fromEntries(kept) as Record<string, string> };
}

function describeBody(text: string | undefined, mask: Mask): { body?: unknown; text?: string } {
  if (text === undefined || text.trim() === '') return {};
  try {
    return { body: mask(JSON.parse(text)) };
  } catch {
    return { text: mask(text) };
  }
}

/** Undefined as a failure: the run ended before there was an answer. */
function describeFailure(failure: unknown, mask: Mask): RecordedFailure {
  if (failure === undefined || isAbort(failure)) {
    return { code: 'INTERRUPTED', message: sentences.recording.endedBeforeAnswer };
  }
  const { message } = failure as Error;
  if (!(failure instanceof EnrollkitError)) {
    return { code: codeOf(failure) ?? 'UNKNOWN', message: mask(String(message)) };
  }
  const { code, context } = failure;
  const reason = context.errorCode ?? context.returnCode ?? context.code;
  const isCode = typeof reason === 'string' || typeof reason === 'number';
  return { code, message: mask(message), ...(isCode ? { reason } : {}) };
}
