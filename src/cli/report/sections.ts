/** Parts that the pages of reports share. */
import { basename } from 'node:path';
import { sentences } from '../../languages/language.js';
import { sha1Thumbprint } from '../../pki/x509/certificate.js';
import { endingFirst, type Forest, type TreeNode } from '../pictures/certificate-tree/forest.js';
import { day, kindText, stateText } from '../pictures/certificate-tree/words.js';
import { markup } from '../pictures/markup.js';
import { type Picture, svgElement } from '../pictures/svg.js';
import type { NextCommand } from '../terminal/next-commands.js';

/** Rows of a table, at most; the sum of the others follows. */
export const maxRows = 1000;

export const reportStyle = `.wide{overflow-x:auto}.wide svg{display:block;max-width:100%;min-width:44rem;height:auto}.wide table{min-width:40rem}
body{overflow-wrap:anywhere}.warnings{border-left:4px solid;border-left-color:var(--soon);padding:.2rem 1rem;margin:1rem 0}.warnings p{margin:.4em 0}
.outcome{font-weight:bold}.failed{color:var(--expired);font-weight:bold}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1.2em}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.number,.status,th{white-space:nowrap}td code{font-size:.82em}
span.bar{display:inline-block;box-sizing:border-box;width:8rem;height:.75rem;border:1px solid;border-color:var(--line);margin-left:.6rem;vertical-align:middle;print-color-adjust:exact;-webkit-print-color-adjust:exact}span.bar span{display:block;height:100%;background:var(--used)}
pre{margin:.4em 0 1em;padding:.6em .8em;border:1px solid;border-color:color-mix(in srgb,var(--line) 40%,transparent);white-space:pre-wrap;overflow-wrap:anywhere}
pre .comment{color:var(--dim)}a{color:inherit}
@media(max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5em}}
@media print{.wide svg,.wide table{min-width:0}section{break-inside:auto}svg,pre,dl,.warnings{break-inside:avoid}a[href^="https:"]::after{content:" <" attr(href) ">";overflow-wrap:anywhere}.thumbprints{font-size:7pt}}
@media print{svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;

/** A section with a heading; nothing without content. */
export function section(heading: string, content: string): string {
  if (content === '') return '';
  return `<section>\n<h2>${markup(heading)}</h2>\n${content}\n</section>\n`;
}

/** A picture that scrolls where the screen is too narrow for it. */
export function figure(picture: Picture): string {
  return `<div class="wide" tabindex="0" role="region" aria-label="${markup(picture.title)}">\n${svgElement(picture)}</div>`;
}

/** @param rows cells of HTML */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { kind = '', label }: { kind?: string; label: string },
): string {
  if (rows.length === 0) return '';
  const head = heads.map((one) => `<th scope="col">${markup(one)}</th>`).join('');
  const body = rows
    .slice(0, maxRows)
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('\n');
  const more =
    rows.length > maxRows ? `\n<p>${markup(sentences.cliQuickstart.andMore(rows.length - maxRows))}</p>` : '';
  return `<div class="wide" tabindex="0" role="region" aria-label="${markup(label)}">
<table class="${kind}">
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody>
</table>
</div>${more}`;
}

/** @param rows labels, and HTML */
export function facts(rows: readonly (readonly [label: string, html: string])[]): string {
  return `<dl>\n${rows.map(([label, html]) => `<dt>${markup(label)}</dt><dd>${html}</dd>`).join('\n')}\n</dl>`;
}

export function warningsBox(warnings: readonly string[]): string {
  if (warnings.length === 0) return '';
  const lines = warnings.map((one) => `<p>${markup(one)}</p>`).join('\n');
  return `<div class="warnings" role="note" aria-label="${markup(sentences.cliReport.warnings.label)}">\n${lines}\n</div>`;
}

export function commandsList(commands: readonly NextCommand[]): string {
  return commands
    .map(({ line, what }) => `<p>${markup(what)}</p>\n<pre><code>${markup(line)}</code></pre>`)
    .join('\n');
}

/** The first ends, as text beside the calendar. */
export function expiryList(nodes: readonly TreeNode[]): string {
  const lines = endingFirst(nodes).map((node) => {
    const end = day(node.validity.notAfter);
    const text = sentences.cliReport.ends(end, node.name, kindText(node), stateText(node));
    return `<li>${markup(text)}</li>`;
  });
  const more = nodes.length - lines.length;
  const rest = more > 0 ? `\n<p>${markup(sentences.cliQuickstart.andMore(more))}</p>` : '';
  return `<ol>\n${lines.join('\n')}\n</ol>${rest}`;
}

/** `2026-11-29 13:50:46 UTC` */
export function timeText(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

export function thumbprintTable({ nodes }: Forest): string {
  const text = sentences.cliReport.thumbprints;
  const rows = nodes.map((node) => [
    `${markup(node.name)}<div class="small">${markup(fileOf(node))}</div>`,
    `<code>${sha1Thumbprint(node.certificate)}</code>`,
    `<code>${node.sha256Thumbprint}</code>`,
  ]);
  return table([text.certificate, 'SHA-1', 'SHA-256'], rows, { kind: 'thumbprints', label: text.heading });
}

/** Also in the chains of others, usually. */
function fileOf({ files }: TreeNode): string {
  return files.find((file) => basename(file) === 'certificate.pem') ?? files[0] ?? '';
}
