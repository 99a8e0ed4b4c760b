/** Flags that the commands of `enrollkit cert` share. This file is loaded for `--help`: nothing heavy is imported. */

import { choices } from '../input/plan-flags.js';
import type { Flag } from '../kernel/untyped-command.js';
import { dirFlag, outputFlags, passphraseFileFlag, wholeNumber } from '../kernel/untyped-flags.js';

const signer = 'Who signs:';
export const caFlags: readonly Flag[] = [
  {
    name: 'ca',
    value: 'FILE',
    group: signer,
    summary: 'the CA that signs, and what stands above it: PEM, DER, PKCS#7 or PKCS#12',
  },
  { name: 'ca-key', value: 'FILE', group: signer, summary: 'its private key, if it is not in that file' },
  { ...dirFlag, group: signer, summary: `without --ca: ${dirFlag.summary}` },
];

const shape = 'The certificate:';
export const keyAlgorithmFlag: Flag = {
  name: 'key-algorithm',
  value: 'NAME',
  choices: choices.keyAlgorithm,
  group: shape,
  summary: 'of the new key (default: ec-p256)',
};
export const daysFlag: Flag = {
  name: 'days',
  value: 'DAYS',
  parse: wholeNumber('days', 1, 36_500),
  group: shape,
  summary: 'how long it is valid (default: as the profile says); never longer than its issuer',
};
/** For those that make a certificate authority; the bound is that of a profile. */
export const pathLengthFlag: Flag = {
  name: 'path-length',
  value: 'COUNT',
  parse: wholeNumber('path-length', 0, 16),
  group: shape,
  summary: 'how many CAs may stand below one another under it (default: as the profile says)',
};
export const profileFlag: Flag = {
  name: 'profile',
  value: 'FILE',
  group: shape,
  summary: 'a profile of your own (JSON), in place of the one that comes along',
};

/** What a subject holds besides its common name. */
export const subjectFlags: readonly Flag[] = [
  { name: 'organization', value: 'NAME', group: shape, summary: 'O of the subject' },
  { name: 'organizational-unit', value: 'NAME', group: shape, summary: 'OU of the subject' },
  { name: 'locality', value: 'NAME', group: shape, summary: 'L of the subject' },
  { name: 'state', value: 'NAME', group: shape, summary: 'ST of the subject' },
  { name: 'country', value: 'CC', group: shape, summary: 'C of the subject, two letters' },
];

/** Subject alternative names (RFC 5280 section 4.2.1.6). */
export const alternativeNameFlags: readonly Flag[] = (
  [
    ['dns', 'NAME', 'a DNS name that it stands for'],
    ['ip', 'ADDRESS', 'an IP address that it stands for'],
    ['uri', 'URI', 'a URI that it stands for'],
    ['email', 'ADDRESS', 'an e-mail address that it stands for'],
  ] as const
).map(([name, value, summary]) => ({ name, value, summary, repeatable: true, group: shape }));

const where = 'Where it goes:';
export const forceFlag: Flag = { name: 'force', group: where, summary: 'replace files that are there' };

/** `--out FOLDER`, with what happens when it is left out. */
export function outFolderFlag(otherwise: string): Flag {
  return {
    name: 'out',
    value: 'FOLDER',
    group: where,
    summary: `where its files go (default: ${otherwise})`,
  };
}

/** `--out FILE`; without it, standard output. */
export const outFileFlag: Flag = {
  name: 'out',
  value: 'FILE',
  group: where,
  summary: 'the file to write (default: standard output)',
};

export const encryptKeyFlag: Flag = {
  name: 'encrypt-key',
  group: where,
  summary: 'encrypt the new private key with the passphrase',
};

/** How every command that opens or encrypts a key gets the passphrase, and how it answers. */
export const secretAndOutputFlags: readonly Flag[] = [
  {
    ...passphraseFileFlag,
    summary: 'the passphrase is the first line of this file (or ENROLLKIT_PASSPHRASE, or it is asked for)',
  },
  ...outputFlags,
];

/** The key of what is made; in place of a new one. */
export const keyFlag: Flag = {
  name: 'key',
  value: 'FILE',
  group: shape,
  summary: 'a private key that there is, instead of a new one; it stays where it is',
};

/** What every command that makes a key and a certificate takes. */
export const makingFlags: readonly Flag[] = [
  keyFlag,
  keyAlgorithmFlag,
  daysFlag,
  profileFlag,
  ...subjectFlags,
];
