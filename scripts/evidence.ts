/** How well Azure's answers are known, by operation: from the exchanges and facts of test/data/azure/exchanges. */
import type { Route } from '../src/dps/contract/routes.js';
import { exchangesOf, type Plane, type Rank, readRecordings } from '../test/contract/exchange.js';
import { planes, ranks } from '../test/contract/summary.js';

interface Seen {
  plane: Plane;
  /** Over HTTPS unless told otherwise. */
  over?: 'mqtt' | 'amqp' | undefined;
  method: string;
  path: string;
  evidence: Rank;
}

const group = '/subscriptions/x/resourceGroups/x';
const service = `${group}/providers/Microsoft.Devices/provisioningServices`;
const variables: Record<string, string> = {
  group,
  services: service,
  service: `${service}/x`,
  provider: '/subscriptions/x/providers/Microsoft.Devices',
  hubPath: `${group}/providers/Microsoft.Devices/IotHubs/x`,
  operation: `${service}/x/operationresults/x`,
};

const { sessions, notPerformed } = readRecordings();

const seen: Seen[] = [
  ...sessions.flatMap(exchangesOf).flatMap(({ plane, request, evidence }) => {
    const { over } = request;
    const one = { plane, over, method: request.method, path: concrete(request.path), evidence };
    // What the device is told in the end is the reply to its poll.
    const polled = plane === 'device' && request.untilDone;
    const poll = { plane, over, method: 'GET', path: '/x/registrations/x/operations/x', evidence };
    return polled ? [one, poll] : [one];
  }),
  ...notPerformed.flatMap(({ plane, method, path, evidence }) =>
    method === undefined || path === undefined ? [] : [{ plane, method, path: concrete(path), evidence }],
  ),
];

/** Of an exchange's path: its variables and its host filled in or taken away. */
function concrete(path: string): string {
  return path
    .replace(/^https:\/\/\{\w+\}/, '')
    .replace(/\{([\w.]+)\}/g, (_, name: string) => variables[name] ?? 'x')
    .replace(/\?.*$/, '');
}

function matches({ method, path }: Route, one: Seen): boolean {
  const pattern = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+');
  return method === one.method && new RegExp(`^${pattern}$`, 'i').test(one.path);
}

/**
 * How many exchanges and facts there are of an operation, by evidence, the best first: `recorded 7, seen in a log 2`.
 * One of which nothing was seen is documented: every route of ours is in Microsoft's REST specifications.
 */
export function evidenceOf(plane: Plane, route: Route, others: readonly Route[]): string {
  // A literal segment beats a parameter: `/devices/query` is no device.
  const isNearest = (one: Seen) =>
    !others.some((other) => matches(other, one) && parameters(other) < parameters(route));
  const found = seen.filter(
    (one) => one.plane === plane && one.over === undefined && matches(route, one) && isNearest(one),
  );
  return countsOf(found) || ranks.D;
}

/** How many exchanges there are of devices at DPS over another protocol than HTTPS, by evidence. */
export function evidenceOver(protocol: 'mqtt' | 'amqp'): string {
  return countsOf(seen.filter(({ over }) => over === protocol));
}

function countsOf(found: readonly Seen[]): string {
  const counts = (Object.keys(ranks) as Rank[]).flatMap((rank) => {
    const count = found.filter(({ evidence }) => evidence === rank).length;
    return count === 0 ? [] : [`${ranks[rank]} ${count}`];
  });
  return counts.join(', ');
}

function parameters({ path }: Route): number {
  return path.split(':').length - 1;
}

/** Of the contract suite: exchanges by plane and evidence, as a table in Markdown. */
export function exchangeTable(): string {
  const exchanges = sessions.flatMap(exchangesOf);
  const used = (Object.keys(ranks) as Rank[]).filter((rank) =>
    exchanges.some(({ evidence }) => evidence === rank),
  );
  const row = (name: string, found: readonly { evidence: Rank }[]) => {
    const counts = used.map((rank) => found.filter(({ evidence }) => evidence === rank).length || '');
    return `| ${[name, ...counts, found.length].join(' | ')} |`;
  };
  const rows = (Object.keys(planes) as Plane[]).map((plane) =>
    row(
      planes[plane],
      exchanges.filter((one) => one.plane === plane),
    ),
  );
  return [
    `| plane | ${used.map((rank) => ranks[rank]).join(' | ')} | all |`,
    `| --- |${' --- |'.repeat(used.length + 1)}`,
    ...rows,
    row('all', exchanges),
  ].join('\n');
}
