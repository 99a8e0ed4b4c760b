/** The lines of a tree to the left of its certificates. */
import type { TreeNode } from './forest.js';

/** Deeper levels are drawn with their number in place of the first lines. */
const maxLevels = 8;

export interface TreeRow {
  node: TreeNode;
  /** 0 at the top. */
  depth: number;
  /** Of each level that is drawn, from the left: whether more follows on it. The last one is the node's own. */
  levels: readonly boolean[];
}

export interface LineCharacters {
  middle: string;
  last: string;
  through: string;
  more: string;
}

export const unicodeLines: LineCharacters = { middle: '├─ ', last: '└─ ', through: '│  ', more: '…' };
export const asciiLines: LineCharacters = { middle: '|-- ', last: '`-- ', through: '|   ', more: '+' };

/** @param nodes in the order in which they are drawn */
export function treeRows(nodes: readonly TreeNode[]): TreeRow[] {
  const rows = new Map<TreeNode, TreeRow>();
  for (const node of nodes) {
    const { parent } = node;
    const above = parent && rows.get(parent);
    rows.set(
      node,
      above
        ? {
            node,
            depth: above.depth + 1,
            levels: [...above.levels.slice(1 - maxLevels), parent.children.at(-1) !== node],
          }
        : { node, depth: 0, levels: [] },
    );
  }
  return [...rows.values()];
}

/** What is in front of a certificate. */
export function linesBefore({ depth, levels }: TreeRow, characters: LineCharacters): string {
  const { middle, last } = characters;
  const own = levels.length === 0 ? '' : levels.at(-1) ? middle : last;
  return (
    hidden(depth, levels, characters) +
    levels
      .slice(0, -1)
      .map((more) => line(more, characters))
      .join('') +
    own
  );
}

/** The same in front of a further line of that certificate. */
export function linesBeside({ node, depth, levels }: TreeRow, characters: LineCharacters): string {
  const down = node.children.length > 0 ? characters.through : ' '.repeat(characters.through.length);
  return (
    ' '.repeat(hidden(depth, levels, characters).length) +
    levels.map((more) => line(more, characters)).join('') +
    down
  );
}

function line(more: boolean, { through }: LineCharacters): string {
  return more ? through : ' '.repeat(through.length);
}

function hidden(depth: number, { length }: readonly boolean[], { more }: LineCharacters): string {
  return depth > length ? `${more}${depth - length} ` : '';
}
