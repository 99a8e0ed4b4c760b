/**
 * The limits on tags and properties of a twin.
 *
 * Source: Microsoft Learn, "Understand and use device twins in IoT Hub", tags and properties format, device twin size.
 */
import { isJsonObject, type JsonObject, mergePatch } from '../../dps/contract/merge-patch.js';
import type { InitialTwin } from '../../dps/contract/schemas.js';

const maxKeyBytes = 1024;
const maxTextBytes = 4096;
const minInteger = -4503599627370496;
const maxInteger = 4503599627370495;
/** Levels of objects within tags or properties. */
const maxDepth = 10;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the rule of the hub is about control characters
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the rule of the hub forbids control characters
const illegalName = /[\u0000-\u001f\u007f-\u009f.$ ]/;

/** The maximum size of each section of a twin, in the units of {@link twinSize}. */
const maxTwinSize = { tags: 8 * 1024, properties: 32 * 1024 } as const;

/** An invalid change of a twin, which the hub answers with 400. */
export class TwinPatchError extends Error {}

/** @throws TwinPatchError when a name, a value or the depth exceeds the limits */
export function assertTwinValues(section: JsonObject): void {
  checkObject(section, 0);
}

/** @throws TwinPatchError when a section of a twin, as it would be stored, is too large */
export function assertTwinSize(
  section: JsonObject,
  what: 'tags' | 'desired properties' | 'reported properties',
): void {
  const most = what === 'tags' ? maxTwinSize.tags : maxTwinSize.properties;
  if (twinSize(section) > most) throw new TwinPatchError(`The ${what} would be larger than ${most} bytes.`);
}

/**
 * Why no twin can begin like this, with the place of the fault; undefined when one can. Members that are null count for
 * nothing: a twin has none.
 */
export function initialTwinProblem({ tags, properties }: InitialTwin): string | undefined {
  const sections = [
    ['tags', 'tags', tags],
    ['properties.desired', 'desired properties', properties?.desired],
  ] as const;
  for (const [place, what, section] of sections) {
    if (section == null) continue;
    try {
      assertTwinValues(section);
      assertTwinSize(mergePatch({}, section), what);
    } catch (error) {
      if (!(error instanceof TwinPatchError)) throw error;
      return `${place}: ${error.message}`;
    }
  }
  return undefined;
}

/** The size by the rules of the hub: the characters of names and text, 8 for a number, 4 for true and false. */
export function twinSize(value: unknown): number {
  if (typeof value === 'string') return [...value.replace(controlCharacters, '')].length;
  if (typeof value === 'number') return 8;
  if (typeof value === 'boolean') return 4;
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + twinSize(one), 0);
  if (!isJsonObject(value)) return 0;
  return Object.entries(value).reduce((sum, [name, one]) => sum + twinSize(name) + twinSize(one), 0);
}

/** JSON does not distinguish integers from real numbers; beyond 64 bits, it must be a real one. */
function isInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}

function checkObject(object: JsonObject, depth: number): void {
  if (depth > maxDepth) throw new TwinPatchError(`Properties are nested more than ${maxDepth} deep.`);
  for (const [name, value] of Object.entries(object)) {
    if (illegalName.test(name)) {
      throw new TwinPatchError(
        `The property name ${JSON.stringify(name)} has a dot, a dollar sign, a space or a control character.`,
      );
    }
    if (Buffer.byteLength(name) > maxKeyBytes) {
      throw new TwinPatchError(`A property name holds at most ${maxKeyBytes} bytes.`);
    }
    checkValue(name, value, depth);
  }
}

function checkValue(name: string, value: unknown, depth: number): void {
  if (isJsonObject(value)) checkObject(value, depth + 1);
  else if (Array.isArray(value)) for (const one of value) checkValue(name, one, depth);
  else if (typeof value === 'string' && Buffer.byteLength(value) > maxTextBytes) {
    throw new TwinPatchError(
      `The value of ${JSON.stringify(name)} is text of more than ${maxTextBytes} bytes.`,
    );
  } else if (typeof value === 'number' && !Number.isFinite(value)) {
    // JSON.parse makes Infinity of it, which would be stored as null.
    throw new TwinPatchError(`The value of ${JSON.stringify(name)} is a number that no double holds.`);
  } else if (typeof value === 'number' && isInteger(value) && (value < minInteger || value > maxInteger)) {
    throw new TwinPatchError(
      `The value of ${JSON.stringify(name)} is an integer beyond ${minInteger} and ${maxInteger}.`,
    );
  }
}
