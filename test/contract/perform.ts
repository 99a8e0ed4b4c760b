/** Performs the exchanges of a session against a target, and says of each what differs from the recording. */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type ConnectionString, parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken, deriveDeviceKey } from '../../src/dps/contract/sas.js';
import { SessionCertificates } from './certificates.js';
import { differences, headerDifferences, withShapes } from './compare.js';
import type {
  Exchange,
  ExchangeRequest,
  ExpectedResponse,
  Plane,
  Recordings,
  Session,
  Step,
} from './exchange.js';
import { exchangesOf } from './exchange.js';
import type { Service } from './service.js';
import type { Target } from './target.js';
import { filled, type Variables, valueAt } from './variables.js';
import { type DeviceCall, type Reply, registerOverAmqp, registerOverMqtt, sendHttp } from './wire.js';

export interface Outcome {
  exchange: Exchange;
  result: 'passed' | 'failed' | 'not served';
  /** What differs; empty unless it failed. */
  differences: string[];
}

/** A registration or an operation may take this long in Azure. */
const doneWithinSeconds = 300;
const notServedStatus = 501;

export interface SessionRun {
  target: Target;
  recordings: Recordings;
  service: Service;
  /** Makes a name that nothing has: letters, digits and hyphens. */
  freshName(): string;
  /** Called with each name that was made, so that what has it can be removed. */
  onName(name: string): void;
}

export async function performSession(session: Session, run: SessionRun): Promise<Outcome[]> {
  return new RunningSession(session, run).perform();
}

class RunningSession {
  readonly #session: Session;
  readonly #run: SessionRun;
  readonly #variables: Variables;
  readonly #certificates: SessionCertificates;
  readonly #found = new Map<string, string[]>();

  constructor(session: Session, run: SessionRun) {
    this.#session = session;
    this.#run = run;
    this.#variables = new Map([...run.service.variables, ...this.#ownVariables()]);
    this.#certificates = new SessionCertificates(this.#variables);
  }

