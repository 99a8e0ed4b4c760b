/**
 * `build`, the compiled modules, into `dist`, what users install: one file for each entry point, and the code that they
 * share. A command loads a few files instead of hundreds, in half the time.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { languageTags } from '../src/languages/choice.js';
import { bundling, readCompiled } from './bundling.js';
import { inFewerFiles, type Loading } from './chunks.js';
import { copyDeclarations } from './declarations.js';
import { withLinesOnly } from './source-maps.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const [src, modules, dist] = ['src', 'build', 'dist'].map((folder) => join(root, folder)) as [
  string,
  string,
  string,
];

/** For `npm run coverage`: source maps with columns, also of the modules. */
const withWholeSourceMaps = process.argv.includes('--whole-source-maps');

const parts = ['index', 'pki/index', 'emulator/index', 'fleet/index'];

/** The parts of the library, the command line, and what it runs in processes and threads of their own. */
const loading: Loading = {
  programs: [
    ['bin'],
    ['pki/index'],
    ['index', 'emulator/index', 'fleet/index'],
    ['pki/slow-work-process'],
    ['fleet/issue/worker'],
  ],
  commands: [
    ['languages/language', 'errors', 'cli/kernel/main'],
    [
      'cli/cert/inspect',
      'cli/input/certificate-files',
      'cli/cert/description',
      'cli/input/request-file',
      'pki/x509/inspect',
      'cli/input/passphrase',
    ],
    [
      'cli/cert/device',
      'dps/contract/ids',
      'cli/cert/make-certificate',
      'cli/target/folder',
      'cli/target/emulator-clock',
    ],
    ['cli/fleet/issue', 'cli/fleet/issue.run'],
    [
      'cli/quickstart/quickstart',
      'cli/quickstart/quickstart.run',
      'emulator/start',
      'emulator/wire/tls/issue-server-identity',
      'emulator/dps/registration/issue-certificates',
      'dps/client/device-mqtt',
    ],
  ],
};

const compiledModules: Plugin = {
  name: 'compiled-modules',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]build[\\/].*\.js$/ }, async ({ path }) => ({
      contents: await readCompiled(path),
    }));
  },
};

const common = {
  ...bundling,
  absWorkingDir: root,
  outdir: dist,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  metafile: true,
} as const;

const chunks = await build({
  ...common,
  entryPoints: loading.programs.flat().map((name) => ({ in: join(modules, `${name}.js`), out: name })),
  plugins: [...bundling.plugins, compiledModules],
  // A statement on one line is easier to find.
  minifyWhitespace: false,
  lineLimit: 0,
  banner: {},
  write: false,
});

const { metafile } = await build({
  ...common,
  ...inFewerFiles(chunks, modules, dist, loading),
  splitting: false,
});

if (!withWholeSourceMaps) {
  for (const path of Object.keys(metafile.outputs).filter((name) => name.endsWith('.map'))) {
    writeFileSync(join(root, path), withLinesOnly(readFileSync(join(root, path), 'utf8')));
  }
}

const declarations = copyDeclarations(modules, dist, parts);

const launchers = ['enrollkit.cjs', 'start.cjs'].map((name) => join(dist, name));
for (const path of launchers) copyFileSync(join(src, relative(dist, path)), path);

// Each chunk that makes a function that it does not call would cost every command that loads it.
for (const path of Object.keys(metafile.outputs).filter((one) => one.endsWith('.js'))) {
  const file = join(root, path);
  const text = readFileSync(file, 'utf8');
  // The lines stay where the source map has them.
  const rest = text.replace(bundling.banner.js, '\n');
  if (/^(import|.*;import)\b[^;]*from ?"node:/m.test(rest))
    throw new Error(`${path} imports a module of Node.js.`);
  if (!/\brequire\b/.test(rest)) writeFileSync(file, rest);
}

/** Their licenses ask for their texts to be passed on. */
const licenses = join(dist, 'THIRD_PARTY_NOTICES.txt');
const packages = new Set(
  [
    ...Object.keys(chunks.metafile.inputs),
    ...declarations.packages.map((path) => relative(root, path)),
  ].flatMap((path) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
);
writeFileSync(
  licenses,
  [...packages]
    .sort()
    .map(licenseOf)
    .join(`\n${'-'.repeat(80)}\n\n`),
);

// What the command line answers at once; without these files, it makes the answers.
const answers = join(dist, 'answers');
rmSync(answers, { recursive: true, force: true });
const answerFiles = ['help', 'version'].flatMap((name) =>
  languageTags.map((tag) => {
    const env = { ...process.env, ENROLLKIT_LANG: tag };
    const text = execFileSync(process.execPath, [join(dist, 'bin.js'), `--${name}`], { env });
    const file = join(answers, `${name}.${tag}.txt`);
    return { file, text };
  }),
);
mkdirSync(answers);
for (const { file, text } of answerFiles) writeFileSync(file, text);

// What earlier builds left: the package holds all of dist, and the tests run all of build.
const written = new Set([
  licenses,
  ...launchers,
  ...declarations.files,
  join(dist, 'enrollkit.1'),
  ...answerFiles.map(({ file }) => file),
  ...Object.keys(metafile.outputs).map((path) => join(root, path)),
]);
removeFrom(dist, (path) => !written.has(path));
removeFrom(modules, (path) => !withWholeSourceMaps && path.endsWith('.map'));
removeFrom(modules, (path) => path.endsWith('.js') && !hasSource(path));

/** @param folder of the package, relative to the project */
function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
  return `${name} ${version}: ${license}\n${text}`;
}

function hasSource(path: string): boolean {
  const source = `${src}${path.slice(modules.length, -'.js'.length)}`;
  return existsSync(`${source}.ts`) || existsSync(`${source}.tsx`);
}

function removeFrom(folder: string, isLeftOver: (path: string) => boolean): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && isLeftOver(path)) rmSync(path);
  }
}
