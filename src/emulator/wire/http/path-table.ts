/**
 * Azure matches paths without regard to case and to a slash at the end. The router does not: so a path is first put
 * into the spelling of the route table.
 */
import type { Route } from '../../../dps/contract/routes.js';

interface Entry {
  method: string;
  segments: string[];
}

export class PathTable {
  readonly #byLength = new Map<number, Entry[]>();

  constructor(routes: readonly Route[]) {
    for (const { method, path } of routes) {
      const segments = path.split('/').slice(1);
      const entries = this.#byLength.get(segments.length) ?? [];
      entries.push({ method, segments });
      this.#byLength.set(segments.length, entries);
    }
  }

  /** The path with its fixed segments spelled as in the table; as it is when no route has this form. */
  spell(method: string, path: string): string {
    const given = split(path);
    const entries = (this.#byLength.get(given.length) ?? []).filter(({ segments }) =>
      matches(segments, given),
    );
    const entry = entries.find((candidate) => candidate.method === method) ?? entries[0];
    if (!entry) return path;
    return `/${entry.segments.map((segment, index) => (segment.startsWith(':') ? given[index] : segment)).join('/')}`;
  }

  /** The methods that a path knows. */
  methods(path: string): string[] {
    const given = split(path);
    const entries = (this.#byLength.get(given.length) ?? []).filter(({ segments }) =>
      matches(segments, given),
    );
    return [...new Set(entries.map(({ method }) => method))];
  }
}

function split(path: string): string[] {
  return path.replace(/\/+$/, '').split('/').slice(1);
}

function matches(segments: string[], given: string[]): boolean {
  return segments.every((segment, index) => {
    const value = given[index]!;
    return segment.startsWith(':') ? value !== '' : segment.toLowerCase() === value.toLowerCase();
  });
}
