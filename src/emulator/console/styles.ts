/** The style sheet of the emulator's page, for light and dark mode and any width. */
export const styles = `:root {
  color-scheme: light dark;
  --text: #1b1f24; --weak: #525b66; --back: #ffffff; --panel: #f4f6f8; --line: #c6ced6; --link: #0b5cad;
  --accent: #0f5f8c; --on-accent: #ffffff; --good: #14662f; --bad: #ab1f1f; --bad-back: #fdecec; --good-back: #e7f5eb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e9ed; --weak: #a9b3bd; --back: #14181c; --panel: #1e242a; --line: #47525d; --link: #7fbdf5;
    --accent: #8fc7ee; --on-accent: #0d1b26; --good: #7fd69a; --bad: #ff9d9d; --bad-back: #3a1d1f; --good-back: #17301f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); background: var(--back); font: 16px/1.5 system-ui, sans-serif; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, textarea:focus-visible,
summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--back); padding: 8px; z-index: 1; }
header { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; padding: 8px 24px 4px;
  background: var(--panel); border-bottom: 1px solid var(--line); }
header ul { display: flex; flex-wrap: wrap; gap: 0 4px; list-style: none; margin: 0; padding: 0; }
header nav a { display: block; padding: 6px 8px; border-radius: 6px; text-decoration: none; color: var(--text); }
header nav a:hover { text-decoration: underline; }
header nav a[aria-current] { background: var(--accent); color: var(--on-accent); }
#pages { position: static; display: block; flex-basis: 100%; width: auto; height: auto; margin: 0 -8px; padding: 0; border: 0;
  overflow: visible; color: inherit; background: none; }
.menu { display: none; }
.product { margin: 0; font-weight: 600; }
.product a { color: var(--text); text-decoration: none; }
.languages { margin-left: auto; font-size: 14px; }
/* Where the pages do not fit into one row, a button opens them; a browser without popovers wraps the row. */
@supports selector(:popover-open) {
  @media (max-width: 900px) {
    .menu { display: block; order: -1; padding: 4px 12px; }
    #pages:not(:popover-open) { display: none; }
    #pages:popover-open { position: absolute; inset: 52px 16px auto; padding: 8px; background: var(--back); border: 1px solid var(--line);
      border-radius: 8px; box-shadow: 0 4px 16px #0004; }
    #pages ul { flex-direction: column; }
  }
}
main { max-width: 1100px; margin: 0 auto; padding: 16px 24px 64px; }
h1 { font-size: 28px; margin: 8px 0 16px; overflow-wrap: anywhere; }
h2 { font-size: 21px; margin: 32px 0 8px; overflow-wrap: anywhere; }
h3 { font-size: 17px; margin: 20px 0 6px; overflow-wrap: anywhere; }
.table { position: relative; overflow-x: auto; margin: 8px 0 16px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 8px 12px 8px 0; border-bottom: 1px solid var(--line); }
th { white-space: nowrap; color: var(--weak); font-weight: 600; }
td p { margin: 0; }
td time { white-space: nowrap; }
.id { overflow-wrap: anywhere; min-width: 8em; }
td[lang=en] { overflow-wrap: anywhere; min-width: 16em; }
code, pre, textarea { font: 14px/1.45 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--panel); padding: 8px 12px; border-radius: 6px; }
dl { display: grid; grid-template-columns: minmax(140px, max-content) 1fr; gap: 6px 24px; margin: 8px 0 16px; }
dt { color: var(--weak); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.field { margin: 12px 0; max-width: 640px; }
.field label, legend { display: block; font-weight: 600; margin-bottom: 4px; }
.check { display: flex; gap: 8px; align-items: center; }
.check label { margin: 0; font-weight: 400; overflow-wrap: anywhere; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 16px 0; max-width: 680px; min-width: 0; }
input:not([type=checkbox]), select, textarea { width: 100%; padding: 8px 10px; color: var(--text); background: var(--back);
  border: 1px solid var(--weak); border-radius: 6px; font-size: 16px; }
input[type=checkbox] { width: 18px; height: 18px; flex: none; }
[aria-invalid=true] { border: 2px solid var(--bad); }
.hint { color: var(--weak); margin: 4px 0; font-size: 14px; }
.error { color: var(--bad); margin: 4px 0; overflow-wrap: anywhere; }
.buttons { margin: 12px 0; }
button, .button { display: inline-block; padding: 8px 16px; font: inherit; border-radius: 6px; border: 1px solid var(--weak);
  color: var(--text); background: var(--panel); cursor: pointer; text-decoration: none; }
button.primary, .button { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.danger { color: var(--bad); border-color: var(--bad); background: var(--back); }
button:disabled { opacity: .6; }
.search { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.search input { width: 240px; }
.pager, .links { display: flex; flex-wrap: wrap; gap: 8px 24px; margin: 8px 0; }
.notice { border: 1px solid; border-left-width: 6px; border-radius: 6px; padding: 4px 16px; margin: 12px 0; }
.notice p { margin: 6px 0; }
.notice.done { border-color: var(--good); background: var(--good-back); }
.notice.error { border-color: var(--bad); background: var(--bad-back); color: var(--text); }
.badge { font-weight: 600; }
.badge.good { color: var(--good); }
.badge.bad { color: var(--bad); }
.badge.neutral { color: var(--weak); }
details.delete { margin: 8px 0; }
details.delete[open] { border: 1px solid var(--bad); border-radius: 8px; padding: 8px 16px; }
td details.delete { margin: 0; }
summary { cursor: pointer; color: var(--link); }
.copyable { display: inline-flex; flex-wrap: wrap; gap: 8px; align-items: center; min-width: 0; }
.copyable button { padding: 2px 10px; font-size: 14px; }
.code { margin: 8px 0 16px; }
.code pre { overflow-x: auto; white-space: pre; overflow-wrap: normal; }
.code button { display: block; margin: 0 0 6px auto; padding: 2px 10px; font-size: 14px; }
.snippet { margin: 8px 0; }
.steps > li { margin: 12px 0; }
.verdict { border: 1px solid var(--line); border-radius: 10px; padding: 4px 16px 12px; margin: 12px 0; }
.verdict h3 { margin: 8px 0 0; }
.chain { list-style: none; margin: 8px 0 0; padding: 0; }
.chain .signed-by { margin: 0; padding: 4px 0 4px 20px; color: var(--weak); font-size: 14px; }
.chain .signed-by::before { content: '↑ '; }
.chain > li:last-child:not(:first-child) { margin-top: 8px; }
.chain .box { border: 2px solid var(--good); border-radius: 8px; padding: 6px 12px; max-width: 640px; overflow-wrap: anywhere; }
.chain .box p { margin: 2px 0; }
.chain .broken ~ li .box { border-color: var(--line); border-style: dashed; }
.chain .broken .box { border: 2px dashed var(--bad); }
.chain .break { border-left: 6px solid var(--bad); background: var(--bad-back); max-width: 640px; padding: 4px 12px; margin: 4px 0 8px;
  border-radius: 0 6px 6px 0; }
.chain .break p { margin: 4px 0; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
@media (max-width: 640px) {
  header, main { padding-left: 16px; padding-right: 16px; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 10px; }
  .search input { width: 100%; }
}
@media (prefers-reduced-motion: no-preference) { button { transition: opacity .15s; } }
`;
