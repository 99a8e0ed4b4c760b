/** Enrollment groups. IDs are case-insensitive. */
import type { StateDatabase, StateStatement } from '../../state/database.js';
import { newEtag } from '../../state/etag.js';
import { Recent } from '../../wire/recent.js';
import { type AttestationKindName, kindOf } from '../attestation/kinds.js';
import {
  type EnrollmentRow,
  type EnrollmentSettings,
  fromEnrollmentRow,
  type Positioned,
  type StoredVersion,
} from './enrollment-settings.js';

export interface GroupSettings extends EnrollmentSettings {
  enrollmentGroupId: string;
}

export interface StoredGroup extends GroupSettings, StoredVersion {}

/** More than the CAs of the devices of any provisioning service, even if unknown CAs come and go. */
const maxFound = 1000;

export class EnrollmentGroups {
  readonly #database: StateDatabase;
  readonly #byAuthority: StateStatement;
  readonly #ofKinds: StateStatement;
  /** The results found last, by CA; null for none. Every registration asks, and groups change rarely. */
  readonly #found = new Recent<string, StoredGroup | null>(maxFound);

  constructor(database: StateDatabase) {
    this.#database = database;
    // json_each: a CA can be uploaded under several names.
    this.#byAuthority = database.prepare(
      `SELECT g.* FROM enrollment_group g JOIN enrollment_group_ca ca ON ca.group_key = g.group_key
       WHERE ca.sha256 = ? OR ca.reference_key IN (SELECT value FROM json_each(?)) ORDER BY g.number LIMIT 1`,
    );
    this.#ofKinds = database.prepare(
      `SELECT * FROM enrollment_group
       WHERE json_extract(document, '$.attestation.kind') IN (SELECT value FROM json_each(?)) ORDER BY number`,
    );
  }

  get(enrollmentGroupId: string): StoredGroup | undefined {
    const row = this.#database
      .prepare('SELECT * FROM enrollment_group WHERE group_key = ?')
      .get(enrollmentGroupId.toLowerCase());
    return row === undefined ? undefined : fromRow(row as EnrollmentRow);
  }

  /** Up to `limit` groups after a position, in the order of creation, whose IDs begin with a text. */
  page(after: number, limit: number, prefix = ''): Positioned<StoredGroup>[] {
    const rows = this.#database
      .prepare(
        `SELECT * FROM enrollment_group WHERE number > ?1 AND substr(group_key, 1, length(?2)) = ?2
         ORDER BY number LIMIT ?3`,
      )
      .all(after, prefix.toLowerCase(), limit) as (EnrollmentRow & { number: number })[];
    return rows.map((row) => ({ position: row.number, stored: fromRow(row) }));
  }

  /** The groups of some kinds of attestation, in the order of creation. */
  ofKinds(kinds: readonly AttestationKindName[]): StoredGroup[] {
    return (this.#ofKinds.all(JSON.stringify(kinds)) as EnrollmentRow[]).map(fromRow);
  }

  countOfKinds(kinds: readonly AttestationKindName[]): number {
    const { count } = this.#database
      .prepare(
        `SELECT count(*) AS count FROM enrollment_group
         WHERE json_extract(document, '$.attestation.kind') IN (SELECT value FROM json_each(?))`,
      )
      .get(JSON.stringify(kinds)) as { count: number };
    return count;
  }

  /**
   * The group of a CA; the one created first if there are several.
   *
   * @param sha256 the CA's SHA-256, upper-case hexadecimal
   * @param certificateNames its names in ARM, if it is uploaded and verified
   */
  byAuthority(sha256: string, certificateNames: readonly string[]): StoredGroup | undefined {
    const names = JSON.stringify(certificateNames.map((name) => name.toLowerCase()));
    const key = `${sha256} ${names}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known ?? undefined;
    const row = this.#byAuthority.get(sha256, names);
    const group = row === undefined ? undefined : fromRow(row as EnrollmentRow);
    this.#found.set(key, group ?? null);
    return group;
  }

  /** Stores a new or changed group with a new etag. */
  save(settings: GroupSettings, created: Date, updated: Date): StoredGroup {
    const groupKey = settings.enrollmentGroupId.toLowerCase();
    const etag = newEtag();
    this.#found.clear();
    this.#database.transaction(() => {
      this.#database
        .prepare(
          `INSERT INTO enrollment_group (group_key, etag, created, updated, document) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (group_key) DO UPDATE
           SET etag = excluded.etag, updated = excluded.updated, document = excluded.document`,
        )
        .run(groupKey, etag, created.toISOString(), updated.toISOString(), JSON.stringify(settings));
      this.#deleteAuthorities(groupKey);
      const insert = this.#database.prepare('INSERT INTO enrollment_group_ca VALUES (?, ?, ?, ?)');
      const { attestation } = settings;
      for (const authority of kindOf(attestation).authorities?.(attestation) ?? []) {
        const sha256 = 'sha256' in authority ? authority.sha256 : null;
        const reference = 'reference' in authority ? authority.reference.toLowerCase() : null;
        insert.run(groupKey, authority.slot, sha256, reference);
      }
    })();
    return { ...settings, etag, created, updated };
  }

  delete(enrollmentGroupId: string): void {
    const groupKey = enrollmentGroupId.toLowerCase();
    this.#found.clear();
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM enrollment_group WHERE group_key = ?').run(groupKey);
      this.#deleteAuthorities(groupKey);
    })();
  }

  #deleteAuthorities(groupKey: string): void {
    this.#database.prepare('DELETE FROM enrollment_group_ca WHERE group_key = ?').run(groupKey);
  }
}

function fromRow(row: EnrollmentRow): StoredGroup {
  return fromEnrollmentRow<GroupSettings>(row);
}
