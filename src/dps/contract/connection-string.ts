/**
 * Connection strings of shared access policies: `HostName=...;SharedAccessKeyName=...;SharedAccessKey=...`. They are
 * secrets: no error here quotes one.
 */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

export interface ConnectionString {
  /** Host name, with `:port` when it is not 443. */
  hostName: string;
  sharedAccessKeyName: string;
  /** Base64. */
  sharedAccessKey: string;
}

const fields = {
  HostName: 'hostName',
  SharedAccessKeyName: 'sharedAccessKeyName',
  SharedAccessKey: 'sharedAccessKey',
} as const;

/**
 * @param text the connection string, as the portal shows it
 * @throws EnrollkitError INVALID_CONNECTION_STRING, with the name of the wrong part but never its value
 */
export function parseConnectionString(text: string): ConnectionString {
  const found: Partial<ConnectionString> = {};
  for (const part of text.trim().split(';')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const name = Object.keys(fields).find(
      (key) => key.toLowerCase() === part.slice(0, at).trim().toLowerCase(),
    );
    if (at < 0 || name === undefined) {
      throw invalid(sentences.dpsContract.unknownPart);
    }
    const field = fields[name as keyof typeof fields];
    if (found[field] !== undefined) throw invalid(sentences.dpsContract.partTwice(name));
    found[field] = part.slice(at + 1).trim();
  }
  for (const [name, field] of Object.entries(fields)) {
    if (!found[field]) throw invalid(sentences.dpsContract.partMissing(name));
  }
  const { hostName, sharedAccessKeyName, sharedAccessKey } = found as ConnectionString;
  if (!/^[a-z0-9.-]+(:\d{1,5})?$/i.test(hostName)) throw invalid(sentences.dpsContract.notAHostName);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(sharedAccessKey) || sharedAccessKey.length % 4 !== 0) {
    throw invalid(sentences.dpsContract.notBase64);
  }
  return { hostName, sharedAccessKeyName, sharedAccessKey };
}

/** The inverse of {@link parseConnectionString}. */
export function formatConnectionString(parts: ConnectionString): string {
  return `HostName=${parts.hostName};SharedAccessKeyName=${parts.sharedAccessKeyName};SharedAccessKey=${parts.sharedAccessKey}`;
}

function invalid(why: string): EnrollkitError {
  return new EnrollkitError('INVALID_CONNECTION_STRING', sentences.dpsContract.invalidConnectionString(why));
}
