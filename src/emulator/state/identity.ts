/** Who this emulator is: names and secrets that are made at the first start and kept. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { StateDatabase } from './database.js';

export interface Identity {
  subscriptionId: string;
  resourceGroup: string;
  dpsName: string;
  /** `0ne` and eight hexadecimal digits, as the service's own look. */
  idScope: string;
  /** The bearer token that the ARM and service planes accept. */
  armToken: string;
}

/** A shared access policy of the provisioning service. Keys are base64. */
export interface Policy {
  keyName: string;
  primaryKey: string;
  secondaryKey: string;
  /** Comma-joined, as ARM writes it. */
  rights: string;
}

/** The policy that every provisioning service has. */
export const ownerPolicy = 'provisioningserviceowner';
/** The policy of the hub whose connection string the emulator gives out. */
export const hubOwnerPolicy = 'iothubowner';

/** The hub that is linked at the first start. */
export const firstHubId = 'hub-1';

type PolicyOwner = 'dps' | typeof firstHubId;

/** The policies of the first start: the owners that Azure makes. */
const firstPolicies: { owner: PolicyOwner; keyName: string; rights: string }[] = [
  {
    owner: 'dps',
    keyName: ownerPolicy,
    rights:
      'ServiceConfig, EnrollmentRead, EnrollmentWrite, DeviceConnect, RegistrationStatusRead, RegistrationStatusWrite',
  },
  {
    owner: firstHubId,
    keyName: hubOwnerPolicy,
    rights: 'RegistryRead, RegistryWrite, ServiceConnect, DeviceConnect',
  },
];

/** Reads the identity, making it when the state is new. */
export function readIdentity(database: StateDatabase): Identity {
  const read = (): Partial<Record<string, string>> =>
    Object.fromEntries(
      (database.prepare('SELECT name, value FROM setting').all() as { name: string; value: string }[]).map(
        ({ name, value }) => [name, value],
      ),
    );
  let settings = read();
  if (settings.idScope === undefined) {
    makeIdentity(database);
    settings = read();
  }
  return {
    subscriptionId: settings.subscriptionId!,
    resourceGroup: settings.resourceGroup!,
    dpsName: settings.dpsName!,
    idScope: settings.idScope!,
    armToken: settings.armToken!,
  };
}

function makeIdentity(database: StateDatabase): void {
  const identity: Identity = {
    subscriptionId: randomUUID(),
    resourceGroup: 'enrollkit',
    dpsName: 'enrollkit-dps',
    idScope: `0ne${randomBytes(4).toString('hex').toUpperCase()}`,
    armToken: randomBytes(32).toString('base64url'),
  };
  const statements = [
    ...Object.entries(identity).map(
      ([name, value]) => `INSERT INTO setting VALUES (${quote(name)}, ${quote(value)});`,
    ),
    ...firstPolicies.map(
      ({ owner, keyName, rights }) =>
        `INSERT INTO policy VALUES (${[owner, keyName, randomKey(), randomKey(), rights].map(quote).join(', ')});`,
    ),
    `INSERT INTO hub VALUES (${quote(firstHubId)}, 'local', 1, 1);`,
  ];
  database.exec(`BEGIN; ${statements.join(' ')} COMMIT;`);
}

/** The shared access policies of the provisioning service, or of a hub, in the order of their names. */
export function readPolicies(database: StateDatabase, owner: PolicyOwner): Policy[] {
  return database
    .prepare(
      `SELECT key_name AS keyName, primary_key AS primaryKey, secondary_key AS secondaryKey, rights
       FROM policy WHERE owner = ? ORDER BY key_name`,
    )
    .all(owner) as Policy[];
}

function randomKey(): string {
  return randomBytes(32).toString('base64');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
