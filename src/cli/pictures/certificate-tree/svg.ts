/** The tree as one SVG image, without a network and without a script. */
import { sentences } from '../../../languages/language.js';
import { truncate } from '../../terminal/text.js';
import { escapeMarkup, pictureColors } from '../markup.js';
import type { Forest } from './forest.js';
import { treeRows } from './lines.js';
import { algorithmText, keyText, kindText, percentText, stateText, summaryText } from './words.js';

const width = 960;
const margin = 20;
const top = 64;
const rowHeight = 46;
const noteHeight = 17;
const indent = 24;
/** A column of the monospace font at 14 px, for cutting names. */
const columnWidth = 8.5;
const at = { kind: 430, bar: 566, state: 696 };
const barWidth = 100;

export function treeSvg({ nodes }: Forest, time: string): string {
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
      text(x + 20, y + 20, 'name', truncate(name, room)),
      text(at.kind, y + 20, 'plain', kindText(node)),
      bar(at.bar, y + 8, state, used),
      text(at.bar + barWidth + 8, y + 20, 'small', percentText(node)),
      text(at.state + 20, y + 20, `plain ${state}`, stateText(node)),
      text(x + 20, y + 36, 'small', truncate(`${algorithmText(node)}, ${keyText(node)}`, 60)),
      '</g>',
    );
    y += rowHeight;
    for (const note of node.notes) {
      parts.push(text(x + 20, y + 6, 'small', truncate(note, Math.floor((width - x - 40) / 7.3))));
      y += noteHeight;
    }
  }
  const height = y + margin;
  const title = sentences.cliCert.tree.title;
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title summary">
<title id="title">${escapeMarkup(title)}</title>
<desc id="summary">${escapeMarkup(`${summaryText(nodes)}. ${sentences.cliCert.tree.at(time)}`)}</desc>
<style>${pictureColors}
text{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--text);font-size:13px}
.title{font-size:17px;font-weight:bold}.name{font-size:14px;font-weight:bold}.small{font-size:12px;fill:var(--dim)}
.back{fill:var(--back)}.line{fill:none;stroke:var(--line);shape-rendering:crispEdges}.frame{fill:none;stroke:var(--line)}.fill{fill:var(--used)}
.dot{fill:var(--back);stroke:var(--used);stroke-width:2}.dot.expired{fill:var(--expired);stroke:var(--expired)}.dot.ends-soon{stroke:var(--soon);stroke-width:4}.dot.not-yet-valid{stroke-dasharray:2 2}
text.expired{fill:var(--expired);font-weight:bold}text.ends-soon{fill:var(--soon);font-weight:bold}
.hatch{stroke:var(--expired);stroke-width:3}
</style>
<defs><pattern id="expired" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>
<rect class="back" width="${width}" height="${height}"/>
${text(margin, 30, 'title', title)}
${text(margin, 50, 'small', `${summaryText(nodes)}. ${sentences.cliCert.tree.at(time)}`)}
${parts.join('\n')}
</svg>
`;
}

function bar(x: number, y: number, state: string, used: number): string {
  const filled = Math.round(used * barWidth);
  const fill =
    state === 'expired'
      ? `<rect x="${x}" y="${y}" width="${barWidth}" height="14" fill="url(#expired)"/>`
      : `<rect class="fill" x="${x}" y="${y}" width="${filled}" height="14"/>`;
  return `${fill}<rect class="frame" x="${x}.5" y="${y}.5" width="${barWidth - 1}" height="13"/>`;
}

function text(x: number, y: number, kind: string, content: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escapeMarkup(content)}</text>`;
}
