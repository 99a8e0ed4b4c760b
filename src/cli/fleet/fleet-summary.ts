/** What came of a fleet, for people: counts, hubs, how long it took, and what failed. */

import type { EnrollFleetResult, EnrollmentOutcome } from '../../fleet/enroll-fleet.js';
import type { RegisterFleetResult } from '../../fleet/register-fleet.js';
import type { FleetFailure } from '../../fleet/registration/failures.js';
import type { LatencySummary } from '../../fleet/speed/latencies.js';
import type { RateSummary } from '../../fleet/speed/rates.js';
import { sentences } from '../../languages/language.js';
import { numberText } from '../../languages/numbers.js';
import { latencyLines, rateLines, type TextPicture } from '../pictures/speed/text.js';
import { showsUnicode } from '../terminal/symbols.js';
import { columns, wrap } from '../terminal/text.js';

const width = 80;
export function registrationText(
  result: RegisterFleetResult,
  results: string,
  picture: TextPicture = plainPicture,
): string {
  const { before, assigned, failed, throttled, sentAgain, hubs, latency, rate, elapsedMs } = result;
  if (assigned + failed === 0) return sentences.cliFleet.allAssigned(before);
  const seconds = elapsedMs / 1000;
  const lines = [
    sentences.cliFleet.assigned(assigned, before, failed, seconds, Math.round((assigned + failed) / seconds)),
  ];
  if (throttled > 0) lines.push(sentences.cliFleet.throttled(throttled));
  if (sentAgain > 0) lines.push(sentences.cliFleet.sentAgain(sentAgain));
  const hubRows = Object.entries(hubs).map(([hub, count]) => [hub, numberText(count)]);
  if (hubRows.length > 0) lines.push('', sentences.cliFleet.hubs, ...indented(columns(hubRows, 2)));
  lines.push(...speedLines({ latency, rate }, sentences.cliFleet.latency, picture));
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

/** Of fewer, percentiles and a chart say nothing. */
const fewestMeasurements = 10;

/** Pictures of how long devices took, and of how many there were over time; nothing for a few devices or batches. */
export function speedLines(
  { latency, rate }: { latency?: LatencySummary | undefined; rate?: RateSummary | undefined },
  heading: string,
  { width: columns, unicode }: TextPicture,
): string[] {
  if (latency && latency.measurements < fewestMeasurements) return [];
  const inside = { width: columns - indent.length, unicode };
  return [
    ...(latency ? ['', heading, ...indented(latencyLines(latency, inside))] : []),
    ...(rate ? ['', sentences.cliFleet.rateHeading, ...indented(rateLines(rate, inside))] : []),
  ];
}

/** For the stream that the report goes to: ASCII unless it is a terminal that shows more. */
export function pictureFor(
  stream: { isTTY?: boolean; columns?: number },
  env: NodeJS.ProcessEnv,
): TextPicture {
  if (stream.isTTY !== true) return plainPicture;
  return { width: stream.columns || width, unicode: showsUnicode(env) };
}

const plainPicture: TextPicture = { width, unicode: false };

const indent = '  ';

const indented = (lines: readonly string[]) => lines.map((line) => indent + line);
