/**
 * What no text of a recording has: control characters except tabs and line ends, marks that reverse the direction of a text,
 * and halves of characters. A terminal or an editor would act on them.
 */
const unprintable = /[^\P{Cc}\t\n\r]|[\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** The first of them in a text. */
export function firstUnprintable(text: string): string | undefined {
  return text.match(unprintable)?.[0];
}

/** The text with U+FFFD in their place. */
export function withoutUnprintable(text: string): string {
  return text.replace(unprintable, '\uFFFD');
}
