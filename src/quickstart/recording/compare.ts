/** Compares two recorded runs: outcomes, statuses, shapes, names and counts. */
import { isDeepStrictEqual } from 'node:util';
import { isTransient } from '../../dps/client/transport-failure.js';
import { isMark, kindOfMember, type TextMask, textMask } from './kinds.js';
import { commonNames } from './names.js';
import type { RecordedRequest, RecordedStep, Recording } from './schema.js';

export interface Difference {
  /** The ID of the step; null for the run as a whole, and for its plan. */
  step: string | null;
  /** Method and URL as recorded; null for the step as a whole. */
  request: string | null;
  /** Where in it: `answer.body.properties.isVerified`; empty if all of it is missing. */
  path: string;
  /** Null where there is nothing. */
  recorded: unknown;
  now: unknown;
}

/** What the two runs are, to compare their texts. */
interface Sides {
  recorded: TextMask;
  now: TextMask;
  /** Whether both ran in Azure, or both against an emulator. */
  isSameKind: boolean;
}

/**
 * What differs in the second run. Durations are ignored, and so are values of kinds that differ from run to run:
 * identifiers, dates, keys, etags, ports, paths, host names of the emulator, versions of Node.js, and the names that a
 * replay was given. A recorded run that was interrupted is compared up to that point.
 */
export function compareRecordings(recorded: Recording, now: Recording): Difference[] {
  const sides = sidesOf(recorded, now);
  const differences = [...planDifferences(recorded, now, sides), ...stepDifferences(recorded, now, sides)];
  if (differences.some(({ step }) => step !== null)) return differences;
  if (wasInterrupted(recorded) && now.outcome !== 'failed') return differences;
  // A run can fail outside of its steps.
  return [
    ...differences,
    ...valueDifferences(outcomeOf(recorded), outcomeOf(now), sides).map(asPartOf(null, null)),
  ];
}

function sidesOf(recorded: Recording, now: Recording): Sides {
  const [renameRecorded, renameNow] = commonNames(recorded.replayOf?.names ?? [], now.replayOf?.names ?? []);
  const [maskRecorded, maskNow] = [textMask(recorded, now.target.kind), textMask(now, recorded.target.kind)];
  return {
    recorded: (text) => maskRecorded(renameRecorded(text)),
    now: (text) => maskNow(renameNow(text)),
    isSameKind: recorded.target.kind === now.target.kind,
  };
}

function planDifferences(recorded: Recording, now: Recording, sides: Sides): Difference[] {
  // Another provisioning service is not another plan.
  const { $schema: _a, target: _b, ...planned } = recorded.plan;
  const { $schema: _c, target: _d, ...plan } = now.plan;
  return valueDifferences({ plan: planned }, { plan }, sides).map(asPartOf(null, null));
}

function outcomeOf({ outcome, failure }: Pick<Recording, 'outcome' | 'failure'>) {
  return { outcome, ...(failure ? { failure: failureOf(failure) } : {}) };
}

/** The message has what differs from run to run, and other words in other releases. */
function failureOf({ code, reason }: NonNullable<Recording['failure']>) {
  return { code, ...(reason === undefined ? {} : { reason }) };
}

/** Whether a person ended the run: what it would have done next is not known. */
export function wasInterrupted({ outcome, failure }: Recording): boolean {
  return outcome === 'interrupted' && failure?.code === 'INTERRUPTED';
}

function stepDifferences(recorded: Recording, now: Recording, sides: Sides): Difference[] {
  const isPart = wasInterrupted(recorded);
  const ids = [...new Set([...recorded.steps, ...(isPart ? [] : now.steps)].map(({ id }) => id))];
  const differences: Difference[] = [];
  for (const id of ids) {
    const [before, after] = [recorded, now].map(({ steps }) => steps.find((step) => step.id === id));
    if (isPart && before?.status === 'interrupted') {
      differences.push(...differencesUntilInterrupted(before, after, sides));
    } else if (before && after) {
      differences.push(...differencesOfStep(before, after, sides));
      // The steps after the one that failed are missing in one of the runs.
      if (isEnd(before) !== isEnd(after)) break;
    } else {
      differences.push({
        step: id,
        request: null,
        path: '',
        recorded: before ? before.status : null,
        now: after ? after.status : null,
      });
    }
  }
  return differences;
}

