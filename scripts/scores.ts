/** What scripts that run a test suite count, by part of the suite: our verdicts and those of openssl. */

export interface Score {
  right: number;
  wrongAccepts: number;
  wrongRejects: number;
}

const counts = ['right', 'wrongAccepts', 'wrongRejects'] as const;

export class Scores {
  readonly #parts = new Map<string, { ours: Score; openssl: Score }>();

  /** Counts the verdicts on one case. */
  add(part: string, isValid: boolean, verdicts: { ours: boolean; openssl: boolean }): void {
    const scores = this.#parts.get(part) ?? { ours: empty(), openssl: empty() };
    this.#parts.set(part, scores);
    for (const who of ['ours', 'openssl'] as const) {
      const verdict = verdicts[who];
      scores[who][verdict === isValid ? 'right' : verdict ? 'wrongAccepts' : 'wrongRejects'] += 1;
    }
  }

  total(who: 'ours' | 'openssl'): Score {
    const sum = empty();
    for (const part of this.#parts.values()) for (const key of counts) sum[key] += part[who][key];
    return sum;
  }

  /** A Markdown table, as in docs/validation.md. */
  table(head: string): string {
    const rows = [...this.#parts].map(([part, { ours, openssl }]) => row(part, ours, openssl));
    return [
      `| ${head} | cases | right | wrong accepts | wrong rejects | OpenSSL right | its wrong accepts | its wrong rejects |`,
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...rows,
      row('all', this.total('ours'), this.total('openssl')),
    ].join('\n');
  }
}

function empty(): Score {
  return { right: 0, wrongAccepts: 0, wrongRejects: 0 };
}

function row(part: string, ours: Score, openssl: Score): string {
  const cases = ours.right + ours.wrongAccepts + ours.wrongRejects;
  return `| ${[part, cases, ...counts.map((key) => ours[key]), ...counts.map((key) => openssl[key])].join(' | ')} |`;
}
