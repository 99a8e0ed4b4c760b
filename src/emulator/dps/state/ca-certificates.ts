/** The CA certificates uploaded through ARM. Names are case-insensitive. */
import { type Certificate, parseCertificate } from '../../../pki/x509/certificate.js';
import type { StateDatabase } from '../../state/database.js';
import { newArmEtag } from '../../state/etag.js';

export interface StoredCertificate {
  name: string;
  der: Buffer;
  /** The text that was uploaded, in base64. */
  uploaded: string;
  /** SHA-256 in upper-case hexadecimal. */
  sha256: string;
  verified: boolean;
  verificationCode: string | undefined;
  etag: string;
  created: Date;
  updated: Date;
}

/** A CA whose possession is verified; it can be uploaded under several names. */
export interface VerifiedAuthority {
  names: readonly string[];
  certificate: Certificate;
  /** Upper-case hexadecimal. */
  sha256: string;
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
  /** Null in a state of an earlier version, which has the certificate only. */
  uploaded: string | null;
}

export class Certificates {
  readonly #database: StateDatabase;
  readonly #all: Map<string, StoredCertificate>;
  /** Undefined after a change, until it is next asked for. */
  #verified: readonly VerifiedAuthority[] | undefined;
  #unverified: readonly StoredCertificate[] | undefined;

  /** Keeps all certificates in memory, too: Azure's limit is 25, and every registration needs them. */
  constructor(database: StateDatabase) {
    this.#database = database;
    const rows = database.prepare('SELECT * FROM certificate ORDER BY rowid').all() as Row[];
    this.#all = new Map(rows.map((row) => [row.name.toLowerCase(), fromRow(row)]));
  }

  /** In the order of creation. */
  list(): StoredCertificate[] {
    return [...this.#all.values()];
  }

  get(name: string): StoredCertificate | undefined {
    return this.#all.get(name.toLowerCase());
  }

  /** The CAs whose possession is verified; the same array until a certificate changes. */
  verified(): readonly VerifiedAuthority[] {
    this.#verified ??= toVerifiedAuthorities(this.list().filter(({ verified }) => verified));
    return this.#verified;
  }

  /** The uploaded certificates whose possession is not verified; the same array until a certificate changes. */
  unverified(): readonly StoredCertificate[] {
    this.#unverified ??= this.list().filter(({ verified }) => !verified);
    return this.#unverified;
  }

  /** Stores a new or changed certificate with a new etag. */
  save(certificate: Omit<StoredCertificate, 'etag'>): StoredCertificate {
    const saved: StoredCertificate = { ...certificate, etag: newArmEtag() };
    this.#database
      .prepare(
        `INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (name_key) DO UPDATE SET der = excluded.der, sha256 = excluded.sha256,
           verified = excluded.verified, verification_code = excluded.verification_code, etag = excluded.etag,
           updated = excluded.updated, uploaded = excluded.uploaded`,
      )
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
        saved.uploaded,
      );
    this.#all.set(saved.name.toLowerCase(), saved);
    this.#verified = undefined;
    this.#unverified = undefined;
    return saved;
  }

  delete(name: string): void {
    this.#database.prepare('DELETE FROM certificate WHERE name_key = ?').run(name.toLowerCase());
    this.#all.delete(name.toLowerCase());
    this.#verified = undefined;
    this.#unverified = undefined;
  }
}

function toVerifiedAuthorities(certificates: readonly StoredCertificate[]): VerifiedAuthority[] {
  const authorities = new Map<string, VerifiedAuthority & { names: string[] }>();
  for (const { name, der, sha256 } of certificates) {
    const authority = authorities.get(sha256);
    if (authority) authority.names.push(name);
    else authorities.set(sha256, { names: [name], certificate: parseCertificate(der), sha256 });
  }
  return [...authorities.values()];
}

function fromRow(row: Row): StoredCertificate {
  const der = Buffer.from(row.der as ArrayBuffer);
  return {
    name: row.name,
    der,
    uploaded: row.uploaded ?? der.toString('base64'),
    sha256: row.sha256,
    verified: row.verified === 1,
    verificationCode: row.verification_code ?? undefined,
    etag: row.etag,
    created: new Date(row.created),
    updated: new Date(row.updated),
  };
}
