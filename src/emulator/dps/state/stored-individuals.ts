/** Individual enrollments. Registration IDs are case-insensitive. */
import type { StateDatabase, StateStatement } from '../../state/database.js';
import { newEtag } from '../../state/etag.js';
import { RowCount } from '../../state/row-count.js';
import {
  type EnrollmentRow,
  type EnrollmentSettings,
  fromEnrollmentRow,
  type Positioned,
  type StoredVersion,
} from './enrollment-settings.js';

export interface IndividualSettings extends EnrollmentSettings {
  registrationId: string;
  /** The device's ID in its hub, if it differs from the registration ID. */
  deviceId?: string;
  optionalDeviceInformation?: Record<string, unknown>;
}

export interface StoredIndividual extends IndividualSettings, StoredVersion {}

export class IndividualEnrollments {
  readonly #database: StateDatabase;
  readonly #get: StateStatement;
  readonly #count: RowCount;

  constructor(database: StateDatabase) {
    this.#database = database;
    this.#count = new RowCount(database, 'individual_enrollment');
    this.#get = database.prepare('SELECT * FROM individual_enrollment WHERE registration_key = ?');
  }

  get(registrationId: string): StoredIndividual | undefined {
    // Every registration asks, and most services have no individual enrollments.
    if (this.count() === 0) return undefined;
    const row = this.#get.get(registrationId.toLowerCase());
    return row === undefined ? undefined : fromEnrollmentRow<IndividualSettings>(row as EnrollmentRow);
  }

  count(): number {
    return this.#count.value;
  }

  /** Up to `limit` enrollments after a position, in the order of creation, whose IDs begin with a text. */
  page(after: number, limit: number, prefix = ''): Positioned<StoredIndividual>[] {
    const beginsWith =
      prefix === '' ? '' : 'AND registration_key >= ?2 AND registration_key < ?2 || char(0x10ffff)';
    const rows = this.#database
      .prepare(
        `SELECT rowid AS position, * FROM individual_enrollment
         WHERE rowid > ?1 ${beginsWith} ORDER BY rowid LIMIT ?3`,
      )
      .all(after, prefix.toLowerCase(), limit) as (EnrollmentRow & { position: number })[];
    return rows.map((row) => ({
      position: row.position,
      stored: fromEnrollmentRow<IndividualSettings>(row),
    }));
  }

  /** Stores a new or changed enrollment with a new etag. */
  save(settings: IndividualSettings, created: Date, updated: Date): StoredIndividual {
    const etag = newEtag();
    const isNew = this.get(settings.registrationId) === undefined;
    this.#database
      .prepare(
        `INSERT INTO individual_enrollment VALUES (?, ?, ?, ?, ?) ON CONFLICT (registration_key) DO UPDATE
         SET etag = excluded.etag, updated = excluded.updated, document = excluded.document`,
      )
      .run(
        settings.registrationId.toLowerCase(),
        etag,
        created.toISOString(),
        updated.toISOString(),
        JSON.stringify(settings),
      );
    if (isNew) this.#count.change(1);
    return { ...settings, etag, created, updated };
  }

  delete(registrationId: string): void {
    const { changes } = this.#database
      .prepare('DELETE FROM individual_enrollment WHERE registration_key = ?')
      .run(registrationId.toLowerCase());
    this.#count.change(-changes);
  }
}
