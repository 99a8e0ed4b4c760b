/** The environment that the C SDK's samples read a device's certificate from; ca-certs.ps1 sets it, certGen.sh does not. */
import { join } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { isKeyPair, privateKeyFromPem } from '../pki/keys.js';
import { certificateToPem } from '../pki/x509/certificate.js';
import { commonNameType } from '../pki/x509/name.js';
import { certificateIn, readAuthority, textIn } from './authority.js';
import { filesFor, renamedFiles } from './create-certificate.js';
import type { Script } from './scripts.js';

/**
 * The variables for a device of the folder.
 *
 * @param hub host name of the device's hub
 * @returns variables, including the private key; PEM lines end with CR LF, as the samples require
 * @throws EnrollkitError NOT_FOUND when the device is not in the folder; FILE_UNREADABLE, INVALID_CERTIFICATE,
 *   KEY_MISMATCH
 */
export function deviceEnvironment(
  folder: string,
  script: Script,
  name: string,
  hub: string,
): Record<string, string> {
  const command = script.commands.create_device_certificate!;
  const found = [filesFor(command, name), renamedFiles(command, name)]
    .map((files) => ({ files, certificate: certificateIn(folder, files.certificate) }))
    .find(({ certificate }) => certificate?.subject.valuesOf(commonNameType).includes(name));
  if (!found?.certificate) {
    throw new EnrollkitError('NOT_FOUND', sentences.certgen.noDevice(name, join(folder, 'certs')), {
      next: sentences.certgen.createDevice(`enrollkit certgen create_device_certificate ${name}`),
    });
  }
  const { files, certificate } = found;
  const keyPem = textIn(folder, files.key);
  const key = privateKeyFromPem(keyPem);
  if (!isKeyPair(key, certificate.publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', sentences.certgen.otherKey(files.key, files.certificate));
  }
  const root = readAuthority(folder, 'root').certificate;
  const issuers = certificate.issuer.der.equals(root.subject.der)
    ? [root]
    : [readAuthority(folder, 'intermediate').certificate, root];
  const withCrLf = (pem: string) => pem.trimEnd().replace(/\r?\n/g, '\r\n').concat('\r\n');
  return {
    IOTHUB_CA_X509_PUBLIC: withCrLf([certificate, ...issuers].map(certificateToPem).join('')),
    IOTHUB_CA_X509_PRIVATE_KEY: withCrLf(keyPem),
    IOTHUB_CA_CONNECTION_STRING_TO_DEVICE: `HostName=${hub};DeviceId=${name};x509=true`,
    IOTHUB_CA_USE_ECC: key.asymmetricKeyType === 'ec' ? '1' : '0',
  };
}
