/** The tree as one HTML file, for a browser or A4 paper: no network, no script. */
import { sentences } from '../../../languages/language.js';
import { endingFirst, type Forest, type TreeNode } from '../../pictures/certificate-tree/forest.js';
import { type TreeRow, treeRows } from '../../pictures/certificate-tree/lines.js';
import {
  algorithmText,
  day,
  keyText,
  kindText,
  percentText,
  stateText,
  summaryText,
} from '../../pictures/certificate-tree/words.js';
import { escapeMarkup } from '../../pictures/markup.js';
import { htmlPage } from '../../pictures/page.js';
import { printable } from '../../terminal/text.js';

/** The chain of every device has its CAs. */
const maxFiles = 4;

const treeStyle = `.wide{overflow-x:auto}
td.certificate{min-width:14em;padding-block:0;height:1px}.tree{display:flex;height:100%}.lines{display:flex;color:var(--dim)}.lines i{position:relative;width:1.4em}.name{padding-block:.3em}
.lines i::before,.lines i::after{content:"";position:absolute;left:.4em}.through::before{top:0;bottom:0;border-left:1px solid;border-left-color:var(--line)}.last::before{top:0;height:.95em;border-left:1px solid;border-left-color:var(--line)}.branch::after{top:.95em;width:.8em;border-top:1px solid;border-top-color:var(--line)}
.tree-table td:not(.certificate){white-space:nowrap}.tree-table td{border-bottom:0}.percent{display:inline-block;width:2.8em}
.bar{display:inline-block;box-sizing:border-box;width:6rem;height:.8rem;border:1px solid;border-color:var(--line);vertical-align:middle;margin-right:.5rem;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.fill{display:block;height:100%;background:var(--used)}.expired .fill{background:repeating-linear-gradient(45deg,var(--expired) 0 3px,transparent 3px 6px)}.ends-soon .fill{background:var(--soon)}
.expired .state,.ends-soon .state{font-weight:bold}.expired .state{color:var(--expired)}.ends-soon .state{color:var(--soon)}
@media print{td.certificate{min-width:0}.bar{width:4em;height:.9em}}`;

export interface HtmlOptions {
  /** As it is printed. */
  time: string;
  unreadable: readonly { file: string; message: string }[];
  /** Further sentences. */
  remarks: readonly string[];
}

export function treeHtml({ nodes }: Forest, { time, unreadable, remarks }: HtmlOptions): string {
  const { title, summaryAt, columns, expiry, notRead } = sentences.cliCert.tree;
  const heads = [columns.certificate, columns.kind, columns.validity, columns.key];
  return htmlPage({
    title,
    style: treeStyle,
    body: `<h1>${escapeMarkup(title)}</h1>
<p>${escapeMarkup(summaryAt(summaryText(nodes), time))}</p>
${remarks.map((one) => `<p>${escapeMarkup(one)}</p>`).join('\n')}
<div class="wide" tabindex="0" role="region" aria-label="${escapeMarkup(title)}">
<table class="tree-table">
<thead><tr>${heads.map((one) => `<th scope="col">${escapeMarkup(one)}</th>`).join('')}</tr></thead>
<tbody>
${treeRows(nodes).map(treeRow).join('\n')}
</tbody>
</table>
</div>
<h2>${escapeMarkup(expiry)}</h2>
<ol>
${endingFirst(nodes)
  .map(
    (node) =>
      `<li class="${node.validity.state}">${day(node.validity.notAfter)} ${escapeMarkup(node.name)}, ${escapeMarkup(kindText(node))}: <span class="state">${escapeMarkup(stateText(node))}</span></li>`,
  )
  .join('\n')}
</ol>
<h2>${escapeMarkup(columns.details)}</h2>
<table>
<tbody>
${nodes.map(detailsRow).join('\n')}
</tbody>
</table>
${unreadable.length === 0 ? '' : `<h2>${escapeMarkup(notRead)}</h2>\n<ul>\n${unreadable.map(({ message }) => `<li>${escapeMarkup(printable(message))}</li>`).join('\n')}\n</ul>`}`,
  });
}

function treeRow({ node, depth, levels }: TreeRow): string {
  const { state, used } = node.validity;
  const percent = Math.round(used * 100);
  const hidden = depth - levels.length;
  const lines = levels.map((more, index) => {
    const isOwn = index === levels.length - 1;
    return `<i class="${isOwn ? 'branch ' : ''}${more ? 'through' : isOwn ? 'last' : ''}"></i>`;
  });
  const notes = node.notes.map((note) => `<div class="small">${escapeMarkup(note)}</div>`).join('');
  return `<tr class="${state}">
<td class="certificate"><div class="tree"><span class="lines" aria-hidden="true">${hidden > 0 ? `…${hidden}` : ''}${lines.join('')}</span><div class="name"><strong>${escapeMarkup(node.name)}</strong>${notes}</div></div></td>
<td>${escapeMarkup(kindText(node))}</td>
<td><span class="bar" role="img" aria-label="${escapeMarkup(sentences.cliCert.tree.used(percent))}"><span class="fill" style="width:${percent}%"></span></span><span class="percent">${escapeMarkup(percentText(node))}</span> <span class="state">${escapeMarkup(stateText(node))}</span></td>
<td>${escapeMarkup(sentences.cliCert.tree.key(algorithmText(node), keyText(node)))}</td>
</tr>`;
}

function detailsRow(node: TreeNode): string {
  const all = [...new Set([...node.files, ...node.keys.map(({ file }) => file)])];
  const more = all.length - maxFiles;
  const files = [...all.slice(0, maxFiles), ...(more > 0 ? [sentences.cliQuickstart.andMore(more)] : [])]
    .map((file) => `<div>${escapeMarkup(printable(file))}</div>`)
    .join('');
  return `<tr><td>${escapeMarkup(node.name)}</td><td class="small"><code>SHA-256 ${node.sha256Thumbprint}</code>${files}</td></tr>`;
}
