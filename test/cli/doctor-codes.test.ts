/** Each code that doctor can find occurs in a test that provokes it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';

const folder = (path: string) => new URL(`../../${path}/`, import.meta.url);

function textsOf(path: string): string {
  const names = readdirSync(folder(path)).filter((name) => name.endsWith('.ts'));
  return names.map((name) => readFileSync(new URL(name, folder(path)), 'utf8')).join('\n');
}

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);

test('no code of doctor, or of a refusal, is without a test', () => {
  const doctor = textsOf('src/cli/doctor');
  const diagnosis = textsOf('src/dps/client/diagnosis');
  const codes = new Set([
    ...matches(doctor, /\b(?:info|warning|failure)\(\s*'([A-Z_]+)'/g),
    ...matches(doctor, /\bcode: '([A-Z_]+)'/g),
    ...matches(diagnosis, /\bcode: '([A-Z_]+)'/g),
    ...matches(diagnosis, /^ {2}\| '([A-Z_]+)'/gm),
  ]);
  assert.ok(codes.size > 50, `${codes.size} codes`);
  const tests = ['test/cli/doctor.test.ts', 'test/cli/doctor-checks.test.ts', 'test/dps/diagnosis.test.ts']
    .map((path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
    .join('\n');
  const untested = [...codes].filter((code) => !new RegExp(`\\b${code}\\b`).test(tests));
  assert.deepEqual(untested, []);
});

test.run();
