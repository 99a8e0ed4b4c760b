/** The report of a fleet, as a page. */

import type { FleetFailure } from '../../fleet/registration/failures.js';
import { sentences } from '../../languages/language.js';
import { numberText } from '../../languages/numbers.js';
import type { Forest } from '../pictures/certificate-tree/forest.js';
import { treePicture } from '../pictures/certificate-tree/svg.js';
import { day } from '../pictures/certificate-tree/words.js';
import { type Expiry, expiryCalendar } from '../pictures/expiry-calendar.js';
import { markup } from '../pictures/markup.js';
import { htmlPage } from '../pictures/page.js';
import { latencyPicture, ratePicture } from '../pictures/speed/pictures.js';
import { percentilesText } from '../pictures/speed/words.js';
import { quoted } from '../terminal/command-line.js';
import type { NextCommand } from '../terminal/next-commands.js';
import type { FleetResults, FleetSize } from './fleet-results.js';
import {
  commandsList,
  facts,
  figure,
  reportStyle,
  section,
  table,
  thumbprintTable,
  timeText,
  warningsBox,
} from './sections.js';

export interface FleetReport {
  /** As it was typed. */
  fleet: string;
  size: FleetSize | undefined;
  results: FleetResults | undefined;
  chain: Forest | undefined;
  warnings: readonly string[];
  at: Date;
  program: string;
}

export function fleetPage(report: FleetReport): string {
  const { fleet, size, results, chain, warnings, at } = report;
  const text = sentences.cliReport;
  const title = text.title(fleet);
  return htmlPage({
    title,
    style: reportStyle,
    body: [
      `<h1>${markup(title)}</h1>`,
      `<p>${markup(text.writtenAt(timeText(at.toISOString())))}</p>`,
      warningsBox(warnings),
      section(text.fleet.heading, countFacts(report)),
      results ? speedSections(results) : '',
      section(text.fleet.failures, results ? failureTable(results.failures) : ''),
      chain && chain.nodes.length > 0
        ? section(text.fleet.chain, figure(treePicture(chain, timeText(at.toISOString()))))
        : '',
      size && size.expiries.length > 0
        ? section(
            text.calendar.title,
            `${figure(expiryCalendar(size.expiries, at))}\n${endList(size.expiries)}`,
          )
        : '',
      section(text.thumbprints.heading, chain ? thumbprintTable(chain) : ''),
      section(text.next, commandsList(commandsOf(report))),
      section(text.about.heading, `<p class="small">${markup(text.fleet.sources)}</p>`),
    ].join('\n'),
  });
}

function countFacts({ size, results }: FleetReport): string {
  const text = sentences.cliReport.fleet;
  const { devices, tags = [] } = size ?? {};
  const open =
    devices === undefined || !results ? undefined : Math.max(0, devices - results.assigned - results.failed);
  const rows: [string, string | undefined][] = [
    [text.devices, devices === undefined ? undefined : numberText(devices)],
    [text.assigned, results && numberText(results.assigned)],
    [text.failed, results && numberText(results.failed)],
    [text.open, open === undefined ? undefined : numberText(open)],
    [
      sentences.cliReport.created.idScope,
      results && results.idScopes.length > 0 ? results.idScopes.join(', ') : undefined,
    ],
    ...[...(results?.hubs ?? [])]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 20)
      .map(([hub, count]): [string, string] => [text.inHub, `${hub}: ${numberText(count)}`]),
    [text.tags, tags.length > 0 ? tags.join(', ') : undefined],
  ];
  return facts(
    rows.flatMap(([label, value]) => (value === undefined ? [] : [[label, markup(value)] as const])),
  );
}

function speedSections({ latency, rate, lastRun }: FleetResults): string {
  const { cliFleet, cliReport } = sentences;
  const picture = rate && ratePicture(rate);
  return [
    latency
      ? section(
          cliFleet.latency,
          `<p>${markup(percentilesText(latency))}</p>\n${figure(latencyPicture(latency))}`,
        )
      : '',
    picture && lastRun
      ? section(
          cliFleet.rateHeading,
          `<p>${markup(cliReport.fleet.lastRun(timeText(lastRun)))} ${markup(picture.description)}</p>\n${figure(picture)}`,
        )
      : '',
  ].join('\n');
}

function failureTable(failures: readonly FleetFailure[]): string {
  const text = sentences.cliReport.fleet;
  const rows = failures.map(({ code, errorCode, count, registrationId, message, next }) => [
    `<span class="status failed">${markup(errorCode === undefined ? code : `${code} ${errorCode}`)}</span>`,
    numberText(count),
    markup(registrationId),
    `${markup(message)}<div class="small">${markup(next)}</div>`,
  ]);
  const { reason, devices, first, meaning } = text.columns;
  return table([reason, devices, first, meaning], rows, { label: text.failures });
}

function endList(expiries: readonly Expiry[]): string {
  const lines = [...expiries]
    .sort((a, b) => a.notAfter.getTime() - b.notAfter.getTime())
    .slice(0, 20)
    .map(({ notAfter, count, state }) => {
      const { states } = sentences.cliCert.tree;
      const text = sentences.cliReport.devicesEnd(numberText(count), states[state](day(notAfter)));
      return `<li>${markup(text)}</li>`;
    });
  return `<ol>\n${lines.join('\n')}\n</ol>`;
}

function commandsOf({ fleet, program, results, size }: FleetReport): NextCommand[] {
  const text = sentences.cliReport.fleet.commands;
  const isDone = results && size && results.assigned >= size.devices;
  return [
    ...(isDone ? [] : [{ line: `${program} fleet register ${quoted(fleet)}`, what: text.register }]),
    { line: `${program} fleet deregister ${quoted(fleet)} --hub-devices`, what: text.deregister },
  ];
}
