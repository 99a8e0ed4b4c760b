/** A number for people: `12,345`, whatever the computer's language, as the other texts are English. */
export function numberText(number: number): string {
  return number.toLocaleString('en-US');
}
