/** JSON merge patch as twins use it. Source: RFC 7396; Microsoft Learn, "Understand and use device twins". */

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a new object: members of `patch` replace those of `target`, objects are merged, and null deletes. */
export function mergePatch(target: unknown, patch: JsonObject): JsonObject {
  const members = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, isJsonObject(value) ? mergePatch(members.get(name), value) : value);
  }
  // Unlike assignment, fromEntries treats a member named __proto__ like any other.
  return Object.fromEntries(members);
}

/** The patch that turns `from` into `to`: all of `to`, and null for removed members. */
export function replacementPatch(from: JsonObject, to: JsonObject): JsonObject {
  const members = new Map<string, unknown>();
  for (const [name, value] of Object.entries(to)) {
    const before = Object.hasOwn(from, name) ? from[name] : undefined;
    members.set(name, isJsonObject(before) && isJsonObject(value) ? replacementPatch(before, value) : value);
  }
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) members.set(name, null);
  return Object.fromEntries(members);
}
