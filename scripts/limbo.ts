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

interface Score {
  right: number;
  wrongAccepts: number;
  wrongRejects: number;
}

const empty = (): Score => ({ right: 0, wrongAccepts: 0, wrongRejects: 0 });
const scores = new Map<string, { ours: Score; openssl: Score }>();
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

function count(score: Score, valid: boolean, test: TestCase): void {
  if (valid === (test.expected_result === 'SUCCESS')) score.right += 1;
  else if (valid) score.wrongAccepts += 1;
  else score.wrongRejects += 1;
}

async function run(tests: readonly TestCase[], folder: string): Promise<void> {
  for (const test of tests) {
    const tier = test.tier ?? 'all';
    const score = scores.get(tier) ?? { ours: empty(), openssl: empty() };
    scores.set(tier, score);
    const { valid, why } = await ourVerdict(test);
    count(score.ours, valid, test);
    const isRight = valid === (test.expected_result === 'SUCCESS');
    if (!isRight) console.error(`${valid ? 'wrongly accepted' : 'wrongly rejected'}: ${test.id}. ${why}`);
    else if (process.argv.includes('--reasons') && why) console.error(`${test.id}: ${why}`);
    const theirs = requestsOf(test).every((request) => opensslVerify(folder, request).valid);
    count(score.openssl, theirs, test);
  }
}

function total(of: 'ours' | 'openssl'): Score {
  const sum = empty();
  for (const score of scores.values()) {
    for (const key of ['right', 'wrongAccepts', 'wrongRejects'] as const) sum[key] += score[of][key];
  }
  return sum;
}

function row(name: string, ours: Score, openssl: Score): string {
  const cells = [ours, openssl].flatMap((score) => [score.right, score.wrongAccepts, score.wrongRejects]);
  return [name.padEnd(10), ...cells.map((cell) => String(cell).padStart(16))].join('');
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
const heads = ['right', 'wrong accepts', 'wrong rejects'];
console.log(
  `${'tier'.padEnd(10)}${[...heads, ...heads.map((head) => `ssl ${head}`)].map((head) => head.padStart(16)).join('')}`,
);
for (const [tier, { ours, openssl }] of scores) console.log(row(tier, ours, openssl));
console.log(row('all', total('ours'), total('openssl')));
console.log(`slowest: ${slowest.ms.toFixed(1)} ms (${slowest.id})`);
process.exitCode = total('ours').wrongAccepts > 0 ? 1 : 0;
