/** Registration records, and the operations that devices poll. IDs are case-insensitive. */
import type { RegistrationState } from '../../../dps/contract/schemas.js';
import type { StateDatabase, StateStatement } from '../../state/database.js';
import { newEtag } from '../../state/etag.js';
import { RowCount } from '../../state/row-count.js';
import { Recent } from '../../wire/recent.js';
import type { Positioned } from './enrollment-settings.js';

export interface RegistrationRecord {
  registrationId: string;
  /** Undefined when an individual enrollment admitted the device. */
  enrollmentGroupId?: string | undefined;
  /** The assignment of the device; in a failed registration, the one before. */
  deviceId?: string | undefined;
  hubId?: string | undefined;
  status: 'assigned' | 'failed' | 'disabled';
  /** What really happened; replies of some api-versions may differ. */
  substatus?: NonNullable<RegistrationState['substatus']>;
  errorCode?: number;
  errorMessage?: string;
  /** What a custom allocation webhook returned for the device. */
  payload?: unknown;
  etag: string;
  created: Date;
  updated: Date;
}

export interface Operation {
  operationId: string;
  registrationId: string;
  /** The `id` of the DeviceIdentity that began it, and that alone can poll for it. */
  identity: string;
  /** The certificates issued to the device, base64 of DER, its own first; undefined when it requested none. */
  issuedChain?: string[] | undefined;
}

/** How long an operation can be polled after the same device began a newer one. */
const keptMs = 3_600_000;

/** More than the devices that wait for their outcome at the same time. */
const maxRecent = 1000;

interface Row {
  registration_id: string;
  group_id: string | null;
  device_id: string | null;
  hub_id: string | null;
  status: 'assigned' | 'failed' | 'disabled';
  substatus: RegistrationRecord['substatus'] | null;
  error_code: number | null;
  error_message: string | null;
  etag: string;
  created: string;
  updated: string;
  payload: string | null;
}

export class RegistrationRecords {
  readonly #database: StateDatabase;
  readonly #get: StateStatement;
  readonly #save: StateStatement;
  readonly #getOperation: StateStatement;
  /** What was stored last, by registration key: a device polls for its outcome right after its registration. */
  readonly #recent = new Recent<string, { record: RegistrationRecord; operation: Operation }>(maxRecent);
  readonly #count: RowCount;

  constructor(database: StateDatabase) {
    this.#database = database;
    this.#count = new RowCount(database, 'registration');
    this.#get = database.prepare('SELECT * FROM registration WHERE registration_key = ?');
    this.#save = database.prepare(
      'INSERT INTO registration_outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#getOperation = database.prepare('SELECT * FROM operation WHERE operation_id = ?');
  }

  get(registrationId: string): RegistrationRecord | undefined {
    const key = registrationId.toLowerCase();
    const known = this.#recent.get(key);
    if (known) return known.record;
    const row = this.#get.get([key]);
    return row === undefined ? undefined : fromRow(row as Row);
  }

  /** The registration that assigned a device to a hub. */
  ofDevice(hubId: string, deviceId: string): RegistrationRecord | undefined {
    const isOf = (record: RegistrationRecord | undefined) =>
      record?.status === 'assigned' && record.hubId === hubId && record.deviceId === deviceId;
    // Few devices have another ID in their hub.
    const likely = this.get(deviceId);
    if (isOf(likely)) return likely;
    const row = this.#database
      .prepare("SELECT * FROM registration WHERE hub_id = ? AND device_id = ? AND status = 'assigned'")
      .get(hubId, deviceId);
    return row === undefined ? undefined : fromRow(row as Row);
  }

  count(): number {
    return this.#count.value;
  }

  /** Up to `limit` records of a group after a position, in the order of creation. */
  page(enrollmentGroupId: string, after: number, limit: number): Positioned<RegistrationRecord>[] {
    const rows = this.#database
      .prepare(
        `SELECT rowid AS position, * FROM registration WHERE group_key = ? AND rowid > ? ORDER BY rowid LIMIT ?`,
      )
      .all(enrollmentGroupId.toLowerCase(), after, limit) as (Row & { position: number })[];
    return rows.map((row) => ({ position: row.position, stored: fromRow(row) }));
  }

