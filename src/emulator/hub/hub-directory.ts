/** The hubs of an emulator. Each has its own devices and state; a provisioning service links some of the hubs. */
import type { Certificate } from '../../pki/x509/certificate.js';
import type { StateDatabases } from '../state/databases.js';
import { createHubPolicies, type Policy, readPolicies } from '../state/identity.js';
import { HostNames, type Ports } from '../wire/network/host-names.js';
import { type Hub, type NamedHub, openHub } from './hub.js';

export interface IotHub {
  /** Its name, lower case. */
  readonly hubId: string;
  /** Counted from 1; the last part of its loopback address. */
  readonly number: number;
  /** Simulated milliseconds between devices and the hub. */
  readonly latency: number;
  readonly hub: Hub;
  readonly policies: readonly Policy[];
  readonly names: HostNames;
}

/** The name of the first hub when no other is given. */
const defaultHubName = 'hub-1';

export interface HubDirectoryOptions {
  databases: StateDatabases;
  now: () => Date;
  /** The address that the hub with this number is bound to. */
  addressOf: (number: number, name: string) => string;
  ports: () => Ports;
  /** See {@link Hub.authorities}. */
  authorities: () => readonly Certificate[];
}

export class HubDirectory {
  readonly #hubs: IotHub[];

  constructor({ databases, now, addressOf, ports, authorities }: HubDirectoryOptions) {
    const { main } = databases;
    const rows = main.prepare('SELECT number, hub_id, latency FROM iot_hub ORDER BY number').all() as {
      number: number;
      hub_id: string;
      latency: number;
    }[];
    this.#hubs = rows.map(({ number, hub_id: hubId, latency }) => ({
      hubId,
      number,
      latency,
      hub: openHub(databases.of('hub', number), now, authorities),
      policies: readPolicies(main, hubId),
      names: new HostNames(
        addressOf(number, hubId),
        [`${hubId}.azure-devices.net`, `${hubId}.localhost`],
        ports,
        number === 1,
      ),
    }));
  }

  /** In the order of creation; at least one. */
  list(): readonly IotHub[] {
    return this.#hubs;
  }

  get(hubId: string): IotHub | undefined {
    return this.#hubs.find((one) => one.hubId === hubId);
  }

  /** A hub for a port that all hubs share. */
  named(hub: IotHub): NamedHub {
    return {
      hubId: hub.hubId,
      hub: hub.hub,
      hostNames: () => hub.names.aliases,
      policies: () => hub.policies,
    };
  }

  /** By its bare name, or by any of its host names, with or without port. */
  byName(name: string): IotHub | undefined {
    return this.#hubs.find(({ hubId, names }) => hubId === name.toLowerCase() || names.isCalled(name));
  }
}

/** A hub to create or to change. */
export interface RequestedHub {
  name: string;
  /** See {@link IotHub.latency}; undefined leaves it as it is, 0 at first. */
  latency?: number | undefined;
}

/**
 * Creates the hubs that do not exist yet, and sets the latencies given. Without any names, a new state gets one hub of
 * the default name.
 *
 * @returns the IDs of the new hubs
 */
export function createHubs({ main }: StateDatabases, hubs: readonly RequestedHub[]): string[] {
  const known = new Set(
    (main.prepare('SELECT hub_id FROM iot_hub').all() as { hub_id: string }[]).map((row) => row.hub_id),
  );
  const requested = hubs.length > 0 || known.size > 0 ? hubs : [{ name: defaultHubName }];
  const created = [...new Set(requested.map(({ name }) => name.toLowerCase()))].filter(
    (name) => !known.has(name),
  );
  main.transaction(() => {
    for (const hubId of created) {
      main.prepare('INSERT INTO iot_hub SELECT coalesce(max(number), 0) + 1, ?, 0 FROM iot_hub').run(hubId);
      createHubPolicies(main, hubId);
    }
    const setLatency = main.prepare('UPDATE iot_hub SET latency = ? WHERE hub_id = ?');
    for (const { name, latency } of hubs)
      if (latency !== undefined) setLatency.run(latency, name.toLowerCase());
  })();
  return created;
}
