/**
 * Runs a suite file of x509-limbo's form and prints, by tier, what is right and wrong, beside openssl's own answers.
 *
 *     npm run limbo -- FILE
 *
 * The tier `profile` runs in mode strict, all others lenient. The exit status is 1 when anything was accepted wrongly.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PeerName, validateChain } from '../src/pki/path/validate.js';
import type { PemRequest } from '../test/support/random-chains.js';
import { opensslVerify } from './openssl-verify.js';
import { Scores } from './scores.js';

interface TestCase {
  id: string;
  tier?: string;
  validation_kind: 'SERVER' | 'CLIENT';
  trusted_certs: string[];
  untrusted_intermediates: string[];
  peer_certificate: string;
  validation_time: string | null;
  expected_result: 'SUCCESS' | 'FAILURE';
  expected_peer_name: PeerName | null;
  expected_peer_names: PeerName[] | null;
  max_chain_depth: number | null;
  crls?: string[];
}

const scores = new Scores();
let slowest = { ms: 0, id: '' };

/** One request for each name that the peer must bear. */
function requestsOf(test: TestCase): PemRequest[] {
  const names = [...(test.expected_peer_name ? [test.expected_peer_name] : [])];
  names.push(...(test.expected_peer_names ?? []));
  const request: PemRequest = {
    leaf: test.peer_certificate,
    intermediates: test.untrusted_intermediates,
    trustAnchors: test.trusted_certs,
    ...(test.validation_time === null ? {} : { at: new Date(test.validation_time) }),
    purpose: test.validation_kind === 'CLIENT' ? 'clientAuth' : 'serverAuth',
    ...(test.max_chain_depth === null ? {} : { maxDepth: test.max_chain_depth }),
    crls: test.crls ?? [],
    mode: test.tier === 'profile' ? 'strict' : 'lenient',
  };
  return names.length > 0 ? names.map((peerName) => ({ ...request, peerName })) : [request];
}

async function ourVerdict(test: TestCase): Promise<{ valid: boolean; why: string }> {
  const began = performance.now();
  let why = '';
  for (const request of requestsOf(test)) {
    const { failures, valid } = await validateChain(request);
    if (!valid) why ||= failures.map(({ code, message }) => `${code}: ${message}`).join(' ') || 'no reason';
  }
  const ms = performance.now() - began;
  if (ms > slowest.ms) slowest = { ms, id: test.id };
  return { valid: why === '', why };
}

async function run(tests: readonly TestCase[], folder: string): Promise<void> {
  for (const test of tests) {
    const tier = test.tier ?? 'all';
    const { valid, why } = await ourVerdict(test);
    const isValid = test.expected_result === 'SUCCESS';
    if (valid !== isValid)
      console.error(`${valid ? 'wrongly accepted' : 'wrongly rejected'}: ${test.id}. ${why}`);
    else if (process.argv.includes('--reasons') && why) console.error(`${test.id}: ${why}`);
    const openssl = requestsOf(test).every((request) => opensslVerify(folder, request).valid);
    scores.add(tier, isValid, { ours: valid, openssl });
  }
}

const path = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
if (!path) {
  console.error('Usage: npm run limbo -- FILE [--reasons]');
  process.exit(2);
}
const { testcases } = JSON.parse(readFileSync(path, 'utf8')) as { testcases: TestCase[] };
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-limbo-'));
try {
  await run(testcases, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(scores.table('tier'));
console.log(`slowest: ${slowest.ms.toFixed(1)} ms (${slowest.id})`);
process.exitCode = scores.total('ours').wrongAccepts > 0 ? 1 : 0;
