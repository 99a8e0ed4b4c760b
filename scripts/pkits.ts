/**
 * Runs NIST's Public Key Interoperability Test Suite (PKITS), which you have to give it: a folder with `certs` (*.crt)
 * and `crls` (*.crl), both DER. Prints our verdicts by section, beside those of openssl, and each wrong one with its reason.
 *
 *     npx tsx scripts/pkits.ts FOLDER [--reasons]
 *
 * Each test gets all certificates and lists of the suite, as if they came from one directory. The exit status is 1 if
 * anything was accepted wrongly.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pemEncode } from '../src/pki/containers/pem.js';
import { anyPolicy } from '../src/pki/path/policy-extensions.js';
import { type CertificateInput, validateChain } from '../src/pki/path/validate.js';
import { parseCertificate } from '../src/pki/x509/certificate.js';
import { type OpensslVerdict, opensslVerify } from './openssl-verify.js';
import { type Inputs, type PkitsTest, pkitsSections } from './pkits-tests.js';
import { Scores } from './scores.js';

const anchorName = 'TrustAnchorRootCertificate';
/** A time at which the suite's certificates are valid. */
const at = new Date('2026-01-01T00:00:00Z');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { reasons: { type: 'boolean', default: false } },
});
const [folder] = positionals;
if (!folder) {
  console.error('Usage: npx tsx scripts/pkits.ts FOLDER [--reasons]');
  process.exit(2);
}

const certificates = filesOf('certs', '.crt');
const lists = [...filesOf('crls', '.crl').values()];
const anchor = certificates.get(anchorName)!;
certificates.delete(anchorName);
const pool = [...certificates.values()].map(parsedIfPossible);
const pems = {
  pool: [...certificates.values()].map((der) => pemEncode('CERTIFICATE', der)),
  anchor: pemEncode('CERTIFICATE', anchor),
  lists: lists.map((der) => pemEncode('X509 CRL', der)),
};

/** Contents by name. */
function filesOf(kind: string, suffix: string): Map<string, Buffer> {
  const names = readdirSync(join(folder!, kind)).filter((name) => name.endsWith(suffix));
  return new Map(
    names.map((name) => [name.slice(0, -suffix.length), readFileSync(join(folder!, kind, name))]),
  );
}

/** Parsed once, not for each test. */
function parsedIfPossible(der: Buffer): CertificateInput {
  try {
    return parseCertificate(der);
  } catch {
    return der;
  }
}

const policy = (number: number) => `2.16.840.1.101.3.2.1.48.${number}`;

/** Empty if valid. */
async function ourReasons(leaf: Buffer, inputs: Inputs): Promise<string> {
  const { valid, failures } = await validateChain({
    leaf,
    intermediates: pool,
    trustAnchors: [anchor],
    crls: lists,
    at,
    ...(inputs.policies ? { initialPolicySet: inputs.policies.map(policy) } : {}),
    requireExplicitPolicy: inputs.explicit === true,
    inhibitPolicyMapping: inputs.inhibitMapping === true,
    inhibitAnyPolicy: inputs.inhibitAny === true,
  });
  return valid ? '' : failures.map(({ code, message }) => `${code}: ${message}`).join(' ');
}

function opensslVerdict(scratch: string, leaf: Buffer, inputs: Inputs): OpensslVerdict {
  const options = ['-crl_check_all', '-extended_crl', '-use_deltas', '-policy_check'];
  // Without a policy, openssl takes the set to be empty, not anyPolicy.
  for (const wanted of inputs.policies?.map(policy) ?? [anyPolicy]) options.push('-policy', wanted);
  if (inputs.explicit) options.push('-explicit_policy');
  if (inputs.inhibitMapping) options.push('-inhibit_map');
  if (inputs.inhibitAny) options.push('-inhibit_any');
  const request = {
    leaf: pemEncode('CERTIFICATE', leaf),
    intermediates: pems.pool,
    trustAnchors: [pems.anchor],
    crls: pems.lists,
    at,
  };
  return opensslVerify(scratch, request, options, { isStrict: false });
}

const scores = new Scores();

async function run(section: string, test: PkitsTest, scratch: string): Promise<void> {
  const leaf = certificates.get(test.leaf);
  if (!leaf) throw new Error(`${test.id}: ${test.leaf}.crt is missing`);
  const why = await ourReasons(leaf, test.inputs);
  const ours = why === '';
  const openssl = opensslVerdict(scratch, leaf, test.inputs);
  scores.add(section, test.isValid, { ours, openssl: openssl.valid });
  const described = `${test.id} ${test.leaf} ${JSON.stringify(test.inputs)}`;
  const wrongly = test.isValid ? 'refused' : 'accepted';
  if (ours !== test.isValid) console.error(`wrongly ${wrongly}: ${described}. ${why}`);
  else if (values.reasons && why) console.error(`${described}: ${why}`);
  if (openssl.valid !== test.isValid) console.error(`  by OpenSSL: ${described}. ${openssl.says}`);
}

const scratch = mkdtempSync(join(tmpdir(), 'enrollkit-pkits-'));
try {
  for (const { number, title, tests } of pkitsSections)
    for (const test of tests) await run(`${number} ${title}`, test, scratch);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(scores.table('section'));
process.exitCode = scores.total('ours').wrongAccepts > 0 ? 1 : 0;
