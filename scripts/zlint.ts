/**
 * Counts which of zlint's lints `cert lint` tells, over zlint's own test data: those for certificates at error level whose
 * source is an RFC. You have to give it a checkout of zlint; nothing of it is part of this repository.
 *
 *     npx tsx scripts/zlint.ts FOLDER
 *
 * A lint is told if each certificate on which zlint's tests expect an error has a finding of ours, an error or a warning,
 * that none of the certificates has on which they expect none. Findings about dates and old algorithms do not count: most
 * of the test data is old.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintChain } from '../src/pki/lint/lint.js';
import { certificateLabel } from '../src/pki/path/failure.js';
import { lookAtCertificates } from '../src/pki/x509/look.js';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('Usage: npx tsx scripts/zlint.ts FOLDER');
  process.exit(2);
}
const lints = join(folder, 'v3', 'lints');
const testData = join(folder, 'v3', 'testdata');
const ofAge = new Set(['EXPIRED', 'NOT_YET_VALID', 'SIGNATURE_ALGORITHM_WEAK', 'PUBLIC_KEY_WEAK']);
/** The time in whose light the test data is looked at; see `ofAge`. */
const at = new Date('2020-01-01T00:00:00Z');

interface Lint {
  name: string;
  /** Files of certificates, by what zlint's tests expect of them. */
  errors: string[];
  passes: string[];
}

/** What a test's source says, as far as it names a lint, files and expectations next to each other. */
function expectations(source: string): { file: string; isError: boolean }[] {
  const tokens = [...source.matchAll(/"([^"\s]+\.pem)"|lint\.(Error|Pass|NA|NE|Warn|Notice)\b/g)];
  return tokens.flatMap(([, file], index) => {
    if (file === undefined) return [];
    const status = tokens[index + 1]?.[2] ?? tokens[index - 1]?.[2];
    return status === 'Error' || status === 'Pass' ? [{ file, isError: status === 'Error' }] : [];
  });
}

function lintsIn(room: string): Lint[] {
  const files = readdirSync(join(lints, room));
  return files
    .filter((file) => file.endsWith('.go') && !file.endsWith('_test.go'))
    .flatMap((file) => {
      const source = readFileSync(join(lints, room, file), 'utf8');
      const test = file.replace(/\.go$/, '_test.go');
      const isOfRfc = /Source:\s*lint\.RFC\d+/.test(source);
      const name = /Name:\s*"(e_\w+)"/.exec(source)?.[1];
      if (!name || !isOfRfc || !source.includes('RegisterCertificateLint') || !files.includes(test))
        return [];
      const expected = expectations(readFileSync(join(lints, room, test), 'utf8'));
      const of = (isError: boolean) => [
        ...new Set(expected.filter((one) => one.isError === isError).map((one) => one.file)),
      ];
      return [{ name, errors: of(true), passes: of(false) }];
    })
    .filter(({ errors }) => errors.length > 0);
}

const known = new Map<string, ReadonlyMap<string, string>>();

/** The codes of our findings, by what they say of the certificate without its name. */
function findingsIn(file: string): ReadonlyMap<string, string> {
  let codes = known.get(file);
  if (!codes) {
    const certificates = lookAtCertificates(readFileSync(join(testData, file)));
    const labels = certificates.map(certificateLabel);
    const findings = lintChain(certificates, { at }).filter(({ code }) => !ofAge.has(code));
    codes = new Map(
      findings.map(({ code, message }) => [
        labels.reduce((text, label) => text.replaceAll(label, ''), `${code} ${message}`),
        code,
      ]),
    );
    known.set(file, codes);
  }
  return codes;
}

function codesOf({ errors, passes }: Lint): string[] | undefined {
  const good = new Set(passes.flatMap((file) => [...findingsIn(file).keys()]));
  const told = errors.map((file) =>
    [...findingsIn(file)].flatMap(([what, code]) => (good.has(what) ? [] : [code])),
  );
  return told.every((codes) => codes.length > 0) ? [...new Set(told.flat())] : undefined;
}

const all = readdirSync(lints, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => lintsIn(name));
let count = 0;
for (const lint of all.sort((a, b) => (a.name < b.name ? -1 : 1))) {
  let codes: string[] | undefined;
  try {
    codes = codesOf(lint);
  } catch (error) {
    console.log(`${lint.name}: ${(error as Error).message}`);
  }
  if (codes) count += 1;
  console.log(`${codes ? 'told' : 'NOT TOLD'}  ${lint.name}  ${codes?.join(' ') ?? lint.errors.join(' ')}`);
}
console.log(`${count} of ${all.length} lints of zlint are told`);
