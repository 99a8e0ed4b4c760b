/** The name of `--dns`, `--ip` or `--email` that a certificate must stand for. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { addressProblem, dnsNameProblem, mailboxProblem } from '../../pki/make/alternative-name-shape.js';
import type { PeerName } from '../../pki/path/validate.js';
import type { FlagsOf } from '../kernel/command.js';
import type { certVerify } from './verify.js';

const kinds = [
  { flag: 'dns', kind: 'DNS', problem: hostNameProblem },
  { flag: 'ip', kind: 'IP', problem: addressProblem },
  { flag: 'email', kind: 'RFC822', problem: mailboxProblem },
] as const;

/**
 * @returns undefined when none of the flags was given
 * @throws EnrollkitError USAGE when several were, or one that no certificate could stand for
 */
export function peerNameFrom(flags: FlagsOf<typeof certVerify>): PeerName | undefined {
  const given = kinds.filter(({ flag }) => flags[flag] !== undefined);
  const [first, second] = given;
  if (!first) return undefined;
  if (second) {
    throw new EnrollkitError('USAGE', sentences.cliCert.peerName.oneOnly(first.flag, second.flag), {
      next: sentences.cliCert.peerName.twice,
    });
  }
  const value = flags[first.flag]!;
  const why = first.problem(value);
  if (why === undefined) return { kind: first.kind, value };
  throw new EnrollkitError(
    'USAGE',
    sentences.cliCert.peerName.invalid(first.flag, JSON.stringify(value), why),
  );
}

/** A host is one host; wildcards stand in certificates. */
function hostNameProblem(name: string): string | undefined {
  return name.includes('*') ? sentences.cliCert.peerName.wildcard : dnsNameProblem(name);
}
