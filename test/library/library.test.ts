/** The library as programs see it: installed from the package, imported by the names of its parts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { test } from 'uvu';
import { installPackage, project, runNode } from './installed-package.js';

const parts = ['enrollkit', 'enrollkit/pki', 'enrollkit/emulator', 'enrollkit/fleet'];

/** What `enrollkit` has exported since before it had parts. */
const exportedBeforeParts = `
  AzureTargetOptions Certificate CertificateDescription CertificateRequest CertificateRequestContents
  CertificateResult ChainVerdict CleanOptions CleanPlan CleanResult ControlPlane DeviceMessage
  DeviceResult Emit Emulator EmulatorClock EmulatorEndpoints EmulatorEvent EmulatorLog EmulatorOptions
  EmulatorSeed EnrollkitError ErrorCode ExitStatus Finding HubService IssueRequest IssuedCertificate
  Issuer KeyAlgorithm OpenPrivateKeyOptions KeyPair LintCode LintOptions PfxReading Plan PlanTarget PortalAssistant
  PortalInstructions Preview Profile QuickstartOptions QuickstartResult QuotaLimits RenewRequest
  RequestEvent RequestObserver Role RolloverOptions RolloverResult RunEvent ServicePlane StartOptions
  StepTitle Subject SubjectAlternativeNames Target TokenCredential ValidateChainRequest azureTarget
  certificateToPem checkPlan cleanLocal cleanRemote connectToHub createPfx createPkcs7 defaultPlan
  describeRequest emulatorTarget errorTable exitStatus finishRollover formatPlan generateKeyPair
  inspectCertificate issue issueVerificationCertificate keyAlgorithms lintChain lintRules loadProfile
  makeCertificateRequest openPfx openPrivateKey parseCertificate parseCertificateRequest
  parseCertificates parsePlan planClean planSchema previewQuickstart privateKeyFromPem privateKeyToPem
  readPfx readPkcs7 registerDevice reissueBelow renewCertificate runQuickstart runningEmulator
  startEmulator startRollover validateChain
`
  .trim()
  .split(/\s+/);

interface Snippet {
  /** `README.md:257`, the line of its fence. */
  place: string;
  text: string;
  /** Its folder below the installed package's. */
  folder: string;
  isRun: boolean;
}

const documents = ['README.md', ...readdirSync(join(project, 'docs')).map((name) => `docs/${name}`)].filter(
  (path) => path.endsWith('.md'),
);

/** TypeScript in the documents. One whose fence says `ts no-run` is not run, since it needs something else. */
const snippets: Snippet[] = documents.flatMap((path) => {
  const text = readFileSync(join(project, path), 'utf8');
  return [...text.matchAll(/^```ts( no-run)?\n(.*?)^```$/gms)].map((match, index) => ({
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
    text: match[2]!,
    folder: `${path.replace(/\W+/g, '-')}-${index + 1}`,
    isRun: match[1] === undefined,
  }));
});

let folder: string;

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'enrollkit-test-'));
  await installPackage(folder);
});

test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

for (const part of parts) {
  test(`${part} is imported and required without any other package`, async () => {
    const program = `const required = Object.keys(require('${part}')).filter((name) => name !== '__esModule');
      import('${part}').then((imported) => console.log(JSON.stringify([required, Object.keys(imported)])));`;
    const output = await runNode(folder, '--input-type=commonjs', '--eval', program);
    const [required, imported] = JSON.parse(output) as string[][];
    assert.ok(imported!.length > 1);
    assert.deepEqual(required!.sort(), imported!.sort());
  });
}

test('the parts have what they are for', async () => {
  const has = async (part: string, names: string[]) => {
    const program = `const part = await import('${part}'); console.log(${JSON.stringify(names)}.filter((name) => !(name in part)).join())`;
    assert.equal(await runNode(folder, '--input-type=module', '--eval', program), '', part);
  };
  await Promise.all([
    has('enrollkit/pki', ['generateKeyPair', 'issue', 'loadProfile', 'validateChain']),
    has('enrollkit/emulator', ['runningEmulator', 'startEmulator']),
    has('enrollkit/fleet', [
      'deregisterFleet',
      'enrollFleet',
      'issueFleet',
      'mergeManifests',
      'registerFleet',
    ]),
  ]);
});

