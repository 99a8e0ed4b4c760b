/** The hubs of an emulator. Each has a database for its devices; a provisioning service links some of the hubs. */

import type { StateDatabases } from '../state/databases.js';
import { makeHubPolicies, readPolicies } from '../state/identity.js';
import { HostNames, type Ports } from '../wire/network/host-names.js';
import type { CertificateIssuer } from './certificate-renewals.js';
import { type HostedHub, openHub } from './hub.js';

/** A hub of the emulator; its ID is its name in lower case. */
export interface IotHub extends HostedHub {
  /** From 1; the hub's loopback address ends with it. */
  readonly number: number;
  /** The latency between devices and the hub, in milliseconds, for the allocation policy that goes by it. */
  readonly latency: number;
}

/** The name of the first hub, unless the options give one. */
const defaultHubName = 'hub-1';

export interface HubDirectoryOptions {
  databases: StateDatabases;
  now: () => Date;
  /** The address of the hub of a number. */
  addressOf: (number: number, name: string) => string;
  ports: () => Ports;
  /** See {@link Hub.allowsRenewedCertificates}. */
  allowsRenewedCertificates: boolean;
}

export class HubDirectory {
  /** The CAs whose certificates let in devices of the kind `certificateAuthority`: DER. Set once the services are open. */
  authorities: () => readonly Buffer[] = () => [];
  /** Issues certificates to devices that ask their hub. Set likewise. */
  issueCertificate: CertificateIssuer | undefined;
  readonly #hubs: IotHub[];

  constructor({ databases, now, addressOf, ports, allowsRenewedCertificates }: HubDirectoryOptions) {
    const { main } = databases;
    const rows = main
      .prepare('SELECT number, hub_id, latency, created FROM iot_hub ORDER BY number')
      .all() as {
      number: number;
      hub_id: string;
      latency: number;
      created: string;
    }[];
    this.#hubs = rows.map(({ number, hub_id: hubId, latency, created }) => ({
      hubId,
      number,
      latency,
      created: new Date(created),
      hub: openHub(
        databases.of('hub', number),
        now,
        () => this.authorities(),
        allowsRenewedCertificates,
        // Services are open before a device connects.
        (deviceId, request) => this.issueCertificate!(hubId, deviceId, request),
      ),
      policies: readPolicies(main, hubId),
      names: new HostNames(
        addressOf(number, hubId),
        [`${hubId}.azure-devices.net`, `${hubId}.localhost`],
        ports,
        number === 1,
      ),
    }));
  }

  /** In the order of their creation; at least one. */
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
