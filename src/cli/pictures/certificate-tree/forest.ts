/** Certificates as trees: each below the certificate that signed it. */
import { sentences } from '../../../languages/language.js';
import { checkIssuer } from '../../../pki/path/certificate-checks.js';
import { type Certificate, sha256Thumbprint } from '../../../pki/x509/certificate.js';
import { odditiesOf } from '../../../pki/x509/look.js';
import { naturalOrder } from '../../../workspace/natural-order.js';
import type { Span } from '../../input/time-flag.js';
import { plainText } from '../markup.js';
import { isAuthority, type Kind, kindOf } from './kind.js';
import type { KeyFile } from './private-keys.js';
import type { Signers } from './signers.js';
import { type Validity, validityOf } from './validity.js';

/** A certificate with all that is shown of it. */
export interface TreeNode {
  certificate: Certificate;
  sha256Thumbprint: string;
  /** The common name, or the whole subject; without control characters, but not escaped for any format. */
  name: string;
  kind: Kind;
  validity: Validity;
  files: readonly string[];
  keys: readonly KeyFile[];
  /** Where a run uploaded it, by the journal of its folder. */
  uploads: readonly Upload[];
  /** All certificates of the CA that signed it, the one that it is shown below first. */
  signers: readonly TreeNode[];
  /** The one that it is shown below; undefined at the top. */
  parent?: TreeNode;
  children: TreeNode[];
  /** Sentences: what else there is to know. */
  notes: string[];
}

/** A CA certificate in DPS. */
export interface Upload {
  /** Its name in DPS. */
  name: string;
  /** `undefined` for the emulator. */
  dpsName?: string;
}

export interface Forest {
  /** In the order in which they are drawn. */
  nodes: readonly TreeNode[];
  tops: readonly TreeNode[];
}

export interface Findings {
  signers: Signers;
  files: ReadonlyMap<Certificate, readonly string[]>;
  keys: ReadonlyMap<Certificate, readonly KeyFile[]>;
  uploads: ReadonlyMap<Certificate, readonly Upload[]>;
}

/** @param certificates without copies */
export function forestOf(
  certificates: readonly Certificate[],
  { signers, files, keys, uploads }: Findings,
  at: Date,
  within?: Span,
): Forest {
  const nodes = new Map<Certificate, TreeNode>();
  for (const certificate of certificates) {
    const found = files.get(certificate) ?? [];
    nodes.set(certificate, {
      certificate,
      sha256Thumbprint: sha256Thumbprint(certificate),
      name: nameOf(certificate),
      kind: kindOf(certificate, signers.selfSigned.has(certificate), found),
      validity: validityOf(certificate, at, within),
      files: found,
      keys: keys.get(certificate) ?? [],
      uploads: uploads.get(certificate) ?? [],
      signers: [],
      children: [],
      notes: [],
    });
  }
  const all = [...nodes.values()];
  for (const node of all) {
    node.signers = (signers.of.get(node.certificate) ?? []).map((one) => nodes.get(one)!);
  }
  attach(all);
  const tops = all.filter(({ parent }) => !parent).sort(byName);
  const sameAs = new Map(
    all.flatMap(({ signers: [first, ...others] }) => others.map((other) => [other, first!] as const)),
  );
  for (const node of all) {
    node.notes = notesOf(node, signers.selfSigned.has(node.certificate), sameAs.get(node), at);
  }
  return { nodes: inOrder(tops), tops };
}

/** Puts each below its first signer. CAs that signed each other form a circle, which is cut at one of them. */
function attach(nodes: readonly TreeNode[]): void {
  const done = new Set<TreeNode>();
  for (const start of [...nodes].sort(byName)) {
    const walked = new Set<TreeNode>();
    for (let node = start; !done.has(node); ) {
      done.add(node);
      walked.add(node);
      // A signer that is on the way down to this one would close the circle.
      const parent = node.signers.find((one) => !walked.has(one));
      if (!parent) break;
      node.parent = parent;
      parent.children.push(node);
      node = parent;
    }
  }
  for (const { children } of nodes) children.sort(byName);
}

function inOrder(tops: readonly TreeNode[]): TreeNode[] {
  const ordered: TreeNode[] = [];
  // A chain can be longer than the stack is deep.
  const waiting = [...tops].reverse();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    ordered.push(node);
    for (const child of [...node.children].reverse()) waiting.push(child);
  }
  return ordered;
}

/** What ends first is listed up to here. */
const maxExpiries = 20;

/** The certificates that end first, in the order in which they end. */
export function endingFirst(nodes: readonly TreeNode[]): TreeNode[] {
  return [...nodes]
    .sort((a, b) => a.validity.notAfter.getTime() - b.validity.notAfter.getTime())
    .slice(0, maxExpiries);
}

function byName(a: TreeNode, b: TreeNode): number {
  const isLeaf = ({ kind }: TreeNode) => Number(!isAuthority(kind));
  return (
    isLeaf(a) - isLeaf(b) ||
    naturalOrder(a.name, b.name) ||
    (a.sha256Thumbprint < b.sha256Thumbprint ? -1 : 1)
  );
}

function nameOf({ subject }: Certificate): string {
  const text = subject.commonName?.trim() || subject.text || sentences.cliCert.tree.noSubject;
  return plainText(text);
}

/** @param sameAs the certificate of the same CA that has the certificates which both signed below it */
function notesOf(node: TreeNode, selfSigned: boolean, sameAs: TreeNode | undefined, at: Date): string[] {
  const { certificate, signers, parent, children, uploads } = node;
  const text = sentences.cliCert.tree;
  const issuer = plainText(certificate.issuer.text || text.noSubject);
  const notes: string[] = [];
  if (signers.length === 0 && !selfSigned) notes.push(text.signerMissing(issuer));
  if (signers.length > 0 && !parent) notes.push(text.signedByBelow(signers[0]!.name));
  if (sameAs) notes.push(text.sameCa(sameAs.name));
  notes.push(
    ...uploads.map(({ name, dpsName }) => text.uploaded(plainText(name), dpsName && plainText(dpsName))),
  );
  if (children.length > 0) notes.push(...issuerProblems(certificate, at));
  notes.push(...odditiesOf(certificate).map(({ problem }) => text.malformed(plainText(problem))));
  return notes;
}

/** Why validation would not accept it as an issuer; its dates are shown anyway. */
function issuerProblems(certificate: Certificate, at: Date): string[] {
  if (odditiesOf(certificate).length > 0) return [];
  return checkIssuer(certificate, { at, purpose: 'any', isStrict: false })
    .filter(({ code }) => code !== 'EXPIRED' && code !== 'NOT_YET_VALID')
    .map(({ message }) => plainText(message));
}
