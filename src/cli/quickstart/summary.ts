/** What a quickstart closes with: the chain as a tree, what lies where, the group as read back, what to do next. */

import { relative } from 'node:path';
import { sentences } from '../../languages/language.js';
import type { CertificateResult, DeviceResult, QuickstartResult } from '../../quickstart/result.js';
import { layoutOf } from '../../workspace/layout.js';
import type { Styles } from '../kernel/output.js';
import { groupRows, settingRows } from '../terminal/enrollment-group-text.js';
import { nextCommands } from '../terminal/next-commands.js';
import { displayWidth, milliseconds, padEnd, truncate, widest, wrap, wrappedRows } from '../terminal/text.js';

/** A wider terminal is not filled. */
const widestPage = 80;
/** A list longer than this is cut, and says so. */
const maxListed = 8;

export interface ClosingOptions {
  /** The certificate folder as it was typed. */
  folder: string;
  /** The CA that was uploaded. */
  uploaded: 'root' | 'intermediate';
  /** How the program is called here: `enrollkit`, or `npx --no-install enrollkit`. */
  program: string;
  style: Styles;
  /** Columns of the terminal. Every line fits, except for commands and addresses, which must stay whole. */
  columns: number;
}

export function closingReport(result: QuickstartResult, options: ClosingOptions): string {
  const { style } = options;
  const width = Math.min(options.columns, widestPage);
  const sections: [string, string[]][] = [
    [sentences.cliQuickstart.closing.certificates, chainTree(result, style, width)],
    [sentences.cliQuickstart.closing.filesIn(options.folder), files(result, options, width)],
    [
      result.enrollmentGroup
        ? sentences.cliQuickstart.closing.groupReadBack
        : sentences.cliQuickstart.closing.enrollmentsReadBack,
      enrollmentLines(result, width),
    ],
    [sentences.cliQuickstart.closing.devices, deviceTable(result.devices, width)],
    [sentences.cliQuickstart.closing.next, nextSteps(result, options, width)],
  ];
  const body = sections.map(([heading, lines]) =>
    [style.bold(heading), ...lines.map((line) => `  ${line}`)].join('\n'),
  );
  return `\n${[style.green(wrap(title(result), width)), ...body].join('\n\n')}\n`;
}

function title({ devices, target, elapsedMs, enrollmentGroup, enrollments }: QuickstartResult): string {
  const service = target.kind === 'azure' ? target.dpsName : undefined;
  const { closing } = sentences.cliQuickstart;
  const { provisioningStatus } = enrollmentGroup ?? enrollments?.[0] ?? {};
  if (provisioningStatus === 'disabled') {
    return enrollmentGroup ? closing.disabled(service) : closing.disabledEnrollments(service);
  }
  if (!isRegistered(devices)) return closing.toInstall(devices.length, service, milliseconds(elapsedMs));
  return sentences.cliQuickstart.closing.enrolled(devices.length, service, milliseconds(elapsedMs));
}

function authoritiesOf({ root, intermediate }: QuickstartResult['certificates']): CertificateResult[] {
  return [root, intermediate].filter((one) => one !== null);
}

function isRegistered(devices: readonly DeviceResult[]): boolean {
  return devices.some(({ status }) => status === 'assigned');
}

