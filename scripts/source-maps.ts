/** Source maps by which a stack trace or an editor names a line of `src`, in a fifth of the size of those that also know columns. */
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';

interface SourceMap {
  version: 3;
  sources: string[];
  mappings: string;
}

/**
 * Without columns, names and texts, and without the lines of packages and of catalogues of sentences.
 *
 * @param map of esbuild or tsc, as JSON
 */
export function withLinesOnly(map: string): string {
  const { sources, mappings } = JSON.parse(map) as SourceMap;
  const kept: string[] = [];
  const places = sources.map((source) =>
    /^(\.\.\/)+src\/(?!languages\/(?!language\.ts))/.test(source) ? kept.push(source) - 1 : undefined,
  );
  const lines = decode(mappings).map((segments) => {
    let last: string | undefined;
    return segments.flatMap((segment): SourceMapSegment[] => {
      const place = segment.length === 1 ? undefined : places[segment[1]];
      const key = place === undefined ? '' : `${place}:${segment[2]}`;
      if (key === last || (key === '' && last === undefined)) return [];
      last = key;
      return [place === undefined ? [segment[0]] : [segment[0], place, segment[2]!, 0]];
    });
  });
  return JSON.stringify({ version: 3, sources: kept, names: [], mappings: encode(lines) });
}
