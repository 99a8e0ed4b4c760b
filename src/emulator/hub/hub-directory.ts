/** The hubs of an emulator. Each has a database for its devices; a provisioning service links some of the hubs. */

import type { StateDatabase } from '../state/database.js';
import type { StateDatabases } from '../state/databases.js';
import { makeHubPolicies, readPolicies, readSetting, writeSetting } from '../state/identity.js';
import { HostNames, type Ports } from '../wire/network/host-names.js';
import type { CertificateIssuer } from './certificate-renewals.js';
import { type HostedHub, openHub } from './hub.js';

/** A hub of the emulator; its ID is its name in lower case. */
export interface IotHub extends HostedHub {
  readonly settings: HubSettings;
  /** From 1; the hub's loopback address ends with it. */
  readonly number: number;
  /** The latency between devices and the hub, in milliseconds, for the allocation policy that goes by it. */
  readonly latency: number;
}

/** The settings of a hub, which clients change through Azure Resource Manager. */
export interface HubSettings {
  resourceGroup: string;
  location: string;
  tags: Record<string, string>;
  sku: { name: string; capacity: number };
  /** The managed identities, which the emulator shows and does not need. */
  managedIdentity?: ManagedIdentity | undefined;
}

/** As Azure Resource Manager has it (`identity`). */
export interface ManagedIdentity {
  type: string;
  userAssignedIdentities?: Record<string, unknown> | undefined;
}

/** The name of the first hub, unless the options give one. */
const defaultHubName = 'hub-1';

export interface HubDirectoryOptions {
  databases: StateDatabases;
  now: () => Date;
  /** The address of the hub of a number. */
  addressOf: (number: number, name: string) => string;
  /** Listens at the address of a hub that is created while the emulator runs. @returns the address or name */
  openAddress: (number: number, name: string) => Promise<string>;
  ports: () => Ports;
  /** See {@link Hub.allowsRenewedCertificates}. */
  allowsRenewedCertificates: boolean;
}

export class HubDirectory {
  /** The CAs whose certificates let in devices of the kind `certificateAuthority`: DER. Set once the services are open. */
  authorities: () => readonly Buffer[] = () => [];
  /** Issues certificates to devices that ask their hub. Set likewise. */
  issueCertificate: CertificateIssuer | undefined;
  /** Called when a device of any hub has connected, or its connection has ended. */
  onConnection: () => void = () => {};
  /** Called when a hub was created or deleted. */
  onChange: () => Promise<void> = async () => {};
  readonly #options: HubDirectoryOptions;
  #hubs: IotHub[];

  constructor(options: HubDirectoryOptions) {
    this.#options = options;
    const { databases, addressOf } = options;
    const rows = databases.main.prepare('SELECT * FROM iot_hub ORDER BY number').all() as Row[];
    this.#hubs = rows.map((row) => this.#open(row, addressOf(row.number, row.hub_id)));
  }

