/** An HTML page of one file: it loads nothing, runs no script, and prints on A4. */
import { currentLanguage } from '../../languages/language.js';
import { escapeMarkup, pictureColors } from './markup.js';

export interface Page {
  title: string;
  /** CSS besides that of every page. */
  style: string;
  /** HTML. */
  body: string;
}

export function htmlPage({ title, style, body }: Page): string {
  return `<!doctype html>
<html lang="${currentLanguage()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width">
<title>${escapeMarkup(title)}</title>
<style>${pictureColors}
body{margin:2rem auto;padding:0 1rem;max-width:75rem;background:var(--back);color:var(--text);font:15px/1.45 system-ui,"Segoe UI",sans-serif}
h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th{text-align:left;border-bottom:2px solid;border-bottom-color:var(--line);padding:.3em .6em}
td{vertical-align:top;border-bottom:1px solid;border-bottom-color:color-mix(in srgb,var(--line) 40%,transparent);padding:.3em .6em;overflow-wrap:anywhere}
.small{font-size:.87em;color:var(--dim)}code{font-size:.95em;overflow-wrap:anywhere}
@page{size:A4;margin:14mm}
@media print{:root{color-scheme:light;--back:#fff;--text:#000;--dim:#444;--line:#888;--used:#5b6f8c;--soon:#8a5200;--expired:#b71c1c}body{margin:0;padding:0;max-width:none;font-size:8.5pt}.wide{overflow:visible}tr{break-inside:avoid}h2{break-after:avoid}thead{display:table-header-group}td,th{padding:.3em .4em}}
${style}
</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}
