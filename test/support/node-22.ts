/** Node.js 22 for packages that no longer run on Node.js 20: this one if it is as new, else what .ci/run installs. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = 'node_modules/.cache/node-22';
const installed = fileURLToPath(new URL(`../../${folder}/node_modules/node/bin/node`, import.meta.url));

/** The program; undefined where there is none. */
export const node22 =
  Number.parseInt(process.versions.node, 10) >= 22
    ? process.execPath
    : existsSync(installed)
      ? installed
      : undefined;

/** For whoever runs the tests. */
export const howToGetNode22 = `Node.js 22 is not installed: tests that need it are skipped. To install it: npm install --no-save --prefix ${folder} node@22`;
