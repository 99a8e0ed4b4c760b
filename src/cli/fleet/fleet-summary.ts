/** What came of a fleet, for people: counts, hubs, how long it took, and what failed. */
import type { EnrollFleetResult, EnrollmentOutcome } from '../../fleet/enroll-fleet.js';
import type { RegisterFleetResult } from '../../fleet/register-fleet.js';
import type { FleetFailure } from '../../fleet/registration/failures.js';
import type { LatencySummary } from '../../fleet/registration/latencies.js';
import { columns, numberText, wrap } from '../terminal/text.js';

const width = 80;
/** Lines of a bar of the histogram, at most. */
const barWidth = 40;

/** "1 device", "2,000 devices". */
export const devicesText = (count: number) => `${numberText(count)} ${count === 1 ? 'device' : 'devices'}`;
const devicesAre = (count: number) => `${devicesText(count)} ${count === 1 ? 'is' : 'are'}`;

export function registrationText(result: RegisterFleetResult, results: string): string {
  const { before, assigned, failed, throttled, sentAgain, hubs, latency, elapsedMs } = result;
  if (assigned + failed === 0) return `${devicesAre(before)} assigned already; nothing was done.`;
  const seconds = elapsedMs / 1000;
  const lines = [
    `${devicesText(assigned)} assigned${before > 0 ? `, ${numberText(before)} before` : ''}, ${numberText(failed)} failed, in ${seconds.toFixed(1)} s (${numberText(Math.round((assigned + failed) / seconds))} a second)`,
  ];
  if (throttled > 0) lines.push(`${devicesText(throttled)} had to wait: DPS took no more requests (429)`);
  if (sentAgain > 0) {
    lines.push(
      `${devicesText(sentAgain)} may have sent ${sentAgain === 1 ? 'its message' : 'their messages'} twice, with the same message ID`,
    );
  }
  const hubRows = Object.entries(hubs).map(([hub, count]) => [hub, numberText(count)]);
  if (hubRows.length > 0) lines.push('', 'Hubs', ...indented(columns(hubRows, 2)));
  if (latency)
    lines.push('', 'From the first connection to the assignment', ...indented(latencyLines(latency)));
  lines.push(...result.failures.flatMap(failureLines), '', `A line a device: ${results}`);
  return lines.join('\n');
}

const outcomes: readonly EnrollmentOutcome[] = ['created', 'updated', 'unchanged'];

export function enrollmentText(result: EnrollFleetResult, results: string): string {
  const { enrolled, unchanged, failed, failures, elapsedMs } = result;
  if (enrolled === unchanged && failed === 0) {
    return `${devicesAre(enrolled)} enrolled already; nothing was done.`;
  }
  const counts = outcomes.flatMap((outcome) =>
    result[outcome] > 0 ? [`${numberText(result[outcome])} ${outcome}`] : [],
  );
  const lines = [
    `${devicesText(enrolled)} enrolled${counts.length > 0 ? `: ${counts.join(', ')}` : ''}; ${numberText(failed)} failed, in ${(elapsedMs / 1000).toFixed(1)} s`,
    ...failures.flatMap(failureLines),
    '',
    `A line a device: ${results}`,
  ];
  return lines.join('\n');
}

function failureLines({ code, errorCode, count, message, next }: FleetFailure): string[] {
  const number = errorCode === undefined ? '' : ` ${errorCode}`;
  return [
    '',
    `${devicesText(count)} failed: ${code}${number}`,
    wrap(message, width, '  '),
    wrap(next, width, '  '),
  ];
}

/** @param leftInHubs devices in hubs that could not be asked */
export function deregistrationText(count: number, leftInHubs: number, elapsedMs: number): string {
  const gone = `${devicesAre(count)} no longer registered (${(elapsedMs / 1000).toFixed(1)} s).`;
  if (leftInHubs === 0) return gone;
  return `${gone}\n${numberText(leftInHubs)} of them ${leftInHubs === 1 ? 'stays' : 'stay'} in hubs other than the one of the connection string.`;
}

function latencyLines({ p50, p90, p99, max, histogram }: LatencySummary): string[] {
  const most = Math.max(...histogram.map(({ count }) => count));
  const bars = histogram.map(({ belowMs, count }) => [
    belowMs === Number.MAX_SAFE_INTEGER ? 'longer' : `under ${duration(belowMs)}`,
    numberText(count),
    '#'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * barWidth))),
  ]);
  const labels = Math.max(...bars.map(([label]) => label!.length));
  const counts = Math.max(...bars.map(([, count]) => count!.length));
  return [
    `half within ${duration(p50)}, 90 % within ${duration(p90)}, 99 % within ${duration(p99)}, all within ${duration(max)}`,
    ...bars.map(([label, count, bar]) =>
      `${label!.padStart(labels)}  ${count!.padStart(counts)}  ${bar}`.trimEnd(),
    ),
  ];
}

function duration(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
