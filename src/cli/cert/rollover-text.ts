/** A roll-over for people: the CAs, the groups, the devices and their dates. */
import type { EnrollmentGroupResult } from '../../rollover/group.js';
import type { RolloverResult } from '../../rollover/result.js';
import type { Styles } from '../kernel/output.js';
import { columns, displayPath } from '../terminal/text.js';

/** A list longer than this is cut, and says so; --json has all of it. */
const maxListed = 20;

const day = (time: string) => time.slice(0, 10);

export function rolloverText(result: RolloverResult, { bold, green, red }: Styles): string {
  const { authority, authorities, enrollmentGroups, deleted, devices, notes, finishedAt } = result;
  const left = devices.filter(({ reissued }) => !reissued);
  const title = `Roll-over of the ${authority} CA: ${finishedAt === null ? 'both are in use' : `finished on ${day(finishedAt)}`}`;
  const width = Math.max(...authorities.map(({ role }) => `new ${role}`.length));
  const sections: [string, string[]][] = [
    ['CAs', authorities.flatMap((one) => authorityLines(one, width))],
    ['Enrollment groups', enrollmentGroups.map(groupLine)],
    ['Deleted from DPS', deleted],
    [devicesTitle(devices.length, left.length), columns(deviceRows(result), 2)],
    ['Notes', notes],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  const texts = shown.map(([heading, lines]) =>
    [bold(heading), ...lines.map((line) => `  ${line}`)].join('\n'),
  );
  return [left.length > 0 && finishedAt !== null ? red(title) : green(title), ...texts].join('\n\n');
}

/** A path stays whole, however long the line becomes: people copy it. */
function authorityLines(
  { role, old, new: successor }: RolloverResult['authorities'][number],
  width: number,
): string[] {
  const line = (which: string, { sha256Thumbprint, notAfter, folder }: typeof old) =>
    [`${which} ${role}`.padEnd(width), sha256Thumbprint.slice(0, 8), day(notAfter), displayPath(folder)].join(
      '  ',
    );
  return [line('new', successor), line('old', old)];
}

function groupLine({ id, holds, primary, secondary }: EnrollmentGroupResult): string {
  const short = (value: string | null) => (value && /^[0-9A-F]{64}$/.test(value) ? value.slice(0, 8) : value);
  switch (holds) {
    case 'both':
      return `${id}: accepts both, ${short(primary)} and ${short(secondary)}`;
    case 'new':
      return `${id}: accepts the new one only, ${short(primary)}`;
    case 'unchanged':
      return `${id}: unchanged, by ${short(primary)}`;
    case 'gone':
      return `${id}: there is none of that ID any more`;
  }
}

function devicesTitle(all: number, left: number): string {
  if (left === 0) return `Devices: all ${all} are re-issued`;
  return `Devices: ${left} of ${all} are to be re-issued`;
}

/** The most urgent first. */
function deviceRows({ devices }: RolloverResult): string[][] {
  const sorted = [...devices].sort((a, b) => {
    const [first, second] = [a.reissueBy ?? '9', b.reissueBy ?? '9'];
    return first < second ? -1 : first > second ? 1 : 0;
  });
  const rows = sorted
    .slice(0, maxListed)
    .map(({ name, kind, reissueBy, notAfter }) => [
      kind === 'edge-ca' ? `${name} (edge CA)` : name,
      reissueBy === null ? `re-issued, until ${day(notAfter)}` : `re-issue by ${day(reissueBy)}`,
    ]);
  const more = sorted.length - rows.length;
  return more > 0 ? [...rows, [`and ${more} more`, 'see --json']] : rows;
}
