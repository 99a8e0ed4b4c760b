/**
 * Lets `npx enrollkit` in a clone run the compiled bin itself: without a link npx would install the clone into its
 * cache first, which takes a second, every time.
 */
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const bin = new URL('dist/enrollkit.cjs', root);
const link = new URL('node_modules/.bin/enrollkit', root);

chmodSync(bin, 0o755);
if (process.platform !== 'win32' && existsSync(new URL('node_modules', root))) {
  mkdirSync(new URL('./', link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../dist/enrollkit.cjs', link);
}
