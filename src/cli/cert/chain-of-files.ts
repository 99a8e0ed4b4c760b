/** The one chain that the certificates of some files make. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { OpenPrivateKeyOptions } from '../../pki/keys.js';
import { type Certificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
import { isIssuedBy } from '../../pki/x509/issued-by.js';
import { readCertificates } from '../input/material.js';
import { chainFrom, isSelfSigned, maxChainCertificates, withoutCopies } from '../input/order.js';

export interface FoundChain {
  /** The last certificate first, then its issuers. */
  chain: Certificate[];
  /** Other certificates of a CA of the chain, such as cross-signed ones, and what issued those. */
  alternatives: Certificate[];
}

/**
 * @throws EnrollkitError of a file; CHAIN_INVALID when its certificates make no chain, or more than one, naming the
 *   file of one that does not belong
 */
export async function chainOfFiles(
  paths: readonly string[],
  opening: OpenPrivateKeyOptions,
): Promise<FoundChain> {
  const fileOf = new Map<string, string>();
  const read: Certificate[] = [];
  for (const path of paths) {
    const certificates = await readCertificates(path, opening);
    for (const one of certificates) fileOf.set(sha256Thumbprint(one), path);
    if (certificates.length > maxChainCertificates) {
      throw new EnrollkitError(
        'CHAIN_INVALID',
        sentences.cliCert.bundle.tooMany(path, certificates.length, maxChainCertificates),
      );
    }
    read.push(...certificates);
  }
  const all = withoutCopies(read);
  const leaves = all.filter(
    (one) => !all.some((other) => other !== one && isIssuedBy(other, one) && !isSelfSigned(other)),
  );
  if (leaves.length !== 1) {
    const named = leaves
      .slice(0, 3)
      .map((one) => sentences.cliCert.bundle.inFile(one.subject.text, fileOf.get(sha256Thumbprint(one))!));
    const why =
      leaves.length === 0
        ? sentences.cliCert.bundle.noFirst
        : sentences.cliCert.bundle.several(leaves.length, named);
    throw new EnrollkitError('CHAIN_INVALID', why, { next: sentences.cliCert.bundle.oneOnly });
  }
  const chain = chainFrom(leaves[0]!, all);
  const rest = all.filter((one) => !chain.includes(one));
  const alternatives = alternativesIn(rest, chain);
  const lost = rest.find((one) => !alternatives.includes(one));
  if (!lost) return { chain, alternatives };
  throw new EnrollkitError(
    'CHAIN_INVALID',
    sentences.cliCert.bundle.notInChain(
      lost.subject.text,
      fileOf.get(sha256Thumbprint(lost))!,
      leaves[0]!.subject.text,
    ),
    { next: sentences.cliCert.bundle.omit },
  );
}

function alternativesIn(rest: readonly Certificate[], chain: readonly Certificate[]): Certificate[] {
  const found = rest.filter((one) =>
    chain.some(
      ({ subject, publicKeyInfo }) =>
        subject.equals(one.subject) && publicKeyInfo.der.equals(one.publicKeyInfo.der),
    ),
  );
  // The list grows during the loop.
  for (const below of found) {
    found.push(...rest.filter((one) => !found.includes(one) && isIssuedBy(below, one)));
  }
  return found;
}
