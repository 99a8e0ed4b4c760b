/** A JSON text's value; undefined when it is not JSON, as a line that was cut off. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
