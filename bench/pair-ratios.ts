/** Two checkouts, measured in alternating pairs, so that other load on the machine affects both. */

/**
 * Prints the median of the ratios, this checkout to the other one, with its 95 % confidence interval.
 *
 * @param checkouts this one, and the other one
 */
export async function compareInPairs(
  what: string,
  [here, other]: readonly [string, string],
  pairs: number,
  measure: (checkout: string) => number | Promise<number>,
): Promise<void> {
  const ratios: number[] = [];
  for (let index = 0; index < pairs; index += 1) {
    const measured = new Map<string, number>();
    for (const checkout of index % 2 === 0 ? [here, other] : [other, here])
      measured.set(checkout, await measure(checkout));
    ratios.push(measured.get(here)! / measured.get(other)!);
  }
  ratios.sort((a, b) => a - b);
  const [low, high] = interval(ratios);
  const middle = ratios[Math.floor(ratios.length / 2)]!;
  console.log(
    `${what}: ${pairs} pairs, median ratio ${middle.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`,
  );
}

/** The order statistics between which the median of all is with 95 %: a sign test. */
function interval(sorted: readonly number[]): [number, number] {
  const n = sorted.length;
  let probability = 0.5 ** n;
  let cumulated = probability;
  let rank = 0;
  while (cumulated <= 0.025 && rank < n / 2) {
    rank += 1;
    probability *= (n - rank + 1) / rank;
    cumulated += probability;
  }
  return [sorted[Math.max(0, rank - 1)]!, sorted[Math.min(n - 1, n - rank)]!];
}
