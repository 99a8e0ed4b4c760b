import { isIP } from 'node:net';
import { EnrollkitError } from '../../errors.js';
import { dnsNameProblem } from '../../pki/make/alternative-name-shape.js';
import { alternativeNameFlags, caFlags, keyFolderFlags, makingFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certServer = defineCommand({
  description:
    'Makes the certificate of a TLS server. Clients look at its subject alternative names only: --dns and --ip; without any, its name stands there.',
  args: { name: { summary: 'its common name, the first DNS name as a rule' } },
  flags: {
    ...caFlags,
    ...makingFlags,
    ...alternativeNameFlags,
    ...keyFolderFlags('one of that name, here'),
  },
  examples: [
    { line: 'cert server localhost --dns localhost --ip 127.0.0.1 --ip ::1', summary: 'for this computer' },
    {
      line: 'cert server gateway.local --dns gateway.local --dns "*.line5.local" --days 90',
      summary: 'for two names, one of them a wildcard',
    },
  ],
  async run({ args, flags }, context) {
    const { alternativeNamesFrom } = await import('../input/certificate-names.js');
    const { makeCertificate } = await import('./make-certificate.js');
    const { name } = args;
    const given = alternativeNamesFrom(flags);
    const subjectAlternativeNames = given.dns || given.ip ? given : { ...given, ...namesOf(name) };
    await makeCertificate(
      { role: 'server', commonName: name, signer: 'intermediate', subjectAlternativeNames },
      flags,
      context,
    );
  },
});

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
