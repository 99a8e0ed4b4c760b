/** The CA certificates uploaded through ARM. Names are compared without regard to case. */
import type { StateDatabase } from '../../state/database.js';
import { newArmEtag } from '../../state/etag.js';

export interface StoredCertificate {
  name: string;
  der: Buffer;
  /** SHA-256 in upper-case hexadecimal. */
  sha256: string;
  verified: boolean;
  verificationCode: string | undefined;
  etag: string;
  created: Date;
  updated: Date;
}

interface Row {
  name: string;
  der: ArrayBuffer | Buffer;
  sha256: string;
  verified: number;
  verification_code: string | null;
  etag: string;
  created: string;
  updated: string;
}

export class Certificates {
  readonly #database: StateDatabase;
  readonly #all: Map<string, StoredCertificate>;
  #changes = 0;

  /** All certificates are held in memory too: there are at most 25, and every registration needs them. */
  constructor(database: StateDatabase) {
    this.#database = database;
    const rows = database.prepare('SELECT * FROM certificate').all() as Row[];
    this.#all = new Map(
      rows.map((row) => [
        row.name.toLowerCase(),
        {
          name: row.name,
          der: Buffer.from(row.der as ArrayBuffer),
          sha256: row.sha256,
          verified: row.verified === 1,
          verificationCode: row.verification_code ?? undefined,
          etag: row.etag,
          created: new Date(row.created),
          updated: new Date(row.updated),
        },
      ]),
    );
  }

  /** Grows with every change: what was derived from the certificates holds for as long as this stays. */
  get changes(): number {
    return this.#changes;
  }

  list(): StoredCertificate[] {
    return [...this.#all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): StoredCertificate | undefined {
    return this.#all.get(name.toLowerCase());
  }

  /** Stores a certificate, new or changed, under a new etag. */
  save(certificate: Omit<StoredCertificate, 'etag'>): StoredCertificate {
    const saved: StoredCertificate = { ...certificate, etag: newArmEtag() };
    this.#database
      .prepare('INSERT OR REPLACE INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        saved.name.toLowerCase(),
        saved.name,
        saved.der,
        saved.sha256,
        saved.verified ? 1 : 0,
        saved.verificationCode ?? null,
        saved.etag,
        saved.created.toISOString(),
        saved.updated.toISOString(),
      );
    this.#all.set(saved.name.toLowerCase(), saved);
    this.#changes += 1;
    return saved;
  }

  delete(name: string): void {
    this.#database.prepare('DELETE FROM certificate WHERE name_key = ?').run(name.toLowerCase());
    this.#all.delete(name.toLowerCase());
    this.#changes += 1;
  }
}
