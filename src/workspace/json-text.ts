/** A JSON text's value; undefined when it is not JSON, as a line that was cut off. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A line that was cut off without the zeros that a power failure leaves behind it on some file systems. */
export function withoutZeros(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\0') end -= 1;
  return line.slice(0, end);
}
