import { isIP } from 'node:net';
import { EnrollkitError } from '../../errors.js';
import { dnsNameProblem } from '../../pki/make/alternative-name-shape.js';
import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  alternativeNameFlags,
  caFlags,
  encryptKeyFlag,
  forceFlag,
  makingFlags,
  outFolderFlag,
  secretAndOutputFlags,
} from './flags.js';

export const certServer: Command = {
  description:
    'Makes the certificate of a TLS server. Clients look at its subject alternative names only: --dns and --ip; without any, its name stands there.',
  arguments: [{ name: 'name', summary: 'its common name, the first DNS name as a rule' }],
  flags: [
    ...caFlags,
    ...makingFlags,
    ...alternativeNameFlags,
    outFolderFlag('one of that name, here'),
    encryptKeyFlag,
    forceFlag,
    ...secretAndOutputFlags,
  ],
  examples: [
    { line: 'cert server localhost --dns localhost --ip 127.0.0.1 --ip ::1', summary: 'for this computer' },
    {
      line: 'cert server gateway.local --dns gateway.local --dns "*.line5.local" --days 90',
      summary: 'for two names, one of them a wildcard',
    },
  ],
  run,
};

async function run(input: Input, context: Context): Promise<void> {
  const { alternativeNamesFrom, makeCertificate } = await import('./make-certificate.js');
  const name = input.arguments[0]!;
  const given = alternativeNamesFrom(input.flags);
  const subjectAlternativeNames = given.dns || given.ip ? given : { ...given, ...namesOf(name) };
  await makeCertificate(
    { role: 'server', commonName: name, signer: 'intermediate', subjectAlternativeNames },
    input,
    context,
  );
}

function namesOf(name: string): { dns: string[] } | { ip: string[] } {
  if (isIP(name) !== 0) return { ip: [name] };
  if (!dnsNameProblem(name)) return { dns: [name] };
  throw new EnrollkitError(
    'USAGE',
    `"${name}" is neither a DNS name nor an IP address, and none was given besides.`,
    {
      next: 'Give what clients connect to: --dns NAME or --ip ADDRESS.',
    },
  );
}