function chainTree({ certificates, devices }: QuickstartResult, style: Styles, width: number): string[] {
  const authorities = authoritiesOf(certificates);
  const lines = authorities.map((certificate, depth) => {
    const branch = depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `;
    return certificateLine(branch + certificate.commonName, certificate, style, width);
  });
  const indent = '   '.repeat(Math.max(authorities.length - 1, 0));
  const listed = devices.slice(0, maxListed);
  const more = devices.length - listed.length;
  for (const [index, device] of listed.entries()) {
    const last = index === listed.length - 1 && more === 0;
    lines.push(
      certificateLine(`${indent}${last ? '└─' : '├─'} ${device.registrationId}`, device, style, width),
    );
  }
  if (more > 0) lines.push(`${indent}└─ ${sentences.cliQuickstart.andMore(more)}`);
  return lines;
}

function certificateLine(
  label: string,
  { sha256Thumbprint, notAfter }: Pick<CertificateResult, 'sha256Thumbprint' | 'notAfter'>,
  style: Styles,
  width: number,
): string {
  const thumbprint = width < widestPage ? '' : `${sha256Thumbprint.slice(0, 12)}…  `;
  const facts = thumbprint + sentences.cliQuickstart.closing.until(notAfter.slice(0, 10));
  const room = width - 2 - displayWidth(facts) - 2;
  return `${padEnd(truncate(label, room), room)}  ${style.dim(facts)}`;
}

function files(
  { certificates, devices, enrollmentGroup, enrollments, program, programKept }: QuickstartResult,
  options: ClosingOptions,
  width: number,
): string[] {
  const { uploaded } = options;
  const inDps = (which: 'root' | 'intermediate') =>
    (which === uploaded ? certificates.uploadedName : null) ?? undefined;
  const { root, intermediate } = certificates;
  const top = certificateFolder(devices[0]!.certificate);
  const short = (path: string) => relative(top, path).replaceAll('\\', '/');
  const first = devices[0]!;
  const example = short(first.certificate).replace(/certificate\.pem$/, '');
  const rows: [string, string][] = [];
  if (root) {
    rows.push(
      [short(root.certificate), sentences.cliQuickstart.closing.root(inDps('root'))],
      [short(root.key), sentences.cliQuickstart.closing.keepSafe],
    );
  }
  if (intermediate) {
    rows.push([
      short(intermediate.certificate),
      sentences.cliQuickstart.closing.intermediate(inDps('intermediate')),
    ]);
    if (!root) rows.push([short(intermediate.key), sentences.cliQuickstart.closing.keepSafe]);
  }
  const { closing } = sentences.cliQuickstart;
  if (first.key === null) {
    rows.push([`${example}chain.pem`, closing.install], [`${example}request.pem`, closing.request]);
  } else {
    rows.push(
      [`${example}chain.pem`, closing.chain(authoritiesOf(certificates).length > 0)],
      [`${example}key.pem`, closing.deviceKey],
      [`${example}device.pfx`, closing.pfx],
    );
  }
  if ((enrollmentGroup ?? enrollments?.[0])?.capabilities?.iotEdge) {
    const { edgeCa } = layoutOf(top).device(first.registrationId);
    rows.push([short(edgeCa.certificate), closing.edgeCa]);
  }
  if (first.operational) rows.push([`${example}operational`, closing.operational]);
  if (program !== null) rows.push([short(program), programKept ? closing.programKept : closing.program]);
  rows.push(
    ['.enrollkit/plan.json', sentences.cliQuickstart.closing.plan],
    ['.enrollkit/runs', sentences.cliQuickstart.closing.recording],
  );
  return wrappedRows(rows, width - 2);
}

function enrollmentLines(
  { enrollmentGroup, enrollments, target }: QuickstartResult,
  width: number,
): string[] {
  const { idScope, oneCertificateEach } = sentences.cliQuickstart.closing;
  const rows = enrollmentGroup
    ? groupRows(enrollmentGroup)
    : enrollments?.[0]
      ? settingRows(enrollments[0])
      : [];
  // Individual enrollments differ in their certificates only; the first row has that of the first one.
  if (enrollments && enrollments.length > 1) rows[0] = [rows[0]![0], oneCertificateEach];
  const lines = wrappedRows([...rows, [idScope, target.idScope]], width - 2);
  return target.portalUrl ? [...lines, target.portalUrl] : lines;
}

function deviceTable(devices: readonly DeviceResult[], width: number): string[] {
  const listed = devices.slice(0, maxListed);
  const longest = Math.min(34, widest(listed.map(({ deviceId }) => deviceId)));
  const lines = listed.map(({ deviceId, status, assignedHub }) =>
    truncate(
      `${padEnd(truncate(deviceId, longest), longest)}  ${status}  ${assignedHub}`.trimEnd(),
      width - 2,
    ),
  );
  const more = devices.length - listed.length;
  return more > 0 ? [...lines, sentences.cliQuickstart.andMore(more)] : lines;
}

function nextSteps(
  { target, devices, program: sample }: QuickstartResult,
  { folder, program }: ClosingOptions,
  width: number,
): string[] {
  const registrationId = isRegistered(devices) ? devices[0]!.registrationId : undefined;
  const finished = {
    folder,
    program,
    target: target.kind,
    registrationId,
    hasSampleProgram: sample !== null,
  };
  return nextCommands(finished).flatMap(({ line, what }) => [
    ...wrap(what, width - 2, '# ').split('\n'),
    line,
  ]);
}

/** `<folder>/devices/<id>/certificate.pem` lies in `<folder>`. */
function certificateFolder(deviceCertificate: string): string {
  return deviceCertificate.replace(/[\\/]devices[\\/][^\\/]+[\\/]certificate\.pem$/, '');
}