test('types hold without the DOM library, of every part, of every snippet and of every older export', () => {
  const write = (path: string, text: string) => {
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  };
  const files = [
    write('older.ts', `export { ${exportedBeforeParts.join(', ')} } from 'enrollkit';`),
    ...parts.map((part, index) => write(`part-${index}.ts`, `export * from '${part}';`)),
    ...snippets.map((snippet) => {
      mkdirSync(join(folder, snippet.folder));
      return write(join(snippet.folder, 'snippet.ts'), snippet.text);
    }),
  ];
  const module = { module: 'NodeNext', moduleResolution: 'NodeNext' };
  const compilerOptions = { ...module, target: 'ES2022', lib: ['ES2022'], types: ['node'], strict: true };
  write(
    'tsconfig.json',
    JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: false }, files }),
  );
  const compiler = join(project, 'node_modules', 'typescript-7', 'bin', 'tsc');
  const checked = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  assert.equal(checked.stdout + checked.stderr, '');
  assert.equal(checked.status, 0);
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
    noLib: true,
  });
  assert.deepEqual(unnamedTypes(program), []);
});

for (const [name, file, module, moduleResolution] of [
  ['Bundler', 'bundler.ts', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ['CommonJS', 'common.cts', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
] as const) {
  test(`types are found by ${name} modules too`, () => {
    const path = join(folder, file);
    writeFileSync(
      path,
      parts.map((part, index) => `import * as part${index} from '${part}'; part${index}.x;`).join('\n'),
    );
    const program = ts.createProgram([path], {
      module,
      moduleResolution,
      target: ts.ScriptTarget.ES2022,
      types: ['node'],
      typeRoots: [join(folder, 'node_modules', '@types')],
      noEmit: true,
      skipLibCheck: true,
    });
    // What does not exist is reported of each part: its types are there.
    assert.deepEqual(
      ts.getPreEmitDiagnostics(program).map(({ code }) => code),
      parts.map(() => 2339),
    );
  });
}

/** Types that declarations of a part mention, and that neither that part nor `enrollkit` exports. */
function unnamedTypes(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const resolved = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exportsOf = parts.map((_, index) => {
    const file = program.getSourceFile(join(folder, `part-${index}.ts`))!;
    return new Set(checker.getExportsOfModule(checker.getSymbolAtLocation(file)!).map(resolved));
  });
  const isOurs = (symbol: ts.Symbol) =>
    /[\\/]enrollkit[\\/]dist[\\/](?!vendor[\\/])/.test(
      symbol.declarations?.[0]?.getSourceFile().fileName ?? '',
    );
  // A plan's type is computed from the table of its fields; Plan['certificates'] and the like name its parts.
  const computed = ['AzureTarget', 'PlanGroup'];
  const missing = new Set<string>();
  for (const exported of exportsOf) {
    for (const symbol of exported) {
      const visit = (node: ts.Node): void => {
        const name = ts.isTypeReferenceNode(node)
          ? node.typeName
          : ts.isExpressionWithTypeArguments(node)
            ? node.expression
            : undefined;
        const mentioned = name && checker.getSymbolAtLocation(name);
        const type = mentioned && resolved(mentioned);
        if (
          type &&
          isOurs(type) &&
          !(type.flags & ts.SymbolFlags.TypeParameter) &&
          !computed.includes(type.name) &&
          !exported.has(type) &&
          !exportsOf[0]!.has(type)
        ) {
          missing.add(`${type.name}, which ${symbol.name} mentions`);
        }
        ts.forEachChild(node, visit);
      };
      for (const declaration of symbol.declarations ?? []) visit(declaration);
    }
  }
  return [...missing].sort();
}

test('documents have their TypeScript where this test finds it', () => {
  assert.ok(snippets.length > 0);
  // What docs/ci.md shows are files of examples/ci, which test/ci/recipes.test.ts compares and runs.
  for (const path of documents.filter((one) => one !== 'docs/ci.md')) {
    assert.doesNotMatch(
      readFileSync(join(project, path), 'utf8'),
      /^```(typescript|tsx|js|javascript|mjs)\b/m,
      path,
    );
  }
});

for (const { place, folder: name } of snippets.filter(({ isRun }) => isRun)) {
  test(`the snippet at ${place} runs`, async () => {
    await runNode(join(folder, name), 'snippet.js');
  });
}

test.run();
