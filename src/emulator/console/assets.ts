/** The style sheet, the script and the icon of the emulator's page. */
import { script } from './script.js';
import { styles } from './styles.js';

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0f5f8c"/><path d="M9 11h14M9 16h10M9 21h14" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>';

export const assets: Record<string, { type: string; text: string }> = {
  'console.css': { type: 'text/css; charset=utf-8', text: styles },
  'console.js': { type: 'text/javascript; charset=utf-8', text: script },
  'icon.svg': { type: 'image/svg+xml', text: icon },
};
