/**
 * Runs the test suites of bettertls, path building and name constraints, which you have to give it: the file that its
 * `export-tests` writes. Prints our verdicts by suite, beside those of openssl, and each wrong one with its reason.
 *
 *     npx tsx scripts/bettertls.ts FILE [--reasons]
 *
 * Cases whose result the suite calls a warning are counted apart. The exit status is 1 if anything was accepted wrongly.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pemEncode } from '../src/pki/containers/pem.js';
import { validateChain } from '../src/pki/path/validate.js';
import type { PemRequest } from '../test/support/random-chains.js';
import { opensslVerify } from './openssl-verify.js';
import { Scores } from './scores.js';

interface TestCase {
  id: number;
  suite: string;
  /** DER in base64: the leaf, then what else the server sends. */
  certificates: string[];
  hostname: string;
  expected: 'ACCEPT' | 'REJECT';
  failureIsWarning: boolean;
}

interface Export {
  trustRoot: string;
  suites: Record<string, { testCases: TestCase[] }>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    reasons: { type: 'boolean', default: false },
  },
});
const [path] = positionals;
if (!path) {
  console.error('Usage: npx tsx scripts/bettertls.ts FILE [--reasons]');
  process.exit(2);
}

const pem = (base64: string) => pemEncode('CERTIFICATE', Buffer.from(base64, 'base64'));

function requestOf({ certificates, hostname }: TestCase, anchor: string): PemRequest {
  const [leaf, ...others] = certificates.map(pem);
  return {
    leaf: leaf!,
    intermediates: others.filter((other) => other !== anchor),
    trustAnchors: [anchor],
    purpose: 'serverAuth',
    peerName: { kind: isIP(hostname) > 0 ? 'IP' : 'DNS', value: hostname },
  };
}

const { trustRoot, suites } = JSON.parse(readFileSync(path, 'utf8')) as Export;
const anchor = pem(trustRoot);
const scores = new Scores();
const scratch = mkdtempSync(join(tmpdir(), 'enrollkit-bettertls-'));
try {
  for (const test of Object.values(suites).flatMap(({ testCases }) => testCases)) {
    const request = requestOf(test, anchor);
    const { valid, failures } = await validateChain(request);
    const isValid = test.expected === 'ACCEPT';
    const openssl = opensslVerify(scratch, request, [], { isStrict: false }).valid;
    scores.add(`${test.suite}${test.failureIsWarning ? ' (warnings)' : ''}`, isValid, {
      ours: valid,
      openssl,
    });
    const why = failures.map(({ code, message }) => `${code}: ${message}`).join(' ');
    if (valid !== isValid)
      console.error(`wrongly ${valid ? 'accepted' : 'refused'}: ${test.suite} ${test.id}. ${why}`);
    else if (values.reasons && why) console.error(`${test.suite} ${test.id}: ${why}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(scores.table('suite'));
process.exitCode = scores.total('ours').wrongAccepts > 0 ? 1 : 0;
