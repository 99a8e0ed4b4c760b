/**
 * The CAs that issue certificates to registering devices: one root, and below it one CA for each credential policy.
 *
 * In Azure, they belong to Azure Device Registry and use P-384 (Microsoft Learn, "Device certificate issuance in Azure
 * Device Registry"). Policies are created there in advance; the emulator creates one when it is first named.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { privateKeyFromPem } from '../../../pki/keys.js';
import type { StateDatabase } from '../../state/database.js';
import { Recent } from '../../wire/recent.js';
import type { IssuingAuthority } from '../registration/issue-certificates.js';

interface Row {
  certificate: string;
  private_key: string;
}

/** The file in the emulator's folder that the root certificate is published as. */
export const issuingRootFileName = 'issuing-root.pem';

/** The key of the root in its table; policies cannot have an empty name. */
const rootKey = '';

export class IssuingAuthorities {
  readonly #database: StateDatabase;
  readonly #now: () => Date;
  #pending: Promise<unknown> = Promise.resolve();
  /** Private keys by their PEM: a few sign for all devices. */
  readonly #opened = new Recent<string, KeyObject>(32);

  constructor(database: StateDatabase, now: () => Date) {
    this.#database = database;
    this.#now = now;
  }

  /** The root CA, created if there is none that is valid now. */
  async root(): Promise<IssuingAuthority> {
    return this.#serialize(() => this.#root());
  }

  /** The CA of a policy and the root above it, created if there are none that are valid now. */
  async forPolicy(policyName: string): Promise<{ authority: IssuingAuthority; root: IssuingAuthority }> {
    return this.#serialize(async () => {
      const root = await this.#root();
      const key = policyName.toLowerCase();
      const stored = this.#read(key);
      if (stored && isIssuedBy(stored, root)) return { authority: stored, root };
      const { createAuthority } = await import('../registration/issue-certificates.js');
      const created = await createAuthority(`enrollkit emulator policy ${policyName}`, this.#now(), root);
      return { authority: this.#store(key, created), root };
    });
  }

  async #root(): Promise<IssuingAuthority> {
    const stored = this.#read(rootKey);
    if (stored) return stored;
    const { createAuthority } = await import('../registration/issue-certificates.js');
    return this.#store(rootKey, await createAuthority('enrollkit emulator issuing root', this.#now()));
  }

  /** Runs tasks one after the other, so that two devices at once do not create two CAs for one policy. */
  #serialize<Value>(task: () => Promise<Value>): Promise<Value> {
    const done = this.#pending.then(task, task);
    this.#pending = done.catch(() => {});
    return done;
  }

  #read(key: string): IssuingAuthority | undefined {
    const row = this.#database
      .prepare('SELECT certificate, private_key FROM issuing_authority WHERE policy_key = ?')
      .get(key) as Row | undefined;
    if (!row) return undefined;
    const { validFrom, validTo } = new X509Certificate(row.certificate);
    const now = this.#now();
    if (now < new Date(validFrom) || now > new Date(validTo)) return undefined;
    const privateKey = this.#opened.get(row.private_key) ?? privateKeyFromPem(row.private_key);
    this.#opened.set(row.private_key, privateKey);
    return { certificate: row.certificate, privateKey };
  }

  #store(key: string, authority: IssuingAuthority): IssuingAuthority {
    const privateKey = authority.privateKey.export({ format: 'pem', type: 'pkcs8' });
    this.#database
      .prepare('INSERT OR REPLACE INTO issuing_authority VALUES (?, ?, ?)')
      .run(key, authority.certificate, privateKey);
    return authority;
  }
}

function isIssuedBy({ certificate }: IssuingAuthority, root: IssuingAuthority): boolean {
  return new X509Certificate(certificate).verify(new X509Certificate(root.certificate).publicKey);
}