  #open({ number, hub_id: hubId, latency, created }: Row, address: string): IotHub {
    const { databases, now, ports, allowsRenewedCertificates } = this.#options;
    const database = databases.of('hub', number);
    const hub = openHub(
      database,
      now,
      () => this.authorities(),
      allowsRenewedCertificates,
      // Services are open before a device connects.
      (deviceId, request) => this.issueCertificate!(hubId, deviceId, request),
    );
    hub.devices.connections.onChange = () => this.onConnection();
    return {
      hubId,
      number,
      latency,
      created: new Date(created),
      hub,
      policies: readPolicies(databases.main, hubId),
      names: new HostNames(
        address,
        [`${hubId}.azure-devices.net`, `${hubId}.localhost`],
        ports,
        number === 1,
      ),
      settings: readHubSettings(database, databases.main),
    };
  }

  /** What answers clients of hubs while there is no hub: a hub without devices and without policies. */
  get withoutDevices(): HostedHub {
    const { databases, now, ports, addressOf } = this.#options;
    const names = new HostNames(addressOf(1, defaultHubName), [], ports, true);
    return { hubId: '', hub: openHub(databases.main, now), created: now(), names, policies: [] };
  }

  /** Creates a hub without devices, under a name that is free. Clients can dial it when this resolves. */
  async create(name: string, settings: HubSettings): Promise<IotHub> {
    const { databases, now, openAddress } = this.#options;
    makeHubs(databases, [{ name }], now());
    const row = databases.main
      .prepare('SELECT * FROM iot_hub WHERE hub_id = ?')
      .get(name.toLowerCase()) as Row;
    writeSetting(databases.of('hub', row.number), hubSetting, JSON.stringify(settings));
    const hub = this.#open(row, await openAddress(row.number, row.hub_id));
    this.#hubs = [...this.#hubs, hub];
    await this.onChange();
    return hub;
  }

  /** Replaces the settings of a hub. */
  change({ number, hubId }: IotHub, settings: HubSettings): IotHub {
    writeSetting(this.#options.databases.of('hub', number), hubSetting, JSON.stringify(settings));
    this.#hubs = this.#hubs.map((one) => (one.hubId === hubId ? { ...one, settings } : one));
    return this.get(hubId)!;
  }

  /** Deletes a hub with its devices and their messages, and ends their connections. */
  async delete({ number, hubId, hub }: IotHub): Promise<void> {
    const { databases } = this.#options;
    this.#hubs = this.#hubs.filter((one) => one.hubId !== hubId);
    hub.devices.deleteAll();
    const { main } = databases;
    main.transaction(() => {
      main.prepare('DELETE FROM iot_hub WHERE number = ?').run(number);
      main.prepare('DELETE FROM policy WHERE owner = ?').run(hubId);
      // The main database has the first hub, and more.
      if (number === 1) emptyHub(main);
    })();
    if (number !== 1) databases.remove('hub', number);
    await this.onChange();
  }

  /** In the order of their creation. */
  list(): readonly IotHub[] {
    return this.#hubs;
  }

  get(hubId: string): IotHub | undefined {
    return this.#hubs.find((one) => one.hubId === hubId);
  }

  /** By any of its names, with or without port; or by its bare name. */
  byName(name: string): IotHub | undefined {
    return this.#hubs.find(({ hubId, names }) => hubId === name.toLowerCase() || names.isCalled(name));
  }
}

interface Row {
  number: number;
  hub_id: string;
  latency: number;
  created: string;
}

/** The setting in the state of a hub. */
const hubSetting = 'hub';

/** Those of a hub that the emulator created when it started: it is in the resource group of the first service. */
function readHubSettings(database: StateDatabase, main: StateDatabase): HubSettings {
  const stored = readSetting(database, hubSetting);
  if (stored !== undefined) return JSON.parse(stored) as HubSettings;
  const resourceGroup = readSetting(main, 'resourceGroup') ?? '';
  return { resourceGroup, location: 'local', tags: {}, sku: { name: 'S1', capacity: 1 } };
}

/** Deletes the first hub's data from the main database, within a transaction. */
function emptyHub(main: StateDatabase): void {
  const tables = main
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'hub\\_%' ESCAPE '\\' AND name <> 'hub_name'",
    )
    .all() as { name: string }[];
  const statements = tables.map(({ name }) => `DELETE FROM "${name}";`);
  main.exec(`${statements.join(' ')} DELETE FROM setting WHERE name = '${hubSetting}';`);
}

/** A hub to create. */
export interface RequestedHub {
  name: string;
  /** See {@link IotHub.latency}; undefined to keep the current one, which is 0 for a new hub. */
  latency?: number | undefined;
}

/**
 * Creates the hubs that the state lacks; the default one when there would be none. All get the latency that is requested.
 *
 * @param at when new hubs are made
 * @returns the IDs of the new hubs
 */
export function makeHubs({ main }: StateDatabases, hubs: readonly RequestedHub[], at: Date): string[] {
  const known = new Set(
    (main.prepare('SELECT hub_id FROM iot_hub').all() as { hub_id: string }[]).map((row) => row.hub_id),
  );
  const requested = hubs.length > 0 || known.size > 0 ? hubs : [{ name: defaultHubName }];
  const made = [...new Set(requested.map(({ name }) => name.toLowerCase()))].filter(
    (name) => !known.has(name),
  );
  main.transaction(() => {
    for (const hubId of made) {
      main
        .prepare('INSERT INTO iot_hub SELECT coalesce(max(number), 0) + 1, ?, 0, ? FROM iot_hub')
        .run(hubId, at.toISOString());
      makeHubPolicies(main, hubId);
    }
    const setLatency = main.prepare('UPDATE iot_hub SET latency = ? WHERE hub_id = ?');
    for (const { name, latency } of hubs)
      if (latency !== undefined) setLatency.run(latency, name.toLowerCase());
  })();
  return made;
}
