/** Registration records, and the operations that devices poll. IDs are compared without regard to case. */
import type { RegistrationState } from '../../../dps/contract/schemas.js';
import type { StateDatabase } from '../../state/database.js';
import { newEtag } from '../../state/etag.js';
import { RowCount } from '../../state/row-count.js';
import { Recent } from '../../wire/recent.js';

export interface RegistrationRecord {
  registrationId: string;
  /** Undefined when an individual enrollment let the device in. */
  enrollmentGroupId?: string | undefined;
  /** Where the device is; of a registration that failed, where it was before. */
  deviceId?: string | undefined;
  hubId?: string | undefined;
  status: 'assigned' | 'failed';
  substatus?: NonNullable<RegistrationState['substatus']>;
  errorCode?: number;
  errorMessage?: string;
  /** What a custom allocation webhook has for the device. */
  payload?: unknown;
  etag: string;
  created: Date;
  updated: Date;
}

export interface Operation {
  operationId: string;
  registrationId: string;
  /** Who began it, see Decision.identity: the operation is that identity's alone. */
  identity: string;
  /** The certificates that the device got, base64 of DER, its own first; undefined when it asked for none. */
  issuedChain?: string[] | undefined;
}

/** How long an operation can be polled after a newer one of the same device began. */
const keptMs = 3_600_000;

/** More than the devices that wait for their outcome at a time. */
const maxRecent = 1000;

interface Row {
  registration_id: string;
  group_id: string | null;
  device_id: string | null;
  hub_id: string | null;
  status: 'assigned' | 'failed';
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
  readonly #get;
  readonly #save;
  readonly #getOperation;
  /** By registration key, what was stored last: a device asks for its outcome right after its registration. */
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

  /** How many there are. */
  count(): number {
    return this.#count.value;
  }

  /** A group's records in the order of their IDs, those after `after`. */
  page(enrollmentGroupId: string, after: string, limit: number): RegistrationRecord[] {
    const rows = this.#database
      .prepare(
        `SELECT * FROM registration WHERE group_key = ? AND registration_key > ?
         ORDER BY registration_key LIMIT ?`,
      )
      .all(enrollmentGroupId.toLowerCase(), after.toLowerCase(), limit) as Row[];
    return rows.map(fromRow);
  }

  /** Stores the outcome of a registration and the operation that led to it, both or neither. */
  save(outcome: Omit<RegistrationRecord, 'etag'>, operation: Operation): void {
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
  }

  /** Forgets a device: its record and its operations. */
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

  /** @param registrationId whose operation it may be; it is found in any case */
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
