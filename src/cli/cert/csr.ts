import { sentences } from '../../languages/language.js';
import {
  alternativeNameFlags,
  keyAlgorithmFlag,
  keyFlag,
  keyFolderFlags,
  subjectFlags,
} from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';

export const certCsr = declareCommand({
  description: sentences.cliCert.csr.description,
  args: { name: { summary: sentences.cliCert.csr.name } },
  flags: {
    ...keyFlag,
    ...keyAlgorithmFlag,
    ...subjectFlags,
    ...alternativeNameFlags,
    ...keyFolderFlags(sentences.cliCert.folderOfThatName),
  },
  examples: [
    { line: 'cert csr device-042', summary: sentences.cliCert.csr.examples.device },
    {
      line: 'cert csr gateway.local --dns gateway.local --key gateway.key.pem',
      summary: sentences.cliCert.csr.examples.existingKey,
    },
  ],
});
