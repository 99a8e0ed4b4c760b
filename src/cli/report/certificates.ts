/** The certificates of a folder, as they are on disk, beside those that a recording names. */
import { join, relative, sep } from 'node:path';
import { sentences } from '../../languages/language.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { layoutOf } from '../../workspace/layout.js';
import type { Forest, TreeNode } from '../pictures/certificate-tree/forest.js';
import { isAuthority } from '../pictures/certificate-tree/kind.js';
import { type NotShown, readTree } from '../pictures/certificate-tree/read-tree.js';
import type { Expiry } from '../pictures/expiry-calendar.js';
import { orWarning } from './attempted.js';
import { isPathBelow } from './paths.js';

export interface FolderCertificates {
  forest: Forest;
  unreadable: readonly NotShown[];
  /** Sentences: what is missing, and why. */
  warnings: string[];
}

/**
 * The certificates of a folder, without those of an emulator, which are in its state.
 *
 * @throws EnrollkitError INTERRUPTED
 */
export async function certificatesOf(
  folder: string,
  at: Date,
  signal: AbortSignal,
): Promise<FolderCertificates> {
  const { result: files, warnings } = await orWarning(readTree([folder], { signal }));
  if (!files) return { forest: { nodes: [], tops: [] }, unreadable: [], warnings };
  const { state } = layoutOf(folder);
  const isOfFolder = (file: string) => !isPathBelow(state, file);
  const { forest, complete } = files.at({ at });
  const own = new Set(forest.nodes.filter((node) => node.files.some(isOfFolder)));
  return {
    forest: pruned(forest.nodes, own, false),
    unreadable: files.unreadable.filter(({ file }) => isOfFolder(file)),
    warnings: [...files.journalProblems, ...(complete ? [] : [sentences.cliCert.tree.incomplete])],
  };
}

/** How the certificates of a run differ from those on disk, as sentences. */
export function differencesFrom(recording: Recording, folder: string, { nodes }: Forest): string[] {
  const onDisk = new Map<string, string[]>();
  for (const { files, sha256Thumbprint } of nodes) {
    for (const file of files) {
      const path = relative(folder, file).split(sep).join('/');
      onDisk.set(path, [...(onDisk.get(path) ?? []), sha256Thumbprint]);
    }
  }
  const text = sentences.cliReport.warnings;
  const missing = recording.certificates.filter(({ path }) => !onDisk.has(path));
  const replaced = recording.certificates.filter(
    ({ path, sha256Thumbprint }) => onDisk.has(path) && !onDisk.get(path)!.includes(sha256Thumbprint),
  );
  const first = (list: Recording['certificates']) => join(folder, list[0]!.path);
  return [
    ...(missing.length > 0 ? [text.missing(missing.length, first(missing))] : []),
    ...(replaced.length > 0 ? [text.replaced(replaced.length, first(replaced))] : []),
  ];
}

export function expiriesOf({ nodes }: Forest): Expiry[] {
  return nodes.map(({ validity: { notAfter, state } }) => ({ notAfter, state, count: 1 }));
}

/** In the picture; a higher one does not fit on a printed page. */
const maxDrawn = 24;
/** Of the devices below one CA that are valid. */
const maxSiblings = 6;

/** The CAs, what ends soon or is over, and some of the others; what is left out is counted below its CA. */
export function forPicture({ nodes }: Forest): Forest {
  const kept = new Set<TreeNode>();
  const signs = ({ children, kind }: TreeNode) => children.length > 0 || isAuthority(kind);
  const take = (node: TreeNode) => {
    const above: TreeNode[] = [];
    for (let one: TreeNode | undefined = node; one && !kept.has(one); one = one.parent) above.push(one);
    if (kept.size + above.length <= maxDrawn) for (const one of above) kept.add(one);
  };
  const siblings = new Map<TreeNode | undefined, number>();
  nodes.filter(signs).forEach(take);
  nodes.filter((one) => !signs(one) && one.validity.state !== 'valid').forEach(take);
  for (const node of nodes) {
    const count = siblings.get(node.parent) ?? 0;
    if (kept.has(node) || count >= maxSiblings) continue;
    siblings.set(node.parent, count + 1);
    take(node);
  }
  return pruned(nodes, kept, true);
}

/** @param counts whether to count what is left out below its CA */
function pruned(nodes: readonly TreeNode[], kept: ReadonlySet<TreeNode>, counts: boolean): Forest {
  const copies = new Map<TreeNode, TreeNode>();
  for (const node of nodes) {
    if (!kept.has(node)) continue;
    const hidden = node.children.filter((child) => !kept.has(child)).length;
    const copy: TreeNode = {
      ...node,
      children: [],
      notes: [...node.notes, ...(counts && hidden > 0 ? [sentences.cliQuickstart.andMore(hidden)] : [])],
    };
    copies.set(node, copy);
    const parent = node.parent && copies.get(node.parent);
    if (parent) parent.children.push(copy);
    if (parent) copy.parent = parent;
    else delete copy.parent;
  }
  const all = [...copies.values()];
  return { nodes: all, tops: all.filter(({ parent }) => !parent) };
}
