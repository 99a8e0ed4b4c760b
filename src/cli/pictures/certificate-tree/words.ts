/** The words about a certificate that all formats share. */
import { sentences } from '../../../languages/language.js';
import type { TreeNode } from './forest.js';
import { percentOf, type State } from './validity.js';

export function kindText({ kind }: TreeNode): string {
  return sentences.cliCert.tree.kinds[kind];
}

/** `until 2027-11-29`; in UTC. */
export function stateText({ validity: { state, notBefore, notAfter } }: TreeNode): string {
  return sentences.cliCert.tree.states[state](day(state === 'not-yet-valid' ? notBefore : notAfter));
}

export function keyText({ keys }: TreeNode): string {
  const { matches, encrypted, none } = sentences.cliCert.tree.keys;
  if (keys.length === 0) return none;
  return keys.some(({ state }) => state === 'matches') ? matches : encrypted;
}

export function algorithmText({ certificate }: TreeNode): string {
  return certificate.publicKeyInfo.name;
}

export function percentText({ validity }: TreeNode): string {
  return `${percentOf(validity)}%`;
}

export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

export function summaryText(nodes: readonly TreeNode[]): string {
  const count = (state: State) => nodes.filter(({ validity }) => validity.state === state).length;
  return sentences.cliCert.tree.summary(
    nodes.length,
    count('expired'),
    count('ends-soon'),
    count('not-yet-valid'),
  );
}
