/** SVG images, for files and for HTML pages. */
import { escapeMarkup, pictureColors } from './markup.js';

export interface Picture {
  /** The class of the element and the beginning of its IDs; a page has each picture once. */
  name: string;
  title: string;
  /** What the picture shows, for people who do not see it. */
  description: string;
  /** Drawn below the title in a file. A page has its own headings. */
  summary?: string;
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
  ['.title', 'font-size:17px;font-weight:bold'],
  ['.small', 'font-size:12px;fill:var(--dim)'],
  ['.back', 'fill:var(--back)'],
  ['.line', 'fill:none;stroke:var(--line);shape-rendering:crispEdges'],
  ['.frame', 'fill:none;stroke:var(--line)'],
  ['.fill', 'fill:var(--used)'],
  ['.hatch', 'stroke:var(--expired);stroke-width:3'],
];

/** A picture in an HTML page that has {@link pictureColors}. */
export function svgElement(picture: Picture): string {
  return element(picture, '', 0);
}

const titleHeight = 44;
const margin = 20;

/** A picture as a file, with its title. */
export function svgFile(picture: Picture): string {
  const { title, summary } = picture;
  const heading = [
    svgText(margin, 30, 'title', title),
    ...(summary === undefined ? [] : [svgText(margin, 50, 'small', summary)]),
  ];
  const svg = element(picture, heading.join('\n'), titleHeight);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg.replace('<style>', `<style>${pictureColors}\n`)}`;
}

function element(picture: Picture, heading: string, headingHeight: number): string {
  const { name, title, description, width, style, definitions, body } = picture;
  const height = picture.height + headingHeight;
  const rules = [...commonStyle, ...style].map(([selector, declarations]) => {
    const selectors = selector.split(',').map((one) => `.${name} ${one}`);
    return `${selectors.join(',')}{${declarations}}`;
  });
  const content =
    heading === '' ? body : `${heading}\n<g transform="translate(0 ${headingHeight})">\n${body}\n</g>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="${name}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${name}-title ${name}-description">
<title id="${name}-title">${escapeMarkup(title)}</title>
<desc id="${name}-description">${escapeMarkup(description)}</desc>
<style>${rules.join('\n')}
</style>
${definitions === undefined ? '' : `<defs>${definitions}</defs>\n`}<rect class="back" width="${width}" height="${height}"/>
${content}
</svg>
`;
}

/** A coordinate with as many digits as can be seen. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
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
