/**
 * The CAs that issue certificates to registering devices: one root, below it one CA for each credential policy.
 *
 * Azure keeps them in Azure Device Registry, whose certificates are of P-384 (Microsoft Learn, "Device certificate
 * issuance in Azure Device Registry"); there policies are made beforehand, here by being named.
 */
import { X509Certificate } from 'node:crypto';
import { type KeyPair, privateKeyFromPem } from '../../../pki/keys.js';
import type { StateDatabase } from '../../state/database.js';
import { Recent } from '../../wire/recent.js';

export interface IssuingAuthority {
  /** PEM. */
  certificate: string;
  privateKey: KeyPair['privateKey'];
}

interface Row {
  certificate: string;
  private_key: string;
}

/** Where the root's certificate is published, in the emulator's folder. */
export const issuingRootFileName = 'issuing-root.pem';

/** The key of the root's row; no policy has an empty name. */
const rootKey = '';

export class IssuingAuthorities {
  readonly #database: StateDatabase;
  readonly #now: () => Date;
  #turn: Promise<unknown> = Promise.resolve();
  /** Private keys by their PEM: a few sign for all devices. */
  readonly #opened = new Recent<string, KeyPair['privateKey']>(32);

  constructor(database: StateDatabase, now: () => Date) {
    this.#database = database;
    this.#now = now;
  }

  /** The root, made when there is none that is valid now. */
  async root(): Promise<IssuingAuthority> {
    return this.#inTurn(() => this.#root());
  }

  /** The CA of a policy with the root above it, made when there is none that is valid now. */
  async ofPolicy(policyName: string): Promise<{ authority: IssuingAuthority; root: IssuingAuthority }> {
    return this.#inTurn(async () => {
      const root = await this.#root();
      const key = policyName.toLowerCase();
      const stored = this.#read(key);
      if (stored && isIssuedBy(stored, root)) return { authority: stored, root };
      const { makeAuthority } = await import('../registration/issue-credential.js');
      return {
        authority: this.#keep(
          key,
          await makeAuthority(`enrollkit emulator policy ${policyName}`, this.#now(), root),
        ),
        root,
      };
    });
  }

  async #root(): Promise<IssuingAuthority> {
    const stored = this.#read(rootKey);
    if (stored) return stored;
    const { makeAuthority } = await import('../registration/issue-credential.js');
    return this.#keep(rootKey, await makeAuthority('enrollkit emulator issuing root', this.#now()));
  }

  /** One after the other: two devices at once must not make two CAs of one policy. */
  #inTurn<Value>(task: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(task, task);
    this.#turn = done.catch(() => {});
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

  #keep(key: string, made: IssuingAuthority): IssuingAuthority {
    const privateKey = made.privateKey.export({ format: 'pem', type: 'pkcs8' });
    this.#database
      .prepare('INSERT OR REPLACE INTO issuing_authority VALUES (?, ?, ?)')
      .run(key, made.certificate, privateKey);
    return made;
  }
}

function isIssuedBy({ certificate }: IssuingAuthority, root: IssuingAuthority): boolean {
  return new X509Certificate(certificate).verify(new X509Certificate(root.certificate).publicKey);
}
