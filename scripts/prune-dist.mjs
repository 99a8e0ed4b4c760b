/** Takes out of dist what src no longer has: the tests run dist, and the package holds it. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [dist, src] = ['../dist/', '../src/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

for (const file of readdirSync(dist, { recursive: true })) {
  const source = /^(.*?)(\.d\.ts|\.js)$/.exec(file)?.[1];
  // Source maps are of `npm run coverage`, and of a build that this one has replaced.
  if (file.endsWith('.map') || (source !== undefined && !existsSync(`${src}${source}.ts`)))
    rmSync(`${dist}${file}`);
}
