/** A certificate that Azure issued to a device, for people and for scripts. */
import { sentences } from '../../languages/language.js';
import { sha256Thumbprint } from '../../pki/x509/certificate.js';
import { displayPath } from '../terminal/text.js';
import type { SavedCertificate } from './requested-certificate.js';

export function issuedJson({ certificate, path }: SavedCertificate) {
  return {
    certificateFile: path,
    notAfter: certificate.notAfter.toISOString(),
    sha256Thumbprint: sha256Thumbprint(certificate),
  };
}

export function issuedRows(saved: SavedCertificate): [string, string][] {
  const { notAfter } = issuedJson(saved);
  const { rows } = sentences.cliDevice.issued;
  return [
    [rows.certificate, displayPath(saved.path)],
    [rows.notAfter, notAfter],
  ];
}