  *#ownVariables(): Iterable<[string, string]> {
    for (const variable of ['id', 'id2', 'id3']) {
      const name = this.#run.freshName();
      this.#run.onName(name);
      yield [variable, name];
    }
    for (const variable of ['key', 'key2', 'key3']) yield [variable, randomBytes(64).toString('base64')];
  }

  async perform(): Promise<Outcome[]> {
    const exchanges = exchangesOf(this.#session);
    const { needs, steps } = this.#session;
    if (needs !== undefined && this.#run.target.lacks.includes(needs)) {
      const problem = await this.#notServedProblem();
      return exchanges.map((exchange) => ({
        exchange,
        result: problem === undefined ? 'not served' : 'failed',
        differences: problem === undefined ? [] : [problem],
      }));
    }
    let stopped: string | undefined;
    for (const step of steps) {
      const found = stopped === undefined ? await this.#take(step) : [stopped];
      if (step.id !== undefined) {
        this.#found.set(step.id, [...(this.#found.get(step.id) ?? []), ...found]);
      } else if (found.length > 0)
        stopped ??= `not performed, since its preparation failed: ${found.join('; ')}`;
    }
    return exchanges.map((exchange) => {
      const found = this.#found.get(exchange.id)!;
      return { exchange, result: found.length === 0 ? 'passed' : 'failed', differences: found };
    });
  }

  /** Why the first exchange was not answered as not served; undefined when it was. */
  async #notServedProblem(): Promise<string | undefined> {
    for (const step of this.#session.steps) {
      if (step.id === undefined) {
        const found = await this.#take(step);
        if (found.length > 0) return found.join('; ');
        continue;
      }
      const { status } = await this.#send(step);
      if (status === notServedStatus) return undefined;
      return `"${this.#session.needs}" is said to be lacking, but the status is ${status}`;
    }
    return undefined;
  }

  /** Takes a step, and says what differs from what is expected of it. */
  async #take(step: Step): Promise<string[]> {
    try {
      for (const [name, request] of Object.entries(step.certificates ?? {})) {
        await this.#certificates.make(name, filled(request, this.#variables));
      }
      if (!step.request) return [];
      const reply = await this.#send(step);
      const found = this.#compare(step, reply);
      this.#save(step, reply);
      return found;
    } catch (error) {
      return [(error as Error).message];
    }
  }

  #compare(step: Step, reply: Reply): string[] {
    if (step.id === undefined && step.response === undefined) {
      const { method, path } = step.request!;
      return reply.status < 300 ? [] : [`${method} ${path}: ${described(reply)}`];
    }
    const { shapes, headers } = this.#run.recordings;
    const response = step.response ?? { status: 200 };
    const { status, body } = response;
    if (reply.status !== status) return [`status ${described(reply)} instead of ${status}`];
    const recorded = (step.evidence ?? this.#session.evidence) === 'R' && reply.status !== 204;
    const usual = recorded ? (headers[step.request!.plane] ?? {}) : {};
    const expectedHeaders = filled({ ...usual, ...response.headers }, this.#variables);
    return [
      ...headerDifferences(expectedHeaders, reply.headers),
      ...this.#bodyDifferences(body, reply.body, shapes, response),
    ];
  }

  #bodyDifferences(
    expected: unknown,
    actual: unknown,
    shapes: Recordings['shapes'],
    response: ExpectedResponse,
  ): string[] {
    if (!('body' in response)) return [];
    if (expected === '<empty>') return actual === undefined ? [] : ['body: must be empty'];
    return differences(filled(withShapes(expected, shapes), this.#variables), actual);
  }

  #save({ save = {} }: Step, { headers, body }: Reply): void {
    for (const [variable, from] of Object.entries(save)) {
      const header = /^header (.+)$/.exec(from)?.[1];
      const value = header === undefined ? valueAt(body, from) : headers[header];
      if (value === undefined || value === null) this.#variables.delete(variable);
      else this.#variables.set(variable, String(value));
    }
  }

  async #send(step: Step): Promise<Reply> {
    const request = filled(step.request!, this.#variables);
    const apiVersion = filled(step.apiVersion ?? this.#session.apiVersion, this.#variables);
    const first = await this.#sendOnce(request, apiVersion);
    return request.untilDone ? this.#whenDone(request, apiVersion, first) : first;
  }

  async #whenDone(request: ExchangeRequest, apiVersion: string, first: Reply): Promise<Reply> {
    let reply = first;
    let next = request;
    const until = Date.now() + doneWithinSeconds * 1000;
    while (isRunning(reply)) {
      if (Date.now() > until) throw new Error(`not done within ${doneWithinSeconds} s: ${described(reply)}`);
      const { operationId } = (reply.body ?? {}) as { operationId?: string };
      if (request.plane === 'device' && operationId !== undefined) {
        const path = `/${this.#variables.get('idScope')}/registrations/${request.device!.id}/operations/${operationId}`;
        const { device } = request;
        next = { plane: 'device', method: 'GET', path, ...(device ? { device } : {}) };
      }
      const seconds = Number(reply.headers['retry-after'] ?? this.#run.target.pollSeconds);
      await wait(Math.max(seconds * 1000, 20));
      reply = await this.#sendOnce(next, apiVersion);
    }
    return reply;
  }

  async #sendOnce(request: ExchangeRequest, apiVersion: string): Promise<Reply> {
    const { target, service } = this.#run;
    const { plane, method, headers = {}, body, device, over } = request;
    const chain =
      device && 'chain' in device.proof && device.proof.chain.length > 0
        ? device.proof.chain.map((name) => this.#certificates.get(name))
        : undefined;
    const token = device && this.#deviceToken(device);
    if (over !== undefined) {
      const call: DeviceCall = {
        ...{ host: service.deviceHost, registrationId: device!.id, apiVersion, body, chain, token },
        idScope: /^\/([^/]+)\//.exec(request.path)![1]!,
      };
      return over === 'mqtt' ? registerOverMqtt(target, call) : registerOverAmqp(target, call);
    }
    const hosts = {
      arm: [target.armHost],
      service: [service.serviceHost],
      // The service's own host serves devices, too.
      device: [service.deviceHost, service.serviceHost],
      hub: [service.hubHost],
    }[plane];
    const whole = /^https:\/\/([^/]+)(\/.*)$/.exec(request.path);
    const host = whole ? whole[1]!.replace(/:443$/, '') : hosts[0]!;
    if (!hosts.includes(host)) throw new Error(`${host} is no host of this service`);
    const path = whole ? whole[2]! : request.path;
    const authorization = device ? token : await this.#authorization(plane);
    return sendHttp(target, {
      ...{ host, method, body, chain },
      path: path.includes('api-version=')
        ? path
        : `${path}${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`,
      headers: { ...(authorization === undefined ? {} : { authorization }), ...headers },
    });
  }

  /** Of the owner; undefined on the device plane. */
  async #authorization(plane: Plane): Promise<string | undefined> {
    const { serviceConnectionString, hubConnectionString } = this.#run.service;
    switch (plane) {
      case 'arm':
        return `Bearer ${await this.#run.target.armToken()}`;
      case 'service':
        return signed(parseConnectionString(serviceConnectionString));
      case 'hub':
        return signed(parseConnectionString(hubConnectionString));
      case 'device':
        return undefined;
    }
  }

  #deviceToken({ id, proof }: NonNullable<ExchangeRequest['device']>): string | undefined {
    const key =
      'key' in proof ? proof.key : 'groupKey' in proof ? deriveDeviceKey(proof.groupKey, id) : undefined;
    if (key === undefined) return undefined;
    const resource = `${this.#variables.get('idScope')}/registrations/${id}`;
    return createSasToken(resource, 'registration', key, inAnHour());
  }
}

function signed({ hostName, sharedAccessKeyName, sharedAccessKey }: ConnectionString): string {
  return createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, inAnHour());
}

function inAnHour(): number {
  return Math.floor(Date.now() / 1000) + 3600;
}

function isRunning({ status, body }: Reply): boolean {
  const { status: state } = (typeof body === 'object' && body !== null ? body : {}) as { status?: string };
  return status === 202 || (status === 200 && ['Running', 'assigning'].includes(state ?? ''));
}

function described({ status, body }: Reply): string {
  const text = body === undefined ? '' : ` ${JSON.stringify(body)}`;
  return `${status}${text.length > 200 ? `${text.slice(0, 197)}...` : text}`;
}
