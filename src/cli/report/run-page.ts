/** The report of a run of quickstart, as a page. */
import { sentences } from '../../languages/language.js';
import { usesGroup } from '../../quickstart/planned-certificates.js';
import type { RecordedStep, Recording } from '../../quickstart/recording/schema.js';
import { stepsOf } from '../../quickstart/steps/index.js';
import { planRows } from '../input/plan-rows.js';
import { treePicture } from '../pictures/certificate-tree/svg.js';
import { summaryText } from '../pictures/certificate-tree/words.js';
import { expiryCalendar } from '../pictures/expiry-calendar.js';
import { markup } from '../pictures/markup.js';
import { htmlPage } from '../pictures/page.js';
import { type NextCommand, nextCommands } from '../terminal/next-commands.js';
import { inWords } from '../terminal/resource-words.js';
import { milliseconds, printable } from '../terminal/text.js';
import { expiriesOf, type FolderCertificates, forPicture } from './certificates.js';
import { runCommands } from './next-steps.js';
import type { Created, RecordedRun } from './recorded-run.js';
import { type Registration, registrationsOf } from './registrations.js';
import {
  commandsList,
  expiryList,
  facts,
  figure,
  reportStyle,
  section,
  table,
  thumbprintTable,
  timeText,
  warningsBox,
} from './sections.js';
import { timeline } from './timeline.js';

export interface RunReport {
  /** The certificate folder as it was typed. */
  folder: string;
  run: RecordedRun;
  certificates: FolderCertificates;
  created: Created;
  warnings: readonly string[];
  at: Date;
  program: string;
}

export function runPage(report: RunReport): string {
  const { folder, run, warnings, at } = report;
  const { recording } = run;
  const text = sentences.cliReport;
  const title = text.title(folder);
  const registrations = recording ? registrationsOf(recording) : [];
  return htmlPage({
    title,
    style: reportStyle,
    body: [
      `<h1>${markup(title)}</h1>`,
      `<p>${markup(text.writtenAt(timeText(at.toISOString())))}</p>`,
      recording ? header(recording) : '',
      warningsBox(warnings),
      certificateSection(report),
      recording ? stepsSection(recording) : '',
      recording ? section(text.created.heading, createdFacts(report, recording)) : '',
      section(text.registrations.heading, registrationTable(registrations)),
      expirySection(report),
      section(text.thumbprints.heading, thumbprintTable(report.certificates.forest)),
      section(text.next, commandsList(commandsOf(report, registrations))),
      section(text.about.heading, about(report)),
    ].join('\n'),
  });
}

function header({ outcome, startedAt, elapsedMs, failure, replayOf }: Recording): string {
  const { outcomes, started, replay } = sentences.cliReport;
  const lines = [
    `<p><span class="outcome${outcome === 'done' ? '' : ' failed'}">${markup(outcomes[outcome])}</span> ${markup(started(timeText(startedAt), milliseconds(Math.round(elapsedMs))))}</p>`,
    ...(failure ? [`<p class="failed">${markup(`${failure.code}: ${failure.message}`)}</p>`] : []),
    ...(replayOf ? [`<p>${markup(replay(timeText(replayOf.startedAt)))}</p>`] : []),
  ];
  return lines.join('\n');
}

function certificateSection({ certificates: { forest, unreadable }, at }: RunReport): string {
  const { notRead, title } = sentences.cliCert.tree;
  const drawn = forPicture(forest);
  const problems = unreadable.map(({ message }) => `<li>${markup(message)}</li>`).join('\n');
  const list =
    problems === '' ? '' : `<h3>${markup(notRead)}</h3>\n<ul class="unreadable">\n${problems}\n</ul>`;
  if (drawn.nodes.length === 0) return list === '' ? '' : section(title, list);
  const picture = treePicture(drawn, timeText(at.toISOString()));
  return section(
    sentences.cliReport.chain,
    `<p>${markup(sentences.cliCert.tree.summaryAt(summaryText(forest.nodes), timeText(at.toISOString())))}</p>\n${figure(picture)}\n${list}`,
  );
}

function stepsSection(recording: Recording): string {
  const { steps, elapsedMs, plan } = recording;
  const text = sentences.cliReport.timeline;
  // A recording has the titles in the language of its run.
  const titles = new Map(stepsOf(plan).map((step) => [step.id, step.title(plan)]));
  const named = steps.map((step) => ({ ...step, title: titles.get(step.id) ?? step.title }));
  const rows = named.map((step) => [
    markup(step.title),
    `<span class="status${step.status === 'failed' ? ' failed' : ''}">${markup(text.statuses[step.status])}</span>`,
    markup(step.outcome ?? failureText(step)),
    `<span class="number">${milliseconds(Math.round(step.elapsedMs))}</span>`,
    `<span class="number">${step.requests.length}</span>`,
  ]);
  const { step, status, outcome, duration, requests } = text.columns;
  return section(
    text.title,
    steps.length === 0
      ? `<p>${markup(text.none)}</p>`
      : `${figure(timeline(named, elapsedMs))}\n${table([step, status, outcome, duration, requests], rows, { label: text.table })}`,
  );
}

