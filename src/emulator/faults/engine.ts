/**
 * Decides which requests meet which fault. Each rule counts the requests that it matches, and draws for each by that
 * number alone: the same seed and the same requests give the same faults, whatever other rules there are.
 */
import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { dpsErrors } from '../../dps/contract/wire-error.js';
import type { EmulatorEvent, EmulatorLog } from '../wire/events.js';
import {
  type Encounter,
  type Fault,
  type Faults,
  type HandshakeFault,
  InjectedError,
  type Met,
  type Transport,
} from '../wire/faults.js';
import { appliesTo, type FaultRule, listOf } from './schema.js';

export interface FaultEngineOptions {
  rules: readonly FaultRule[];
  seed: number;
  now: () => Date;
  log: EmulatorLog;
}

/** How often a rule has injected its fault. */
export interface RuleCount {
  id: string;
  injected: number;
}

type Step =
  | { kind: 'wait'; milliseconds: number }
  | { kind: 'fault'; fault: Fault }
  | { kind: 'handshake'; fault: HandshakeFault };

export class FaultEngine implements Faults {
  readonly #rules: ActiveRule[];
  readonly #options: FaultEngineOptions;

  constructor(options: FaultEngineOptions) {
    this.#options = options;
    this.#rules = options.rules.map((rule) => new ActiveRule(rule, options));
  }

  /** The rules, in the order of the file. */
  get counts(): RuleCount[] {
    return this.#rules.map(({ rule, injected }) => ({ id: rule.id, injected }));
  }

  meet(encounter: Encounter): Met | undefined {
    const met: Met = { delay: 0, fault: undefined };
    let meets = false;
    for (const active of this.#rules) {
      const step = active.matches(encounter) ? active.draw() : undefined;
      if (step === undefined || step.kind === 'handshake') continue;
      if (step.kind === 'wait') met.delay += step.milliseconds;
      else if (met.fault === undefined) met.fault = step.fault;
      // Of several answers, the first one counts; the others were drawn all the same.
      else continue;
      meets = true;
      active.injected += 1;
      this.#report(active.rule, encounter, inWords(step), statusOf(step));
    }
    return meets ? met : undefined;
  }

  disturbsHandshakes(listener: EmulatorEvent['transport']): boolean {
    return this.#rules.some((active) => active.matchesHandshake(listener));
  }

  meetHandshake(listener: EmulatorEvent['transport']): HandshakeFault | undefined {
    let met: HandshakeFault | undefined;
    for (const active of this.#rules) {
      const step = active.matchesHandshake(listener) ? active.draw() : undefined;
      if (step?.kind !== 'handshake' || met !== undefined) continue;
      met = step.fault;
      active.injected += 1;
      const encounter = {
        plane: 'device',
        transport: listener,
        operation: 'handshake',
        id: undefined,
      } as const;
      this.#report(active.rule, encounter, inWords(step), 0);
    }
    return met;
  }

  #report(
    { id: fault }: FaultRule,
    { plane, transport, operation, id }: Omit<Encounter, 'kind'>,
    what: string,
    status: number,
  ): void {
    const { log, now } = this.#options;
    log({
      at: now().toISOString(),
      plane,
      transport: transport.replace('-ws', '') as EmulatorEvent['transport'],
      operation,
      ...(id === undefined ? {} : { id }),
      status,
      reason: `fault ${fault}: ${what}`,
      fault,
    });
  }
}

/** A rule, and what it has counted. */
class ActiveRule {
  readonly rule: FaultRule;
  injected = 0;
  #matched = 0;
  readonly #options: FaultEngineOptions;
  readonly #id: RegExp | undefined;
  readonly #until: number;
  /** Of a throttle: when the requests came that count, in milliseconds. */
  readonly #times: number[] = [];

  constructor(rule: FaultRule, options: FaultEngineOptions) {
    this.rule = rule;
    this.#options = options;
    const { match, when } = rule;
    this.#id = match?.id === undefined ? undefined : patternOf(match.id);
    this.#until = when?.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(when.until);
  }

