/** What came of a fleet, for people: counts, hubs, how long it took, and what failed. */

import type { EnrollFleetResult, EnrollmentOutcome } from '../../fleet/enroll-fleet.js';
import type { RegisterFleetResult } from '../../fleet/register-fleet.js';
import type { FleetFailure } from '../../fleet/registration/failures.js';
import type { LatencySummary } from '../../fleet/registration/latencies.js';
import { sentences } from '../../languages/language.js';
import { columns, displayWidth, numberText, widest, wrap } from '../terminal/text.js';

const width = 80;
/** Lines of a bar of the histogram, at most. */
const barWidth = 40;

export function registrationText(result: RegisterFleetResult, results: string): string {
  const { before, assigned, failed, throttled, sentAgain, hubs, latency, elapsedMs } = result;
  if (assigned + failed === 0) return sentences.cliFleet.allAssigned(before);
  const seconds = elapsedMs / 1000;
  const lines = [
    sentences.cliFleet.assigned(assigned, before, failed, seconds, Math.round((assigned + failed) / seconds)),
  ];
  if (throttled > 0) lines.push(sentences.cliFleet.throttled(throttled));
  if (sentAgain > 0) lines.push(sentences.cliFleet.sentAgain(sentAgain));
  const hubRows = Object.entries(hubs).map(([hub, count]) => [hub, numberText(count)]);
  if (hubRows.length > 0) lines.push('', sentences.cliFleet.hubs, ...indented(columns(hubRows, 2)));
  if (latency) lines.push('', sentences.cliFleet.latency, ...indented(latencyLines(latency)));
  lines.push(...result.failures.flatMap(failureLines), '', sentences.cliFleet.resultsFile(results));
  return lines.join('\n');
}

const outcomes: readonly EnrollmentOutcome[] = ['created', 'updated', 'unchanged'];

export function enrollmentText(result: EnrollFleetResult, results: string): string {
  const { enrolled, unchanged, failed, failures, elapsedMs } = result;
  if (enrolled === unchanged && failed === 0) {
    return sentences.cliFleet.allEnrolled(enrolled);
  }
  const counts = outcomes.flatMap((outcome) =>
    result[outcome] > 0 ? [sentences.cliFleet.outcome(result[outcome], outcome)] : [],
  );
  const lines = [
    sentences.cliFleet.enrolled(enrolled, counts, failed, elapsedMs / 1000),
    ...failures.flatMap(failureLines),
    '',
    sentences.cliFleet.resultsFile(results),
  ];
  return lines.join('\n');
}

function failureLines({ code, errorCode, count, message, next }: FleetFailure): string[] {
  return [
    '',
    sentences.cliFleet.failed(count, errorCode === undefined ? code : `${code} ${errorCode}`),
    wrap(message, width, '  '),
    wrap(next, width, '  '),
  ];
}

/** @param leftInHubs devices in hubs that could not be asked */
export function deregistrationText(count: number, leftInHubs: number, elapsedMs: number): string {
  const gone = sentences.cliFleet.deregistered(count, elapsedMs / 1000);
  if (leftInHubs === 0) return gone;
  return `${gone}\n${sentences.cliFleet.leftInHubs(leftInHubs)}`;
}

function latencyLines({ p50, p90, p99, max, histogram }: LatencySummary): string[] {
  const most = Math.max(...histogram.map(({ count }) => count));
  const bars = histogram.map(({ belowMs, count }) => [
    belowMs === Number.MAX_SAFE_INTEGER
      ? sentences.cliFleet.slowest
      : sentences.cliFleet.faster(duration(belowMs)),
    numberText(count),
    '#'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * barWidth))),
  ]);
  const labels = widest(bars.map(([label]) => label!));
  const counts = Math.max(...bars.map(([, count]) => count!.length));
  return [
    sentences.cliFleet.percentiles(duration(p50), duration(p90), duration(p99), duration(max)),
    ...bars.map(([label, count, bar]) =>
      `${' '.repeat(labels - displayWidth(label!))}${label}  ${count!.padStart(counts)}  ${bar}`.trimEnd(),
    ),
  ];
}

function duration(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
