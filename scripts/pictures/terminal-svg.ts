/** The screen of a terminal, with its styles, as SVG. */
import { escapeMarkup } from '../../src/cli/pictures/markup.js';
import { displayWidth } from '../../src/cli/terminal/text.js';

const cell = { width: 8.4, height: 18 };
const padding = 16;
const fontSize = 14;

interface Style {
  bold: boolean;
  dim: boolean;
  /** An index of {@link colors}. */
  color: number | undefined;
}

const plain: Style = { bold: false, dim: false, color: undefined };

/** ECMA-48 section 8.3.117 (SGR), 30 to 37 and 90 to 97: chosen for contrast on the background. */
const colors = ['#767676', '#ff7b72', '#7ee787', '#e3b341', '#79c0ff', '#d2a8ff', '#76e3ea', '#e6edf3'];
const [back, text] = ['#0d1117', '#e6edf3'];

/**
 * @param screen lines with escape sequences, as `tmux capture-pane -e -p` prints them
 * @param title for people who do not see it
 */
export function terminalSvg(screen: string, title: string): string {
  const lines = screen.trimEnd().split('\n');
  let style = plain;
  let columns = 0;
  const parts: string[] = [];
  for (const [row, line] of lines.entries()) {
    let column = 0;
    for (const [, sequence, run] of line.matchAll(/\p{Cc}\[([\d;]*)m|(\P{Cc}+)/gu)) {
      if (run === undefined) {
        style = styled(style, sequence ?? '');
        continue;
      }
      parts.push(...words(run, column, row, style));
      column += displayWidth(run);
    }
    columns = Math.max(columns, column);
  }
  const [width, height] = [columns * cell.width + 2 * padding, lines.length * cell.height + 2 * padding];
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${height}" width="${round(width)}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escapeMarkup(title)}</title>
<style>text{font:${fontSize}px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${text};white-space:pre}.bold{font-weight:bold}.dim{opacity:.7}</style>
<rect width="100%" height="100%" rx="8" fill="${back}"/>
${parts.join('\n')}
</svg>
`;
}

/** Each word where it is on the screen, and as wide, whatever the font. */
function* words(run: string, column: number, row: number, { bold, dim, color }: Style): Generator<string> {
  const names = [bold ? 'bold' : '', dim ? 'dim' : ''].filter((name) => name !== '').join(' ');
  const kind = names === '' ? '' : ` class="${names}"`;
  const fill = color === undefined ? '' : ` style="fill:${colors[color]}"`;
  for (const { 0: word, index } of run.matchAll(/\S+(?: \S+)*/g)) {
    const x = padding + (column + displayWidth(run.slice(0, index))) * cell.width;
    const y = padding + row * cell.height + fontSize;
    const length = displayWidth(word) * cell.width;
    yield `<text x="${round(x)}" y="${y}" textLength="${round(length)}" lengthAdjust="spacingAndGlyphs"${kind}${fill}>${escapeMarkup(word)}</text>`;
  }
}

function styled(style: Style, sequence: string): Style {
  let now = style;
  for (const code of sequence.split(';').map(Number)) {
    if (code === 0) now = plain;
    else if (code === 1) now = { ...now, bold: true };
    else if (code === 2) now = { ...now, dim: true };
    else if (code === 22) now = { ...now, bold: false, dim: false };
    else if (code === 39) now = { ...now, color: undefined };
    else if (code >= 30 && code <= 37) now = { ...now, color: code - 30 };
    else if (code >= 90 && code <= 97) now = { ...now, color: code - 90 };
  }
  return now;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
