/** Finds the route of a path. Azure matches paths without regard to case or to a slash at the end. */
import { percentDecoded } from '../../../dps/contract/percent-decoded.js';
import type { Route } from '../../../dps/contract/routes.js';
import type { MatchedPath } from './request.js';

export interface RouteMatch<Value> extends MatchedPath {
  value: Value;
}

/** A fixed segment, or the name of a parameter. */
type Segment = { fixed: string; lowerCase: string } | { parameter: string };

interface Entry<Value> {
  method: string;
  segments: Segment[];
  value: Value;
}

export class RouteTable<Value> {
  /** By the number of segments, in the order in which routes were given. */
  readonly #entries = new Map<number, Entry<Value>[]>();

  /** @param routes where two match the same path, the first one counts */
  constructor(routes: readonly { route: Route; value: Value }[]) {
    for (const { route, value } of routes) {
      const segments = split(route.path).map(
        (text): Segment =>
          text.startsWith(':')
            ? { parameter: text.slice(1) }
            : { fixed: text, lowerCase: text.toLowerCase() },
      );
      const entries = this.#entries.get(segments.length) ?? [];
      entries.push({ method: route.method, segments, value });
      this.#entries.set(segments.length, entries);
    }
  }

  /** @param path not decoded */
  find(method: string, path: string): RouteMatch<Value> | undefined {
    const given = split(path);
    const entry = this.#matching(given).find((candidate) => candidate.method === method);
    if (!entry) return undefined;
    const parameters: Record<string, string> = {};
    const spelled = entry.segments.map((segment, index) => {
      if ('fixed' in segment) return segment.fixed;
      parameters[segment.parameter] = decoded(given[index]!);
      return given[index]!;
    });
    return { value: entry.value, path: `/${spelled.join('/')}`, parameters };
  }

  /** The methods that a path takes; empty when no route matches it. */
  methods(path: string): string[] {
    return [...new Set(this.#matching(split(path)).map(({ method }) => method))];
  }

  #matching(given: string[]): Entry<Value>[] {
    const lowerCase = given.map((segment) => segment.toLowerCase());
    return (this.#entries.get(given.length) ?? []).filter(({ segments }) =>
      segments.every((segment, index) =>
        'fixed' in segment ? segment.lowerCase === lowerCase[index] : given[index] !== '',
      ),
    );
  }
}

function split(path: string): string[] {
  return path.replace(/\/+$/, '').split('/').slice(1);
}

/** What is not percent-encoded UTF-8 is kept as it is: an ID may have a percent sign, and some clients do not encode it. */
function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  return (
    percentDecoded(segment) ?? segment.replace(/(?:%[0-9a-f]{2})+/gi, (run) => percentDecoded(run) ?? run)
  );
}
