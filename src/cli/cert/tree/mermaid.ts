/** The tree as a Mermaid flowchart. */
import type { Forest, TreeNode } from '../../pictures/certificate-tree/forest.js';
import type { State } from '../../pictures/certificate-tree/validity.js';
import {
  algorithmText,
  keyText,
  kindText,
  percentText,
  stateText,
} from '../../pictures/certificate-tree/words.js';

/** How the box of each state is drawn; the state is in the label too. */
const outlines: Readonly<Record<State, string>> = {
  valid: 'stroke:#2e7d32',
  'ends-soon': 'stroke:#b26a00,stroke-width:2px',
  expired: 'stroke:#c62828,stroke-width:3px,stroke-dasharray:6 3',
  'not-yet-valid': 'stroke:#555,stroke-dasharray:2 2',
};

/** Every signature is an arrow, so CAs that signed each other have one each way. */
export function treeMermaid({ nodes }: Forest): string {
  const ids = new Map(nodes.map((node, index) => [node, `c${index + 1}`]));
  return [
    'flowchart TB',
    ...nodes.map((node) => `  ${ids.get(node)}["${label(node)}"]:::${node.validity.state}`),
    ...nodes.flatMap((node) => node.signers.map((signer) => `  ${ids.get(signer)} --> ${ids.get(node)}`)),
    ...Object.entries(outlines).map(([state, outline]) => `  classDef ${state} ${outline}`),
    '',
  ].join('\n');
}

function label(node: TreeNode): string {
  const lines = [
    node.name,
    `${kindText(node)}, ${algorithmText(node)}, ${keyText(node)}`,
    `${stateText(node)} (${percentText(node)})`,
    ...node.notes,
  ];
  return lines.map(escapeMermaid).join('<br/>');
}

/** Mermaid reads labels as HTML and Markdown, after its entities: a number sign, a code and a semicolon. */
function escapeMermaid(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N} .,:()-]/gu, (found) => `#${found.codePointAt(0)};`);
}
