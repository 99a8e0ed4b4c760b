/**
 * What marks everything that a run creates, so that it can be told when the certificate folder is lost: Azure resources
 * by their tags, enrollments and the devices in hubs by a tag of their twins. CA certificates have no tags, and Azure
 * shows no more of them than the common name and the thumbprint: the tag of the enrollment names the thumbprint, and
 * generated common names have a form of their own. Everyone with read access sees tags.
 */
import type { IndividualEnrollment } from '../dps/contract/schemas.js';
import type { CaRole } from './planned-certificates.js';

/** The same for everything that the runs in one certificate folder create. */
export const runTag = 'enrollkit-run';
export const creatorTag = 'created-by';
export const creator = 'enrollkit';

export function tagsOf(run: string): Record<string, string> {
  return { [creatorTag]: creator, [runTag]: run };
}

/** The twin tag of enrollments; DPS gives it to the twin of each device that it assigns to a hub. */
export const twinTag = 'enrollkit';

export interface TwinMark {
  run: string;
  /** The SHA-1 thumbprint of the CA that the run uploaded; undefined if it was uploaded before. */
  uploadedCa?: string;
}

type Enrollment = Pick<IndividualEnrollment, 'initialTwin'>;

/** An enrollment with the tag in its initial twin. */
export function withTwinMark<Marked extends Enrollment>(enrollment: Marked, mark: TwinMark): Marked {
  const { initialTwin } = enrollment;
  const tags = { ...initialTwin?.tags, [twinTag]: { ...mark } };
  return { ...enrollment, initialTwin: { ...initialTwin, tags } };
}

/** A twin without the tag. */
export function withoutTwinMark<Twin extends Enrollment['initialTwin']>(twin: Twin): Twin {
  if (!twin?.tags || !(twinTag in twin.tags)) return twin;
  const { [twinTag]: _mark, ...tags } = twin.tags;
  const { tags: _tags, ...others } = twin;
  return (Object.keys(tags).length === 0 ? others : { ...others, tags }) as Twin;
}

/** The mark in the tags of a twin; undefined without a valid one. */
export function twinMarkOf(tags: Readonly<Record<string, unknown>> | null | undefined): TwinMark | undefined {
  const mark = tags?.[twinTag];
  if (typeof mark !== 'object' || mark === null || !('run' in mark) || typeof mark.run !== 'string')
    return undefined;
  const uploadedCa =
    'uploadedCa' in mark && typeof mark.uploadedCa === 'string' ? { uploadedCa: mark.uploadedCa } : {};
  return { run: mark.run, ...uploadedCa };
}

/** The common name of a CA whose name the plan leaves open. @param digits eight, hexadecimal */
export function generatedCaName(role: CaRole, digits: string): string {
  return `Enrollkit ${role === 'root' ? 'Root' : 'Intermediate'} CA ${digits}`;
}

/** The digits of a generated common name, upper-case; undefined for another name. */
export function digitsOfCaName(commonName: string): string | undefined {
  return /^Enrollkit (?:Root|Intermediate) CA ([0-9A-F]{8})$/.exec(commonName)?.[1];
}
