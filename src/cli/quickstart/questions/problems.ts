/** What is wrong with an answer, as a sentence; undefined when nothing is. */

export type Problem = (value: string) => string | undefined;

export function pattern(legal: RegExp, sentence: string): Problem {
  return (value) => (legal.test(value) ? undefined : sentence);
}

export function missing(sentence: string): Problem {
  return (value) => (value.trim() === '' ? sentence : undefined);
}

export function wholeNumberProblem(minimum: number, maximum: number): Problem {
  return (value) => {
    const number = Number(value);
    const legal = /^\d+$/.test(value) && number >= minimum && number <= maximum;
    return legal ? undefined : `A whole number from ${minimum} to ${maximum}.`;
  };
}

/** The entries of a list with commas or spaces between them. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '');
}
