/** The tree as text: aligned columns in a terminal, one line per certificate when piped. */
import type { Styles } from '../../kernel/output.js';
import type { Forest, TreeNode } from '../../pictures/certificate-tree/forest.js';
import {
  asciiLines,
  linesBefore,
  linesBeside,
  treeRows,
  unicodeLines,
} from '../../pictures/certificate-tree/lines.js';
import {
  algorithmText,
  keyText,
  kindText,
  percentText,
  stateText,
} from '../../pictures/certificate-tree/words.js';
import { displayWidth, padEnd, padStart, truncate, wrap } from '../../terminal/text.js';

export interface TextOptions {
  /** Columns of the terminal; undefined if it is not one: then nothing is cut. */
  width: number | undefined;
  unicode: boolean;
  style: Styles;
}

/** From this width on, a certificate takes one line. */
const widthOfOneLine = 110;
/** In a pipe, a longer name does not push the columns of the others to the right. */
const widestName = 60;

export function treeText({ nodes }: Forest, options: TextOptions): string {
  const { width, style } = options;
  const characters = options.unicode ? unicodeLines : asciiLines;
  const rows = treeRows(nodes);
  const oneLine = width === undefined || width >= widthOfOneLine;
  const cells = cellsOf(nodes, options, oneLine ? 10 : 5);
  const kindWidth = widestOf(nodes, kindText);
  const cut = (text: string, room: number) => {
    if (width === undefined) return text;
    const short = truncate(text, Math.max(1, room));
    return options.unicode ? short : short.replace(/…$/, '>');
  };
  const rest = oneLine ? cells.width : kindWidth;
  const longest = rows.reduce(
    (most, row) => Math.max(most, displayWidth(linesBefore(row, characters)) + displayWidth(row.node.name)),
    0,
  );
  const column = Math.min(longest, width === undefined ? widestName : width - rest - 2);
  return rows
    .flatMap((row) => {
      const { node } = row;
      const before = linesBefore(row, characters);
      const name = cut(node.name, column - displayWidth(before));
      const room = ' '.repeat(Math.max(0, column - displayWidth(before) - displayWidth(name)));
      const start = `${before}${style.bold(name)}${room}  `;
      const beside = linesBeside(row, characters);
      const below = (text: string) =>
        wrapped(text, width === undefined ? undefined : width - displayWidth(beside), cut).map(
          (line) => beside + line,
        );
      const first = oneLine ? [start + cells.of(node).join('  ')] : [start + kindText(node)];
      const facts = oneLine ? [] : packed(cells.of(node).slice(1), width - displayWidth(beside));
      return [...first, ...facts.map((line) => beside + line), ...node.notes.flatMap(below)];
    })
    .map((line) => line.trimEnd())
    .join('\n');
}

function wrapped(
  text: string,
  room: number | undefined,
  cut: (text: string, room: number) => string,
): string[] {
  if (room === undefined) return [text];
  return wrap(text, room)
    .split('\n')
    .map((line) => cut(line, room));
}

/** Cells of one width each, with styles, by certificate. */
function cellsOf(nodes: readonly TreeNode[], { unicode, style }: TextOptions, barLength: number) {
  const texts = [kindText, stateText, algorithmText, keyText];
  const widths = texts.map((text) => widestOf(nodes, text));
  const padded = (node: TreeNode) => texts.map((text, index) => padEnd(text(node), widths[index]!));
  const barWidth = barLength + (unicode ? 0 : 2) + 1 + 4;
  return {
    width: widths.reduce((sum, one) => sum + one, 0) + barWidth + 4 * 2,
    of: (node: TreeNode) => {
      const [kind, state, algorithm, key] = padded(node);
      const bar = `${barOf(node, barLength, unicode)} ${padStart(percentText(node), 4)}`;
      return [kind!, bar, styled(state!, node, style), algorithm!, key!];
    },
  };
}

/** The used part, filled. */
function barOf({ validity: { used, state } }: TreeNode, length: number, unicode: boolean): string {
  // Only a validity that is over fills the bar.
  const filled = state === 'expired' ? length : Math.min(length - 1, Math.round(used * length));
  if (unicode) return '█'.repeat(filled) + '░'.repeat(length - filled);
  return `[${'#'.repeat(filled)}${'-'.repeat(length - filled)}]`;
}

function styled(text: string, { validity: { state } }: TreeNode, { red, bold, dim }: Styles): string {
  if (state === 'expired') return red(text);
  return state === 'valid' ? dim(text) : bold(text);
}

/** Cells on as few lines as they fit on. */
function packed(cells: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const cell of cells) {
    const joined = lines.length === 0 ? cell : `${lines.at(-1)}  ${cell}`;
    if (lines.length > 0 && displayWidth(joined.trimEnd()) <= room) lines[lines.length - 1] = joined;
    else lines.push(cell);
  }
  return lines;
}

function widestOf(nodes: readonly TreeNode[], text: (node: TreeNode) => string): number {
  return nodes.reduce((most, node) => Math.max(most, displayWidth(text(node))), 0);
}