  /**
   * Up to `limit` records after a position, in the order of creation.
   *
   * @param filter of those of one group, or of those whose IDs begin with a text
   */
  list(
    after: number,
    limit: number,
    { enrollmentGroupId, prefix = '' }: { enrollmentGroupId?: string | undefined; prefix?: string } = {},
  ): Positioned<RegistrationRecord>[] {
    // Only the conditions that apply, so that each can use its index.
    const inGroup = enrollmentGroupId === undefined ? '' : 'AND group_key = ?2';
    const beginsWith =
      prefix === '' ? '' : 'AND registration_key >= ?3 AND registration_key < ?3 || char(0x10ffff)';
    const rows = this.#database
      .prepare(
        `SELECT rowid AS position, * FROM registration
         WHERE rowid > ?1 ${inGroup} ${beginsWith} ORDER BY rowid LIMIT ?4`,
      )
      .all(after, enrollmentGroupId?.toLowerCase() ?? null, prefix.toLowerCase(), limit) as (Row & {
      position: number;
    })[];
    return rows.map((row) => ({ position: row.position, stored: fromRow(row) }));
  }

  /** Stores the outcome of a registration and the operation that led to it: both or neither. */
  save(outcome: Omit<RegistrationRecord, 'etag'>, operation: Operation): RegistrationRecord {
    const record = { ...outcome, etag: newEtag() };
    const key = record.registrationId.toLowerCase();
    const started = record.updated.getTime();
    const isNew = this.#count.isKnown && !this.get(key);
    this.#save.run([
      key,
      record.registrationId,
      record.enrollmentGroupId?.toLowerCase() ?? null,
      record.enrollmentGroupId ?? null,
      record.deviceId ?? null,
      record.hubId ?? null,
      record.status,
      record.substatus ?? null,
      record.errorCode ?? null,
      record.errorMessage ?? null,
      record.etag,
      record.created.toISOString(),
      record.updated.toISOString(),
      record.payload === undefined ? null : JSON.stringify(record.payload),
      operation.operationId,
      operation.identity,
      started,
      operation.issuedChain === undefined ? null : JSON.stringify(operation.issuedChain),
      started - keptMs,
    ]);
    if (isNew) this.#count.change(1);
    this.#recent.set(key, { record, operation });
    return record;
  }

  /** Deletes the record of a device and its operations. */
  delete(registrationId: string): void {
    const key = registrationId.toLowerCase();
    this.#recent.delete(key);
    this.#database.transaction(() => {
      const { changes } = this.#database
        .prepare('DELETE FROM registration WHERE registration_key = ?')
        .run(key);
      this.#count.change(-changes);
      this.#database.prepare('DELETE FROM operation WHERE registration_key = ?').run(key);
    })();
  }

  /** @param registrationId the device that probably began it: a hint that saves reading the database */
  operation(operationId: string, registrationId: string): Operation | undefined {
    const known = this.#recent.get(registrationId.toLowerCase())?.operation;
    if (known?.operationId === operationId) return known;
    const row = this.#getOperation.get([operationId]) as
      | { operation_id: string; registration_key: string; identity: string; issued_chain: string | null }
      | undefined;
    return (
      row && {
        operationId: row.operation_id,
        registrationId: row.registration_key,
        identity: row.identity,
        ...(row.issued_chain === null ? {} : { issuedChain: JSON.parse(row.issued_chain) as string[] }),
      }
    );
  }
}

function fromRow(row: Row): RegistrationRecord {
  return {
    registrationId: row.registration_id,
    ...(row.group_id === null ? {} : { enrollmentGroupId: row.group_id }),
    ...(row.device_id === null ? {} : { deviceId: row.device_id }),
    ...(row.hub_id === null ? {} : { hubId: row.hub_id }),
    status: row.status,
    ...(row.substatus ? { substatus: row.substatus } : {}),
    ...(row.error_code === null ? {} : { errorCode: row.error_code }),
    ...(row.error_message === null ? {} : { errorMessage: row.error_message }),
    ...(row.payload === null ? {} : { payload: JSON.parse(row.payload) as unknown }),
    etag: row.etag,
    created: new Date(row.created),
    updated: new Date(row.updated),
  };
}
