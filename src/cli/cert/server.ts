import { isIP } from 'node:net';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { dnsNameProblem } from '../../pki/make/alternative-name-shape.js';
import { alternativeNameFlags, caFlags, keyFolderFlags, makingFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certServer = defineCommand({
  description: sentences.cliCert.server.description,
  args: { name: { summary: sentences.cliCert.server.name } },
  flags: {
    ...caFlags,
    ...makingFlags,
    ...alternativeNameFlags,
    ...keyFolderFlags(sentences.cliCert.folderOfThatName),
  },
  examples: [
    {
      line: 'cert server localhost --dns localhost --ip 127.0.0.1 --ip ::1',
      summary: sentences.cliCert.server.examples.local,
    },
    {
      line: 'cert server gateway.local --dns gateway.local --dns "*.line5.local" --days 90',
      summary: sentences.cliCert.server.examples.wildcard,
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
  throw new EnrollkitError('USAGE', sentences.cliCert.server.noName(name), {
    next: sentences.cliCert.server.addName,
  });
}
