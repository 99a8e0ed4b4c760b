/** A roll-over for people: the CAs, the groups, the devices and their dates. */
import { sentences } from '../../languages/language.js';
import type { EnrollmentGroupResult } from '../../rollover/group.js';
import type { RolloverResult } from '../../rollover/result.js';
import type { Styles } from '../kernel/output.js';
import { columns, displayPath, padEnd, widest } from '../terminal/text.js';

/** A list longer than this is cut, and says so; --json has all of it. */
const maxListed = 20;

const day = (time: string) => time.slice(0, 10);

export function rolloverText(result: RolloverResult, { bold, green, red }: Styles): string {
  const { authority, authorities, enrollmentGroups, deleted, devices, notes, finishedAt } = result;
  const left = devices.filter(({ reissued }) => !reissued);
  const title = sentences.cliCert.rollover.title(
    authority,
    finishedAt === null ? undefined : day(finishedAt),
  );
  const width = widest(
    authorities.flatMap(({ role }) => [
      sentences.cliCert.rollover.newAuthority(role),
      sentences.cliCert.rollover.oldAuthority(role),
    ]),
  );
  const sections: [string, string[]][] = [
    [
      sentences.cliCert.rollover.headings.authorities,
      authorities.flatMap((one) => authorityLines(one, width)),
    ],
    [sentences.cliCert.rollover.headings.groups, enrollmentGroups.map(groupLine)],
    [sentences.cliCert.rollover.headings.deleted, deleted],
    [
      sentences.cliCert.rollover.headings.devices(devices.length, left.length),
      columns(deviceRows(result), 2),
    ],
    [sentences.cliCert.rollover.headings.notes, notes],
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
    [padEnd(which, width), sha256Thumbprint.slice(0, 8), day(notAfter), displayPath(folder)].join('  ');
  return [
    line(sentences.cliCert.rollover.newAuthority(role), successor),
    line(sentences.cliCert.rollover.oldAuthority(role), old),
  ];
}

function groupLine({ id, holds, primary, secondary }: EnrollmentGroupResult): string {
  const short = (value: string | null) =>
    value && /^[0-9A-F]{64}$/.test(value) ? value.slice(0, 8) : (value ?? '');
  switch (holds) {
    case 'both':
      return sentences.cliCert.rollover.acceptsBoth(id, short(primary), short(secondary));
    case 'new':
      return sentences.cliCert.rollover.acceptsNew(id, short(primary));
    case 'unchanged':
      return sentences.cliCert.rollover.unchanged(id, short(primary));
    case 'gone':
      return sentences.cliCert.rollover.gone(id);
  }
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
      kind === 'edge-ca' ? sentences.cliCert.rollover.edgeCa(name) : name,
      reissueBy === null
        ? sentences.cliCert.rollover.reissued(day(notAfter))
        : sentences.cliCert.rollover.reissueBy(day(reissueBy)),
    ]);
  const more = sorted.length - rows.length;
  return more > 0
    ? [...rows, [sentences.cliCert.rollover.more(more), sentences.cliCert.rollover.seeJson]]
    : rows;
}
