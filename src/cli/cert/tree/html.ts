/** The tree as one HTML file, for a browser or A4 paper: no network, no script. */
import { currentLanguage, sentences } from '../../../languages/language.js';
import { printable } from '../../terminal/text.js';
import type { Forest, TreeNode } from './forest.js';
import { linesBefore, treeRows, unicodeLines } from './lines.js';
import { escapeMarkup, pictureColors } from './markup.js';
import { algorithmText, day, keyText, kindText, percentText, stateText, summaryText } from './words.js';

/** What ends first is listed up to here. */
const maxExpiries = 20;

/** The chain of every device has its CAs. */
const maxFiles = 4;

export interface HtmlOptions {
  /** As it is printed. */
  time: string;
  unreadable: readonly { file: string; message: string }[];
  /** Further sentences. */
  remarks: readonly string[];
}

export function treeHtml({ nodes }: Forest, { time, unreadable, remarks }: HtmlOptions): string {
  const { title, at, columns, expiry, notRead } = sentences.cliCert.tree;
  const heads = [columns.certificate, columns.kind, columns.validity, columns.key, columns.details];
  return `<!doctype html>
<html lang="${currentLanguage()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeMarkup(title)}</title>
<style>${pictureColors}
body{margin:2rem auto;padding:0 1rem;max-width:75rem;background:var(--back);color:var(--text);font:15px/1.45 system-ui,"Segoe UI",sans-serif}
h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.15rem;margin-top:2rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th{text-align:left;border-bottom:2px solid var(--line);padding:.3rem .6rem}
td{vertical-align:top;border-bottom:1px solid color-mix(in srgb,var(--line) 40%,transparent);padding:.3rem .6rem;overflow-wrap:anywhere}
.certificate{min-width:16rem}.tree{display:flex}.lines{white-space:pre;font-family:ui-monospace,Consolas,"DejaVu Sans Mono",monospace;color:var(--dim)}
.validity{white-space:nowrap}.bar{display:inline-block;box-sizing:border-box;width:6rem;height:.8rem;border:1px solid var(--line);vertical-align:middle;margin-right:.5rem;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.fill{display:block;height:100%;background:var(--used)}.expired .fill{background:repeating-linear-gradient(45deg,var(--expired) 0 3px,transparent 3px 6px)}.ends-soon .fill{background:var(--soon)}
.expired .state,.ends-soon .state{font-weight:bold}.expired .state{color:var(--expired)}.ends-soon .state{color:var(--soon)}
.small{font-size:.85rem;color:var(--dim)}code{font-size:.8rem;overflow-wrap:anywhere}
@page{size:A4;margin:14mm}
@media print{:root{color-scheme:light;--back:#fff;--text:#000;--dim:#444;--line:#888;--used:#5b6f8c;--soon:#8a5200;--expired:#b71c1c}body{margin:0;padding:0;max-width:none;font-size:9pt}.wide{overflow:visible}.certificate{min-width:0}tr{break-inside:avoid}thead{display:table-header-group}td,th{padding:.15rem .3rem}.bar{width:4rem}}
</style>
</head>
<body>
<main>
<h1>${escapeMarkup(title)}</h1>
<p>${escapeMarkup(summaryText(nodes))}. ${escapeMarkup(at(time))}</p>
${remarks.map((one) => `<p>${escapeMarkup(one)}</p>`).join('\n')}
<div class="wide" tabindex="0" role="region" aria-label="${escapeMarkup(title)}">
<table>
<thead><tr>${heads.map((one) => `<th scope="col">${escapeMarkup(one)}</th>`).join('')}</tr></thead>
<tbody>
${treeRows(nodes)
  .map((row) => tableRow(row.node, linesBefore(row, unicodeLines)))
  .join('\n')}
</tbody>
</table>
</div>
<h2>${escapeMarkup(expiry)}</h2>
<ol>
${[...nodes]
  .sort((a, b) => a.validity.notAfter.getTime() - b.validity.notAfter.getTime())
  .slice(0, maxExpiries)
  .map(
    (node) =>
      `<li class="${node.validity.state}">${day(node.validity.notAfter)} ${escapeMarkup(node.name)}, ${escapeMarkup(kindText(node))}: <span class="state">${escapeMarkup(stateText(node))}</span></li>`,
  )
  .join('\n')}
</ol>
${unreadable.length === 0 ? '' : `<h2>${escapeMarkup(notRead)}</h2>\n<ul>\n${unreadable.map(({ message }) => `<li>${escapeMarkup(printable(message))}</li>`).join('\n')}\n</ul>`}
</main>
</body>
</html>
`;
}

function tableRow(node: TreeNode, lines: string): string {
  const { state, used } = node.validity;
  const percent = Math.round(used * 100);
  const notes = node.notes.map((note) => `<div>${escapeMarkup(note)}</div>`).join('');
  const all = [...new Set([...node.files, ...node.keys.map(({ file }) => file)])];
  const more = all.length - maxFiles;
  const files = [...all.slice(0, maxFiles), ...(more > 0 ? [sentences.cliQuickstart.andMore(more)] : [])]
    .map((file) => `<div>${escapeMarkup(printable(file))}</div>`)
    .join('');
  return `<tr class="${state}">
<td class="certificate"><div class="tree"><span class="lines" aria-hidden="true">${escapeMarkup(lines)}</span><strong>${escapeMarkup(node.name)}</strong></div></td>
<td>${escapeMarkup(kindText(node))}<div class="small">${escapeMarkup(algorithmText(node))}</div></td>
<td class="validity"><span class="bar" role="img" aria-label="${escapeMarkup(sentences.cliCert.tree.used(percent))}"><span class="fill" style="width:${percent}%"></span></span>${escapeMarkup(percentText(node))}<div class="state">${escapeMarkup(stateText(node))}</div></td>
<td>${escapeMarkup(keyText(node))}</td>
<td class="small">${notes}${files}<code>SHA-256 ${node.sha256Thumbprint}</code></td>
</tr>`;
}
