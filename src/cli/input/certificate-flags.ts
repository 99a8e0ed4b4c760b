import { choiceFlag, numberFlag, repeatable, switchFlag, textFlag } from '../kernel/flags.js';
/** Flags of the commands that make, read and write certificates. Loaded for `--help`, so it imports nothing slow. */

import { keyAlgorithms } from '../../pki/key-algorithms.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';

const signer = 'Who signs:';
export const caFlags = {
  ca: textFlag({
    placeholder: 'FILE',
    heading: signer,
    summary: 'the CA that signs, and what stands above it: PEM, DER, PKCS#7 or PKCS#12',
  }),
  'ca-key': textFlag({
    placeholder: 'FILE',
    heading: signer,
    summary: 'its private key, if it is not in that file',
  }),
  dir: { ...dirFlag.dir, heading: signer, summary: `without --ca: ${dirFlag.dir.summary}` },
};

const shape = 'The certificate:';
export const keyAlgorithmFlag = {
  'key-algorithm': choiceFlag({
    placeholder: 'NAME',
    choices: keyAlgorithms,
    heading: shape,
    summary: 'of the new key (default: ec-p256)',
  }),
};
export const daysFlag = {
  days: numberFlag({
    placeholder: 'DAYS',
    minimum: 1,
    maximum: 36_500,
    heading: shape,
    summary: 'how long it is valid (default: as the profile says); never longer than its issuer',
  }),
};
/** For CA certificates; the maximum is that of a profile. */
export const pathLengthFlag = {
  'path-length': numberFlag({
    placeholder: 'COUNT',
    minimum: 0,
    maximum: 16,
    heading: shape,
    summary: 'how many CAs may stand below one another under it (default: as the profile says)',
  }),
};
export const profileFlag = {
  profile: textFlag({
    placeholder: 'FILE',
    heading: shape,
    summary: 'a profile of your own (JSON), in place of the one that comes along',
  }),
};

/** The attributes of a subject besides its common name. */
export const subjectFlags = {
  organization: textFlag({ placeholder: 'NAME', heading: shape, summary: 'O of the subject' }),
  'organizational-unit': textFlag({ placeholder: 'NAME', heading: shape, summary: 'OU of the subject' }),
  locality: textFlag({ placeholder: 'NAME', heading: shape, summary: 'L of the subject' }),
  state: textFlag({ placeholder: 'NAME', heading: shape, summary: 'ST of the subject' }),
  country: textFlag({ placeholder: 'CC', heading: shape, summary: 'C of the subject, two letters' }),
};

/** Subject alternative names (RFC 5280 section 4.2.1.6). */
export const alternativeNameFlags = {
  dns: repeatable(
    textFlag({ placeholder: 'NAME', heading: shape, summary: 'a DNS name that it stands for' }),
  ),
  ip: repeatable(
    textFlag({ placeholder: 'ADDRESS', heading: shape, summary: 'an IP address that it stands for' }),
  ),
  uri: repeatable(textFlag({ placeholder: 'URI', heading: shape, summary: 'a URI that it stands for' })),
  email: repeatable(
    textFlag({ placeholder: 'ADDRESS', heading: shape, summary: 'an e-mail address that it stands for' }),
  ),
};

const where = 'Where it goes:';
export const forceFlag = {
  force: switchFlag({
    heading: where,
    summary: 'replace existing files; issue a certificate even if it cannot be valid under its CA',
  }),
};

/** `--out FOLDER`, with what happens when it is left out. */
function outFolderFlag(otherwise: string) {
  const summary = `where its files go (default: ${otherwise})`;
  return { out: textFlag({ placeholder: 'FOLDER', heading: where, summary }) };
}

/** `--out FILE`; without it, standard output. */
export const outFileFlag = {
  out: textFlag({
    placeholder: 'FILE',
    heading: where,
    summary: 'the file to write (default: standard output)',
  }),
};

export const encryptKeyFlag = {
  'encrypt-key': switchFlag({ heading: where, summary: 'encrypt the new private key with the passphrase' }),
};

/** For commands that open or encrypt a key. */
export const secretAndOutputFlags = {
  'passphrase-file': {
    ...passphraseFileFlag['passphrase-file'],
    summary: 'the passphrase is the first line of this file (or ENROLLKIT_PASSPHRASE, or it is asked for)',
  },
  ...outputFlags,
};

/** For commands that write a folder with a new key. @param otherwise the folder without `--out` */
export function keyFolderFlags(otherwise: string) {
  return { ...outFolderFlag(otherwise), ...encryptKeyFlag, ...forceFlag, ...secretAndOutputFlags };
}

/** An existing key for the certificate, in place of a new one. */
export const keyFlag = {
  key: textFlag({
    placeholder: 'FILE',
    heading: shape,
    summary: 'a private key that there is, instead of a new one; it stays where it is',
  }),
};

/** For commands that make a key and a certificate. */
export const makingFlags = { ...keyFlag, ...keyAlgorithmFlag, ...daysFlag, ...profileFlag, ...subjectFlags };
