/** Enrollment groups. IDs are compared without regard to case. */
import type { AllocationPolicy, InitialTwin } from '../../dps/contract/schemas.js';
import type { StateDatabase } from './database.js';
import { newEtag } from './etag.js';

/** One of the (at most two) CAs that back a group: by a certificate of its own, or by the name of an uploaded one. */
export type GroupAuthority =
  | { slot: 'primary' | 'secondary' /** DER, base64. */; certificate: string; sha256: string }
  | { slot: 'primary' | 'secondary'; reference: string };

/** What a group is set to. Hubs stand in it by ID, see state/hubs.ts. */
export interface GroupSettings {
  enrollmentGroupId: string;
  authorities: GroupAuthority[];
  iotEdge: boolean;
  allocationPolicy?: AllocationPolicy;
  hubIds?: string[];
  /** The hub of the older field `iotHubHostName`. */
  hubId?: string;
  provisioningStatus: 'enabled' | 'disabled';
  reprovisionPolicy: { updateHubAssignment: boolean; migrateDeviceData: boolean };
  initialTwin?: InitialTwin;
}

export interface StoredGroup extends GroupSettings {
  etag: string;
  created: Date;
  updated: Date;
}

interface Row {
  etag: string;
  created: string;
  updated: string;
  document: string;
}

export class EnrollmentGroups {
  readonly #database: StateDatabase;
  readonly #byAuthority;

  constructor(database: StateDatabase) {
    this.#database = database;
    // json_each: a CA has as many names as it was uploaded under.
    this.#byAuthority = database.prepare(
      `SELECT g.* FROM enrollment_group g JOIN enrollment_group_ca ca ON ca.group_key = g.group_key
       WHERE ca.sha256 = ? OR ca.reference_key IN (SELECT value FROM json_each(?)) ORDER BY g.number LIMIT 1`,
    );
  }

  get(enrollmentGroupId: string): StoredGroup | undefined {
    const row = this.#database
      .prepare('SELECT * FROM enrollment_group WHERE group_key = ?')
      .get(enrollmentGroupId.toLowerCase());
    return row === undefined ? undefined : fromRow(row as Row);
  }

  /** Groups in the order of their IDs, those after `after`. */
  page(after: string, limit: number): StoredGroup[] {
    const rows = this.#database
      .prepare('SELECT * FROM enrollment_group WHERE group_key > ? ORDER BY group_key LIMIT ?')
      .all(after.toLowerCase(), limit) as Row[];
    return rows.map(fromRow);
  }

  /**
   * The group that a CA backs; the one made first, when it backs several.
   *
   * @param sha256 the CA's SHA-256, upper-case hexadecimal
   * @param certificateNames its names in ARM, when it is uploaded and verified
   */
  byAuthority(sha256: string, certificateNames: readonly string[]): StoredGroup | undefined {
    const names = JSON.stringify(certificateNames.map((name) => name.toLowerCase()));
    const row = this.#byAuthority.get(sha256, names);
    return row === undefined ? undefined : fromRow(row as Row);
  }

  /** Stores a group, new or changed, under a new etag. */
  save(settings: GroupSettings, created: Date, updated: Date): StoredGroup {
    const groupKey = settings.enrollmentGroupId.toLowerCase();
    const etag = newEtag();
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
      for (const authority of settings.authorities) {
        const sha256 = 'sha256' in authority ? authority.sha256 : null;
        const reference = 'reference' in authority ? authority.reference.toLowerCase() : null;
        insert.run(groupKey, authority.slot, sha256, reference);
      }
    })();
    return { ...settings, etag, created, updated };
  }

  delete(enrollmentGroupId: string): void {
    const groupKey = enrollmentGroupId.toLowerCase();
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM enrollment_group WHERE group_key = ?').run(groupKey);
      this.#deleteAuthorities(groupKey);
    })();
  }

  #deleteAuthorities(groupKey: string): void {
    this.#database.prepare('DELETE FROM enrollment_group_ca WHERE group_key = ?').run(groupKey);
  }
}

function fromRow(row: Row): StoredGroup {
  return {
    ...(JSON.parse(row.document) as GroupSettings),
    etag: row.etag,
    created: new Date(row.created),
    updated: new Date(row.updated),
  };
}
