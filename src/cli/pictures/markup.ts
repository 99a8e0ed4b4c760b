/** Text in XML and HTML. */
import { printable } from '../terminal/text.js';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For element content and quoted attributes. The text has no control characters: those are not allowed in XML at all. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (found) => entities[found]!);
}

/** Text from elsewhere that no format takes for anything else than text, once it is escaped for that format. */
export function plainText(text: string): string {
  return printable(text).replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd');
}

/** Any text, for HTML. */
export function markup(text: string): string {
  return escapeMarkup(plainText(text));
}

/** The colours of the pictures, light and dark; each state also has a word and a pattern. */
export const pictureColors = `:root{color-scheme:light dark;--back:#fff;--text:#1b1b1b;--dim:#595959;--line:#8a8a8a;--used:#5b6f8c;--soon:#b26a00;--expired:#c62828}
@media (prefers-color-scheme:dark){:root{--back:#1a1a1a;--text:#f0f0f0;--dim:#b3b3b3;--line:#8a8a8a;--used:#8fa9cf;--soon:#ffb74d;--expired:#ff8a80}}`;