function isEnd({ status }: RecordedStep): boolean {
  return status === 'failed' || status === 'interrupted';
}

function differencesOfStep(recorded: RecordedStep, now: RecordedStep, sides: Sides): Difference[] {
  const summary = ({ status, outcome, failure }: RecordedStep) => ({
    status,
    ...(outcome === undefined ? {} : { outcome }),
    ...(failure ? { failure: failureOf(failure) } : {}),
  });
  const ofStep = valueDifferences(summary(recorded), summary(now), sides).map(asPartOf(recorded.id, null));
  const pairs = pairsOf(recorded, now, sides);
  const compared = isRepeated(recorded, now) ? pairs.flatMap(lastOfBoth) : pairs.flatMap(allOfBoth);
  const ofRequests = compared.flatMap(([one, other]) => requestDifferences(recorded.id, one, other, sides));
  return [...ofStep, ...ofRequests];
}

/** Only one of the two found the step done: the other sent more to do it, and what both found in the end is compared. */
function isRepeated(recorded: RecordedStep, now: RecordedStep): boolean {
  return (
    [recorded, now]
      .map(({ status }) => status)
      .sort()
      .join() === 'already,done'
  );
}

/** Of a step in which the recorded run was interrupted: what both have. */
function differencesUntilInterrupted(
  recorded: RecordedStep,
  now: RecordedStep | undefined,
  sides: Sides,
): Difference[] {
  const pairs = pairsOf(recorded, now ?? { requests: [] }, sides).flatMap(allOfBoth);
  return pairs.flatMap(([one, other]) =>
    one?.answer && other?.answer ? requestDifferences(recorded.id, one, other, sides) : [],
  );
}

type Same<Requests> = [recorded: Requests, now: Requests];

/** The requests of two steps that are the same, in their order. */
function pairsOf(
  recorded: Pick<RecordedStep, 'requests'>,
  now: Pick<RecordedStep, 'requests'>,
  sides: Sides,
): Same<RecordedRequest[]>[] {
  // The emulator's token is not asked for.
  const comparable = ({ requests }: Pick<RecordedStep, 'requests'>) =>
    sides.isSameKind ? requests : requests.filter(({ plane }) => plane !== 'entra');
  const before = grouped(comparable(recorded), sides.recorded);
  const after = grouped(comparable(now), sides.now);
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.map((key) => [before.get(key) ?? [], after.get(key) ?? []]);
}

function allOfBoth([sent, sentNow]: Same<RecordedRequest[]>): Same<RecordedRequest | undefined>[] {
  const { length } = sent.length > sentNow.length ? sent : sentNow;
  return Array.from({ length }, (_, index) => [sent[index], sentNow[index]]);
}

function lastOfBoth([sent, sentNow]: Same<RecordedRequest[]>): Same<RecordedRequest | undefined>[] {
  return sent.length > 0 && sentNow.length > 0 ? [[sent.at(-1), sentNow.at(-1)]] : [];
}

/** Requests of devices run at the same time: their order matters only among requests for the same. */
function grouped(requests: readonly RecordedRequest[], mask: TextMask): Map<string, RecordedRequest[]> {
  const groups = new Map<string, RecordedRequest[]>();
  for (const request of requests) {
    if (isPollInProgress(request)) continue;
    // How often a token is renewed depends on time alone.
    const isToken = request.plane === 'entra';
    const key = mask(`${request.method} ${request.url} ${request.clientId ?? ''}`);
    const before = groups.get(key) ?? [];
    groups.set(key, [...(isToken ? [] : before.filter((one) => !isLost(one))), request]);
  }
  return groups;
}