function failureText({ failure }: RecordedStep): string {
  return failure === undefined ? '' : `${failure.code}: ${failure.message}`;
}

function createdFacts({ folder, created }: RunReport, { target, plan, steps }: Recording): string {
  const text = sentences.cliReport.created;
  const isAzure = target.kind === 'azure';
  const verified = steps.find(({ id }) => id === 'proof-of-possession')?.status;
  const twin = plan.enrollmentGroup.initialTwin as { tags?: object } | null;
  const rows: [string, string | undefined][] = [
    [text.service, isAzure ? portalLink(target) : markup(text.emulator(target.dpsName))],
    [text.endpoint, markup(target.serviceHostName)],
    [text.idScope, target.idScope === undefined ? undefined : `<code>${markup(target.idScope)}</code>`],
    [text.subscription, isAzure && target.subscriptionId ? markup(target.subscriptionId) : undefined],
    [text.resourceGroup, isAzure && target.resourceGroup ? markup(target.resourceGroup) : undefined],
    [text.deviceEndpoint, markup(target.globalDeviceEndpoint)],
    ...planRows(plan, printable(folder), ['enrollmentGroup.initialTwin']).map(
      ([label, value]): [string, string] => [label, markup(value)],
    ),
    [text.tags, twin?.tags ? markup(Object.keys(twin.tags).join(', ')) : undefined],
    [
      text.verified,
      verified === undefined
        ? undefined
        : markup(verified === 'done' || verified === 'already' ? text.yes : text.no),
    ],
  ];
  const list = created.things.slice(0, 20).map((thing) => `<li>${markup(inWords(thing))}</li>`);
  const more = created.things.length - list.length;
  const remains =
    list.length === 0
      ? ''
      : `\n<h3>${markup(text.remains)}</h3>\n<ul>\n${list.join('\n')}${more > 0 ? `\n<li>${markup(sentences.cliQuickstart.andMore(more))}</li>` : ''}\n</ul>`;
  return facts(rows.filter((row): row is [string, string] => row[1] !== undefined)) + remains;
}

/** The only link: to the provisioning service in the portal. */
function portalLink({ dpsName, subscriptionId, resourceGroup }: Recording['target']): string {
  if (!subscriptionId || !resourceGroup) return markup(dpsName);
  const parts = [subscriptionId, resourceGroup, dpsName].map((part) => encodeURIComponent(part));
  const address = `https://portal.azure.com/#resource/subscriptions/${parts[0]}/resourceGroups/${parts[1]}/providers/Microsoft.Devices/provisioningServices/${parts[2]}`;
  return `<a href="${markup(address)}" rel="noreferrer">${markup(dpsName)}</a>`;
}

function registrationTable(registrations: readonly Registration[]): string {
  const text = sentences.cliReport.registrations;
  const longest = Math.max(1, ...registrations.map(({ milliseconds: time = 0 }) => time));
  const rows = registrations.map(
    ({ registrationId, status, assignedHub, deviceId, error, milliseconds: time }) => [
      markup(registrationId),
      error === undefined
        ? `<span class="status">${markup(status ?? text.none)}</span>`
        : `<span class="status failed">${markup(text.refused(error))}</span>`,
      markup(assignedHub ?? ''),
      markup(deviceId ?? ''),
      time === undefined
        ? markup(status === 'assigned' ? text.earlier : '')
        : `<span class="number">${milliseconds(time)}</span><span class="bar" aria-hidden="true"><span style="width:${Math.round((time / longest) * 100)}%"></span></span>`,
    ],
  );
  const { device, status, hub, id, latency } = text.columns;
  return table([device, status, hub, id, latency], rows, { label: text.heading });
}

function expirySection({ certificates: { forest }, at }: RunReport): string {
  if (forest.nodes.length === 0) return '';
  return section(
    sentences.cliReport.calendar.title,
    `${figure(expiryCalendar(expiriesOf(forest), at))}\n<h3>${markup(sentences.cliCert.tree.expiry)}</h3>\n${expiryList(forest.nodes)}`,
  );
}

function commandsOf(report: RunReport, registrations: readonly Registration[]): NextCommand[] {
  const { folder, run, program } = report;
  const { recording } = run;
  const commands = runCommands({ folder, program, recording });
  if (recording?.outcome !== 'done') return commands;
  const registrationId = registrations.find(({ status }) => status === 'assigned')?.registrationId;
  const { plan, target } = recording;
  const finished = {
    folder,
    program,
    target: target.kind,
    registrationId,
    hasSampleProgram: usesGroup(plan),
  };
  return [...nextCommands(finished), ...commands];
}

function about({ run: { recording, path } }: RunReport): string {
  const text = sentences.cliReport.about;
  const rows: [string, string][] = recording
    ? [
        [
          text.versions,
          markup(
            `enrollkit ${recording.enrollkit}, Node.js ${recording.node}, ${recording.platform} ${recording.arch}`,
          ),
        ],
        [text.recording, markup(path?.split(/[/\\]/).at(-1) ?? '')],
      ]
    : [];
  return `${rows.length === 0 ? '' : `${facts(rows)}\n`}<p class="small">${markup(text.sources)}</p>`;
}
