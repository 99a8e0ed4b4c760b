/** The tree as a picture. */
import { sentences } from '../../../languages/language.js';
import { truncate } from '../../terminal/text.js';
import { escapeMarkup } from '../markup.js';
import { hatchPattern, type Picture, svgText } from '../svg.js';
import type { Forest } from './forest.js';
import { treeRows } from './lines.js';
import { algorithmText, keyText, kindText, percentText, stateText, summaryText } from './words.js';

const width = 960;
const margin = 20;
const top = 20;
const rowHeight = 46;
const noteHeight = 17;
const indent = 24;
/** A column of the monospace font at 14 px, for cutting names. */
const columnWidth = 8.5;
const at = { kind: 430, bar: 566, state: 696 };
const barWidth = 100;

/** @param time as it is shown */
export function treePicture({ nodes }: Forest, time: string): Picture {
  const rows = treeRows(nodes);
  const parts: string[] = [];
  /** Where the line to the children of a row begins, by certificate. */
  const bottoms = new Map<unknown, number>();
  const lefts = new Map<unknown, number>();
  let y = top;
  for (const { node, depth, levels } of rows) {
    const hidden = depth - levels.length;
    const x = margin + levels.length * indent;
    const middle = y + 15;
    if (node.parent) {
      // Where levels are hidden, the parent is drawn as far to the right as its children.
      const from = Math.min(lefts.get(node.parent)!, x - indent) + 7;
      parts.push(`<path class="line" d="M${from} ${bottoms.get(node.parent)}V${middle}H${x - 3}"/>`);
    }
    lefts.set(node, x);
    bottoms.set(node, middle + 8);
    const name = (hidden > 0 ? `(${depth}) ` : '') + node.name;
    const room = Math.floor((at.kind - x - 26) / columnWidth);
    const { state, used } = node.validity;
    parts.push(
      `<g><title>${escapeMarkup(`${node.certificate.subject.text.replace(/[\p{Cc}\p{Cf}\p{Cs}\ufffe\uffff]/gu, '\ufffd')}\nSHA-256 ${node.sha256Thumbprint}`)}</title>`,
      `<circle class="dot ${state}" cx="${x + 7}" cy="${middle}" r="5"/>`,
      svgText(x + 20, y + 20, 'name', truncate(name, room)),
      svgText(at.kind, y + 20, 'plain', kindText(node)),
      bar(at.bar, y + 8, state, used),
      svgText(at.bar + barWidth + 8, y + 20, 'small', percentText(node)),
      svgText(at.state + 20, y + 20, `plain ${state}`, stateText(node)),
      svgText(
        x + 20,
        y + 36,
        'small',
        truncate(sentences.cliCert.tree.key(algorithmText(node), keyText(node)), 60),
      ),
      '</g>',
    );
    y += rowHeight;
    for (const note of node.notes) {
      parts.push(svgText(x + 20, y + 6, 'small', truncate(note, Math.floor((width - x - 40) / 7.3))));
      y += noteHeight;
    }
  }
  const { title, summaryAt } = sentences.cliCert.tree;
  const summary = summaryAt(summaryText(nodes), time);
  return {
    name: 'certificate-tree',
    title,
    description: summary,
    summary,
    width,
    height: y + margin,
    style,
    definitions: hatchPattern('certificate-tree-expired'),
    body: parts.join('\n'),
  };
}

const style: Picture['style'] = [
  ['.name', 'font-size:14px;font-weight:bold'],
  ['.dot', 'fill:var(--back);stroke:var(--used);stroke-width:2'],
  ['.dot.expired', 'fill:var(--expired);stroke:var(--expired)'],
  ['.dot.ends-soon', 'stroke:var(--soon);stroke-width:4'],
  ['.dot.not-yet-valid', 'stroke-dasharray:2 2'],
  ['text.expired', 'fill:var(--expired);font-weight:bold'],
  ['text.ends-soon', 'fill:var(--soon);font-weight:bold'],
];

function bar(x: number, y: number, state: string, used: number): string {
  const filled = Math.round(used * barWidth);
  const fill =
    state === 'expired'
      ? `<rect x="${x}" y="${y}" width="${barWidth}" height="14" fill="url(#certificate-tree-expired)"/>`
      : `<rect class="fill" x="${x}" y="${y}" width="${filled}" height="14"/>`;
  return `${fill}<rect class="frame" x="${x}.5" y="${y}.5" width="${barWidth - 1}" height="13"/>`;
}