/** Whether the connection was lost. If the request was sent again, only its end is compared. */
function isLost({ failure }: RecordedRequest): boolean {
  return isTransient({ code: failure?.code }) || isTransient({ code: failure?.reason });
}

/** How often a client asks until an operation has ended depends on time alone. */
function isPollInProgress({ url, answer }: RecordedRequest): boolean {
  const { status } = (answer?.body ?? {}) as { status?: unknown };
  return /operations\/|get-operationstatus/.test(url) && status === 'assigning';
}

function requestDifferences(
  step: string,
  recorded: RecordedRequest | undefined,
  now: RecordedRequest | undefined,
  sides: Sides,
): Difference[] {
  const label = `${(recorded ?? now)!.method} ${(recorded ?? now)!.url}`;
  if (!recorded || !now) {
    return [{ step, request: label, path: '', recorded: endOf(recorded), now: endOf(now) }];
  }
  const whole = (one: RecordedRequest) => ({
    ...(one.headers?.['if-match'] === undefined ? {} : { headers: { 'if-match': one.headers['if-match'] } }),
    ...contentOf(one),
    ...(one.answer ? { answer: { status: one.answer.status, ...contentOf(one.answer) } } : {}),
    ...(one.failure ? { failure: failureOf(one.failure) } : {}),
  });
  const [before, after] = [whole(recorded), whole(now)];
  const isSameEnd = isDeepStrictEqual(endOf(recorded), endOf(now));
  // Another status has another body.
  const differences = isSameEnd
    ? valueDifferences(before, after, sides)
    : valueDifferences(
        { ...before, answer: recorded.answer && { status: recorded.answer.status } },
        { ...after, answer: now.answer && { status: now.answer.status } },
        sides,
      );
  return differences.map(asPartOf(step, label));
}

function contentOf({ body, text }: { body?: unknown; text?: string | undefined }) {
  return { ...(body === undefined ? {} : { body }), ...(text === undefined ? {} : { text }) };
}

function endOf(request: RecordedRequest | undefined): number | string | null {
  return request ? (request.answer?.status ?? request.failure?.code ?? null) : null;
}

type ValueDifference = Pick<Difference, 'path' | 'recorded' | 'now'>;

function asPartOf(step: string | null, request: string | null) {
  return (difference: ValueDifference): Difference => ({ step, request, ...difference });
}

/** The places at which two values differ; the innermost ones. */
function valueDifferences(recorded: unknown, now: unknown, sides: Sides, path = ''): ValueDifference[] {
  const name = path.replace(/^.*\./, '');
  const [before, after] = [masked(recorded, name, sides.recorded), masked(now, name, sides.now)];
  if (isDeepStrictEqual(before, after)) return [];
  if (isCollection(before) && isCollection(after) && Array.isArray(before) === Array.isArray(after)) {
    return members(recorded as object, now as object, sides).flatMap(([key, one, other]) =>
      valueDifferences(one, other, sides, Array.isArray(before) ? `${path}[${key}]` : joined(path, key)),
    );
  }
  return [{ path, recorded: recorded ?? null, now: now ?? null }];
}

/** The members of two values, paired by their masked names: a name can have a device's ID in it. */
function members(recorded: object, now: object, sides: Sides): [string, unknown, unknown][] {
  const keyed = (value: object, mask: TextMask) =>
    new Map(Object.entries(value).map(([key, member]) => [mask(key), [key, member]] as const));
  const [before, after] = [keyed(recorded, sides.recorded), keyed(now, sides.now)];
  return [...new Set([...before.keys(), ...after.keys()])].map((key) => {
    const [one, other] = [before.get(key), after.get(key)];
    return [String((one ?? other)![0]), one?.[1], other?.[1]];
  });
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function masked(value: unknown, name: string, mask: TextMask): unknown {
  const kind = kindOfMember(name, value);
  if (kind !== undefined) return kind;
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((one) => masked(one, '', mask));
  if (!isCollection(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isMark(key))
      .map(([key, member]) => [mask(key), masked(member, key, mask)]),
  );
}