  matches({ kind, plane, transport, operation, id }: Encounter): boolean {
    const { match = {}, fault } = this.rule;
    return (
      suits(fault, kind, operation) &&
      appliesTo(fault.type, transport) &&
      allows(match.plane, plane) &&
      allows(match.transport, transport) &&
      allows<string>(match.operation, operation) &&
      (this.#id === undefined || (id !== undefined && this.#id.test(id)))
    );
  }

  matchesHandshake(listener: Transport): boolean {
    const { match = {}, fault } = this.rule;
    return isOfHandshake(fault) && allows(match.transport, listener);
  }

  /** What the next matching request meets. */
  draw(): Step | undefined {
    const number = this.#matched;
    this.#matched += 1;
    const { probability = 1, after = 0, count = Number.POSITIVE_INFINITY } = this.rule.when ?? {};
    if (number < after || this.injected >= count) return undefined;
    if (this.#options.now().getTime() >= this.#until) return undefined;
    if (this.#random(number, 'probability') >= probability) return undefined;
    return this.#step(number);
  }

  #step(number: number): Step | undefined {
    const { fault } = this.rule;
    switch (fault.type) {
      case 'latency':
        return { kind: 'wait', milliseconds: this.#milliseconds(number, fault.milliseconds) };
      case 'late': {
        const milliseconds = this.#milliseconds(number, fault.milliseconds);
        return { kind: 'fault', fault: { type: 'late', milliseconds } };
      }
      case 'status': {
        const { status, errorCode, message, retryAfter } = fault;
        return refusal(status, errorCode, message, retryAfter);
      }
      case 'throttle': {
        const wait = this.#throttled(fault.requests, fault.seconds * 1000);
        if (wait === undefined) return undefined;
        return refusal(429, undefined, undefined, fault.retryAfter ?? Math.max(1, Math.ceil(wait / 1000)));
      }
      case 'certificate':
      case 'tls-version':
        return { kind: 'handshake', fault };
      default:
        return { kind: 'fault', fault };
    }
  }

  #milliseconds(number: number, given: number | readonly [number, number]): number {
    if (typeof given === 'number') return given;
    const [from, to] = given;
    return from + Math.floor(this.#random(number, 'milliseconds') * (to - from + 1));
  }

  /** From 0 to less than 1, by the seed, the rule and the number of the request. */
  #random(number: number, purpose: string): number {
    const text = JSON.stringify([this.#options.seed, this.rule.id, number, purpose]);
    return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
  }

  /** @returns milliseconds until a request is let through again; undefined when this one is */
  #throttled(requests: number, windowMs: number): number | undefined {
    const now = this.#options.now().getTime();
    const times = this.#times;
    // A clock that was set back: the later times no longer count.
    while (times.length > 0 && (times[0]! <= now - windowMs || times[0]! > now)) times.shift();
    if (times.length >= requests) return (times[0] ?? now) + windowMs - now;
    times.push(now);
    return undefined;
  }
}

function isOfHandshake({ type }: FaultRule['fault']): boolean {
  return type === 'certificate' || type === 'tls-version';
}

/** Whether a fault can happen to a request, a new connection, or a message to a client. */
function suits(fault: FaultRule['fault'], kind: Encounter['kind'], operation: string): boolean {
  switch (fault.type) {
    case 'certificate':
    case 'tls-version':
      return false;
    case 'assigning':
      return kind === 'request' && operation === 'getOperation';
    case 'duplicate':
    case 'late':
      return kind !== 'connect';
    case 'truncate':
    case 'drip':
      return kind === 'request';
    case 'disconnect':
      return (fault.after === 'effect') === (kind === 'request') && kind !== 'message';
    case 'reset':
      return kind === 'request' || (kind === 'connect' && fault.effect === 'before');
    default:
      return kind !== 'message';
  }
}

function allows<Value>(given: Value | readonly Value[] | undefined, value: Value): boolean {
  return given === undefined || listOf(given).includes(value);
}

/** A pattern with * as a regular expression. IDs are compared without regard to case, as DPS does. */
function patternOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*');
  return new RegExp(`^${escaped}$`, 'is');
}

function refusal(
  status: number,
  errorCode = status === 429 ? dpsErrors.throttled.errorCode : status * 1000,
  message = status === 429 ? dpsErrors.throttled.message : (STATUS_CODES[status] ?? 'Injected fault'),
  retryAfter?: number,
): Step {
  const error = new InjectedError(status, errorCode, message, retryAfter);
  return { kind: 'fault', fault: { type: 'status', error } };
}

/** The status that the client gets; 0 when it gets no complete answer. */
function statusOf(step: Step): number {
  if (step.kind === 'wait') return 200;
  const { fault } = step;
  if (fault.type === 'status') return fault.error.status;
  return ['drip', 'assigning', 'duplicate', 'late'].includes(fault.type) ? 200 : 0;
}

function inWords(step: Step): string {
  if (step.kind === 'wait') return `waits ${step.milliseconds} ms`;
  const { fault } = step;
  switch (fault.type) {
    case 'status': {
      const { status, retryAfter } = fault.error;
      return `answers ${status}${retryAfter === undefined ? '' : `, Retry-After ${retryAfter}`}`;
    }
    case 'reset':
      return `resets the connection ${fault.effect} the effect`;
    case 'disconnect':
      return typeof fault.after === 'number'
        ? `closes the connection after ${fault.after} more packets`
        : `closes the connection ${fault.after === 'connect' ? 'at once' : 'after the effect'}`;
    case 'truncate':
      return 'sends half of the answer';
    case 'drip':
      return `sends ${fault.bytesPerSecond} bytes a second`;
    case 'assigning':
      return 'answers that the device is still being assigned';
    case 'duplicate':
      return 'delivers twice';
    case 'late':
      return `delivers ${fault.milliseconds} ms late`;
    case 'certificate':
      return `presents a certificate that is ${certificateWords[fault.problem]}`;
    case 'tls-version':
      return `speaks ${fault.only} only`;
  }
}

const certificateWords = {
  expired: 'expired',
  'wrong-name': 'for another name',
  untrusted: 'of an unknown root',
} as const;
