/** The names that a replay gives in place of the recorded ones. */
import type { Plan } from '../plan/fields.js';
import type { Recording } from './schema.js';

export type Names = NonNullable<Recording['replayOf']>['names'];

/**
 * The names of a plan that differ from those of a recorded run: of the group, the CAs and the devices. If the recording
 * is of a replay itself, those that it had given in place of others are traced back to these.
 */
export function namesGiven({ plan: recorded, replayOf }: Recording, plan: Plan): Names {
  const given = changedNames(recorded, plan);
  const traced = (replayOf?.names ?? []).map((earlier) => ({
    recorded: earlier.recorded,
    now: given.find((one) => one.recorded === earlier.now)?.now ?? earlier.now,
  }));
  const known = new Set((replayOf?.names ?? []).map(({ now }) => now));
  return [...traced, ...given.filter((one) => !known.has(one.recorded))];
}

/** The names that one plan has in place of those of another. */
export function changedNames(recorded: Plan, plan: Plan): Names {
  const [before, after] = [recorded.devices.registrationIds, plan.devices.registrationIds];
  const all: [string | null, string | null][] = [
    [recorded.enrollmentGroup.id, plan.enrollmentGroup.id],
    [recorded.certificateAuthority.name, plan.certificateAuthority.name],
    [recorded.certificates.rootCommonName, plan.certificates.rootCommonName],
    [recorded.certificates.intermediateCommonName, plan.certificates.intermediateCommonName],
    ...(before.length === after.length
      ? before.flatMap((id, index): [string, string | null][] => [
          [id, after[index]!],
          [
            recorded.devices.details?.[id]?.deviceId ?? id,
            plan.devices.details?.[after[index]!]?.deviceId ?? null,
          ],
        ])
      : []),
  ];
  return all.flatMap(([name, now]) =>
    name === null || now === null || name === now ? [] : [{ recorded: name, now }],
  );
}

export type Rename = (text: string) => string;

/**
 * Two functions that replace the names of two runs by what they have in common, so that the same text of both is equal.
 *
 * @param a the names that the first run gave in place of those of the run that both replay; empty for that run itself
 */
export function commonNames(a: Names, b: Names): [Rename, Rename] {
  const classes = new Map<string, string>();
  const find = (key: string): string => {
    let found = key;
    for (let above = classes.get(found); above !== undefined && above !== found; above = classes.get(found)) {
      found = above;
    }
    return found;
  };
  const union = (one: string, other: string) => classes.set(find(one), find(other));
  const originals = new Set([...a, ...b].map(({ recorded }) => recorded));
  const sides = [a, b].map((names, side) => {
    const given = new Map(names.toReversed().map(({ recorded, now }) => [recorded, now]));
    const own = [...originals].map((recorded) => given.get(recorded) ?? recorded);
    [...originals].forEach((recorded, index) => {
      union(`${side} ${own[index]}`, `recorded ${recorded}`);
    });
    return own;
  });
  const [renameA, renameB] = sides.map((own, side) =>
    renamer(own.map((name) => [name, () => `<name ${find(`${side} ${name}`).replace(/^\w+ /, '')}>`])),
  );
  return [renameA!, renameB!];
}

/** Replaces each recorded name by the one that is used now, in JSON. */
export function renameToNow(names: Names): Rename {
  return renamer(names.map(({ recorded, now }) => [recorded, () => now]));
}

/** Whole names only: `device-1` is not part of `device-10`. Also as they are in URLs. */
function renamer(replacements: readonly (readonly [string, () => string])[]): Rename {
  const byName = new Map(
    replacements.flatMap(([name, replacement]) => [
      [name, replacement] as const,
      [encodeURIComponent(name), replacement] as const,
    ]),
  );
  if (byName.size === 0) return (text) => text;
  const names = [...byName.keys()].sort((one, other) => other.length - one.length).map(escaped);
  const pattern = new RegExp(`(?<![A-Za-z0-9_-])(${names.join('|')})(?![A-Za-z0-9_-])`, 'g');
  return (text) => text.replace(pattern, (name) => byName.get(name)!());
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
