/** SVG images, for files and for HTML pages. */
import { escapeMarkup, pictureColors } from './markup.js';

export interface Picture {
  /** The class of the element and the beginning of its IDs; a page has each picture once. */
  name: string;
  title: string;
  /** What the picture shows, for people who do not see it. */
  description: string;
  width: number;
  height: number;
  /** Selectors inside the picture, and their declarations. */
  style: readonly (readonly [selector: string, declarations: string])[];
  /** Patterns, by their IDs. */
  definitions?: string;
  body: string;
}

const commonStyle: Picture['style'] = [
  [
    'text',
    'font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--text);font-size:13px',
  ],
  ['.small', 'font-size:12px;fill:var(--dim)'],
  ['.back', 'fill:var(--back)'],
  ['.line', 'fill:none;stroke:var(--line);shape-rendering:crispEdges'],
  ['.frame', 'fill:none;stroke:var(--line)'],
  ['.fill', 'fill:var(--used)'],
  ['.hatch', 'stroke:var(--expired);stroke-width:3'],
];

/** A picture in an HTML page that has {@link pictureColors}. */
export function svgElement(picture: Picture): string {
  const { name, title, description, width, height, style, definitions, body } = picture;
  const rules = [...commonStyle, ...style].map(([selector, declarations]) => {
    const selectors = selector.split(',').map((one) => `.${name} ${one}`);
    return `${selectors.join(',')}{${declarations}}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="${name}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${name}-title ${name}-description">
<title id="${name}-title">${escapeMarkup(title)}</title>
<desc id="${name}-description">${escapeMarkup(description)}</desc>
<style>${rules.join('\n')}
</style>
${definitions === undefined ? '' : `<defs>${definitions}</defs>\n`}<rect class="back" width="${width}" height="${height}"/>
${body}
</svg>
`;
}

/** A picture as a file. */
export function svgFile(picture: Picture): string {
  const element = svgElement(picture).replace('<style>', `<style>${pictureColors}\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element}`;
}

/** Diagonal lines, for what is over: colour alone would not say it. */
export function hatchPattern(id: string): string {
  return `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern>`;
}

/** @param kind its classes */
export function svgText(
  x: number,
  y: number,
  kind: string,
  content: string,
  anchor?: 'middle' | 'end',
): string {
  const anchored = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text class="${kind}" x="${x}" y="${y}"${anchored}>${escapeMarkup(content)}</text>`;
}
