/** `openssl verify` on one request of validateChain, for scripts and benchmarks. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PemRequest } from '../test/support/random-chains.js';

const purposes = { clientAuth: ['-purpose', 'sslclient'], serverAuth: ['-purpose', 'sslserver'], any: [] };
const peerOptions = { DNS: '-verify_hostname', IP: '-verify_ip', RFC822: '-verify_email' };

export interface OpensslVerdict {
  valid: boolean;
  /** What openssl said of a refusal. */
  says: string;
}

/**
 * @param folder where the files for openssl are written
 * @param more options of `openssl verify`
 * @param mode whether with `-x509_strict`; by default it is
 */
export function opensslVerify(
  folder: string,
  request: PemRequest,
  more: readonly string[] = [],
  { isStrict = true }: { isStrict?: boolean } = {},
): OpensslVerdict {
  const { leaf, intermediates, trustAnchors, at, purpose = 'any', peerName, maxDepth, crls = [] } = request;
  const file = (name: string, pems: readonly unknown[]) => {
    const path = join(folder, name);
    writeFileSync(path, pems.join('\n'));
    return path;
  };
  const options = [
    ...(isStrict ? ['-x509_strict'] : []),
    ...more,
    '-partial_chain',
    '-no-CApath',
    '-no-CAstore',
    '-CAfile',
    file('trusted.pem', trustAnchors),
  ];
  if (intermediates.length > 0) options.push('-untrusted', file('untrusted.pem', intermediates));
  if (at) options.push('-attime', String(Math.floor(at.getTime() / 1000)));
  options.push(...purposes[purpose]);
  if (peerName) options.push(peerOptions[peerName.kind], peerName.value);
  if (maxDepth !== undefined) options.push('-verify_depth', String(maxDepth));
  if (crls.length > 0) options.push('-crl_check', '-CRLfile', file('crls.pem', crls));
  const { status, stderr } = spawnSync('openssl', ['verify', ...options, file('leaf.pem', [leaf])], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { valid: status === 0, says: /error .*/.exec(stderr)?.[0] ?? stderr.trim() };
}
