import { sentences } from '../../languages/language.js';
import { choiceFlag, numberFlag, repeatable, switchFlag, textFlag } from '../kernel/flags.js';
/** Flags of the commands that make, read and write certificates. Loaded for `--help`, so it imports nothing slow. */

import { keyAlgorithms } from '../../pki/key-algorithms.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';

const { certificateFlags: text } = sentences.cliInput;

const signer = text.signer;
export const caFlags = {
  ca: textFlag({
    placeholder: 'FILE',
    heading: signer,
    summary: text.ca,
  }),
  'ca-key': textFlag({
    placeholder: 'FILE',
    heading: signer,
    summary: text.caKey,
  }),
  dir: { ...dirFlag.dir, heading: signer, summary: text.withoutCa(dirFlag.dir.summary) },
};

const shape = text.certificate;
export const keyAlgorithmFlag = {
  'key-algorithm': choiceFlag({
    placeholder: 'NAME',
    choices: keyAlgorithms,
    heading: shape,
    summary: text.keyAlgorithm,
  }),
};
export const daysFlag = {
  days: numberFlag({
    placeholder: 'DAYS',
    minimum: 1,
    maximum: 36_500,
    heading: shape,
    summary: text.days,
  }),
};
/** For CA certificates; the maximum is that of a profile. */
export const pathLengthFlag = {
  'path-length': numberFlag({
    placeholder: 'COUNT',
    minimum: 0,
    maximum: 16,
    heading: shape,
    summary: text.pathLength,
  }),
};
export const profileFlag = {
  profile: textFlag({
    placeholder: 'FILE',
    heading: shape,
    summary: text.profile,
  }),
};

/** The attributes of a subject besides its common name. */
export const subjectFlags = {
  organization: textFlag({ placeholder: 'NAME', heading: shape, summary: text.subject('O') }),
  'organizational-unit': textFlag({ placeholder: 'NAME', heading: shape, summary: text.subject('OU') }),
  locality: textFlag({ placeholder: 'NAME', heading: shape, summary: text.subject('L') }),
  state: textFlag({ placeholder: 'NAME', heading: shape, summary: text.subject('ST') }),
  country: textFlag({ placeholder: 'CC', heading: shape, summary: text.country }),
};

/** Subject alternative names (RFC 5280 section 4.2.1.6). */
export const alternativeNameFlags = {
  dns: repeatable(textFlag({ placeholder: 'NAME', heading: shape, summary: text.dns })),
  ip: repeatable(textFlag({ placeholder: 'ADDRESS', heading: shape, summary: text.ip })),
  uri: repeatable(textFlag({ placeholder: 'URI', heading: shape, summary: text.uri })),
  email: repeatable(textFlag({ placeholder: 'ADDRESS', heading: shape, summary: text.email })),
};

const where = text.destination;
export const forceFlag = {
  force: switchFlag({
    heading: where,
    summary: text.force,
  }),
};

/** `--out FOLDER`, with what happens when it is left out. */
function outFolderFlag(otherwise: string) {
  const summary = text.outFolder(otherwise);
  return { out: textFlag({ placeholder: 'FOLDER', heading: where, summary }) };
}

/** `--out FILE`; without it, standard output. */
export const outFileFlag = {
  out: textFlag({
    placeholder: 'FILE',
    heading: where,
    summary: text.outFile,
  }),
};

export const encryptKeyFlag = {
  'encrypt-key': switchFlag({ heading: where, summary: text.encryptKey }),
};

/** For commands that open or encrypt a key. */
export const secretAndOutputFlags = {
  'passphrase-file': {
    ...passphraseFileFlag['passphrase-file'],
    summary: text.passphraseFile,
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
    summary: text.key,
  }),
};

/** For commands that make a key and a certificate. */
export const makingFlags = { ...keyFlag, ...keyAlgorithmFlag, ...daysFlag, ...profileFlag, ...subjectFlags };
