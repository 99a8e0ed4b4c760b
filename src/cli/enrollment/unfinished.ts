/**
 * The files of an enrollment that DPS does not have yet. They are written before the enrollment is created, so that a
 * key is never lost; the same command, run again after a kill or a failure, uses them.
 */
import { rmSync } from 'node:fs';
import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { parseCertificate } from '../../pki/x509/certificate.js';
import { sha256Thumbprint } from '../../pki/x509/inspect.js';
import { lookAt, publicFileMode, readTextIfExists, removeIfEmpty } from '../../workspace/files.js';
import { type Layout, layoutOf } from '../../workspace/layout.js';
import { finishInterrupted, type NewFile, requestOf } from '../input/write-files.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import { folderOf } from '../target/folder.js';
import type { enrollmentCreate } from './create.js';

/** What identifies the command, and a copy of the new certificate: written together with it, until DPS has the enrollment. */
export class UnfinishedEnrollment {
  readonly #layout: Layout;
  readonly #record: string;
  readonly #request: string;

  constructor(registrationId: string, flags: FlagsOf<typeof enrollmentCreate>) {
    this.#layout = layoutOf(folderOf(flags));
    this.#record = this.#layout.unfinishedEnrollment(registrationId);
    this.#request = requestOf('enrollment create', registrationId, flags);
  }

  /** Whether DPS has the enrollment with the certificate that an earlier run of the same command made for it. */
  isIn({ attestation }: IndividualEnrollment): boolean {
    const pem = this.#certificate();
    if (pem === undefined) return false;
    const { info } = attestation.x509?.clientCertificates?.primary ?? {};
    return info?.sha256Thumbprint?.toUpperCase() === sha256Thumbprint(parseCertificate(pem));
  }

  /**
   * Whether an earlier run of the same command wrote these files, and nobody has changed the certificate since. Also
   * completes what it was writing.
   *
   * @throws EnrollkitError FOLDER_IN_USE, JOURNAL_UNREADABLE, FILE_EXISTS, FILE_UNWRITABLE
   */
  hasWritten(paths: readonly string[], certificate: string, { now }: Pick<Context, 'now'>): boolean {
    finishInterrupted([this.#record, ...paths], now);
    const pem = this.#certificate();
    return pem !== undefined && pem === readTextIfExists(certificate) && paths.every((path) => lookAt(path));
  }

  /** To be written together with the files. @param pem the certificate */
  recordOf(pem: string): NewFile {
    return { path: this.#record, contents: `${this.#request}\n${pem}`, mode: publicFileMode };
  }

  /** To be called when DPS has the enrollment, in whatever way, and when the files are gone. */
  remove(): void {
    if (!lookAt(this.#record)) return;
    rmSync(this.#record, { force: true });
    removeIfEmpty(this.#layout.state);
  }

  /** Of an earlier run of the same command. */
  #certificate(): string | undefined {
    const [request, ...pem] = (readTextIfExists(this.#record) ?? '').split('\n');
    return request === this.#request ? pem.join('\n') : undefined;
  }
}
