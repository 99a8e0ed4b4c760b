/** A store of roots that programs trust. */
import { join, resolve } from 'node:path';
import { rootCommonName } from '../../../emulator/wire/tls/issue-server-identity.js';
import { rootFileName } from '../../../emulator/wire/tls/server-identity.js';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import {
  type Certificate,
  parseCertificate,
  sha1Thumbprint,
  sha256Thumbprint,
} from '../../../pki/x509/certificate.js';
import { readTextIfExists } from '../../../workspace/files.js';
import { readGivenFile } from '../../../workspace/given-file.js';
import { quoted } from '../../terminal/command-line.js';
import type { StoreKind } from '../store-kinds.js';
import type { CommandResult, TrustSystem } from './trust-system.js';

export type TrustAction = 'trust' | 'untrust';

/** The TLS root of an emulator. */
export interface EmulatorRoot {
  /** The absolute path of its PEM file. */
  file: string;
  pem: string;
  certificate: Certificate;
  /** Upper-case hexadecimal. */
  sha1: string;
  sha256: string;
  /** Its name in stores: two emulators have different ones. */
  name: string;
}

/** Whether a store trusts the root; `partial` if a change was not completed. */
export type TrustState = 'trusted' | 'partial' | 'absent';

export interface TrustStore {
  kind: StoreKind;
  /** The folder, file or keychain. */
  place: string;
  /** Why it cannot be used; undefined if it can. */
  unusable?: string;
  /** Whether a change needs rights that this process lacks. */
  needsAdministrator: boolean;
  /** What a change writes, and which commands it runs. */
  steps(action: TrustAction): string[];
  state(): Promise<TrustState>;
  /** @throws EnrollkitError TRUST_FAILED */
  add(): Promise<void>;
  /** Removes the root of this emulator and nothing else. @throws EnrollkitError TRUST_FAILED */
  remove(): Promise<void>;
}

/**
 * The root of the emulator of a state folder, running or not.
 *
 * @param emulatorFolder the folder of the emulator's files
 * @throws EnrollkitError NOT_FOUND, INVALID_CERTIFICATE, FILE_UNREADABLE
 */
export function readRoot(emulatorFolder: string, next: string): EmulatorRoot {
  const file = join(emulatorFolder, rootFileName);
  const pem = readTextIfExists(file);
  if (pem === undefined) {
    throw new EnrollkitError('NOT_FOUND', sentences.cliTrust.noRoot(file), { next });
  }
  return rootOf(file, pem);
}

/**
 * The root of an emulator whose folder is gone, from a copy, such as the one in a store.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE, also for a certificate that is not of an emulator; FILE_UNREADABLE
 */
export function readCopiedRoot(file: string): EmulatorRoot {
  const root = rootOf(resolve(file), readGivenFile(file).toString('utf8'));
  if (root.certificate.subject.commonName === rootCommonName) return root;
  throw new EnrollkitError('INVALID_CERTIFICATE', sentences.cliTrust.notOfEmulator(file), {
    next: sentences.cliTrust.giveRoot,
    context: { file },
  });
}

function rootOf(file: string, pem: string): EmulatorRoot {
  const certificate = parseCertificate(pem);
  const sha256 = sha256Thumbprint(certificate);
  return {
    file,
    pem,
    certificate,
    sha1: sha1Thumbprint(certificate),
    sha256,
    name: `enrollkit-emulator-${sha256.slice(0, 16).toLowerCase()}`,
  };
}

/** Whether a PEM text has the root among its certificates. */
export function hasRoot(text: string, { certificate }: EmulatorRoot): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.some((block) =>
    Buffer.from(block.replace(/-----[^-]+-----/g, ''), 'base64').equals(Buffer.from(certificate.der)),
  );
}

/** A command as it would be typed. */
export function commandText(program: string, args: readonly string[]): string {
  return [program, ...args].map(quoted).join(' ');
}

/** Runs a command of a store. @throws EnrollkitError TRUST_FAILED unless it succeeds */
export async function runOrThrow(
  system: TrustSystem,
  program: string,
  args: readonly string[],
): Promise<CommandResult> {
  const result = await system.run(program, args);
  if (result.status === 0) return result;
  const output = (result.stderr || result.stdout).trim().split('\n').at(-1) ?? '';
  const text = commandText(program, args);
  throw new EnrollkitError(
    'TRUST_FAILED',
    result.status === undefined
      ? sentences.cliTrust.notInstalled(program)
      : sentences.cliTrust.commandFailed(text, result.status, output),
  );
}
