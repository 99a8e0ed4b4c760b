/** The path below which all pages of the emulator are. */
export const consolePath = '/console';

/** The page of a provisioning service's certificates, with the token that opens it. */
export function certificatesPageUrl(
  { consoleUrl }: Pick<EmulatorEndpoints, 'consoleUrl'>,
  service: string,
): string {
  const url = new URL(consoleUrl);
  url.pathname = certificatesPath(service);
  return url.href;
}

/** The path of that page. */
export function certificatesPath(service: string): string {
  return `${consolePath}/services/${encodeURIComponent(service)}/certificates`;
}

/** Printed by `emulator start --json`; field names are API. Contains secrets. */
export interface EmulatorEndpoints {
  armEndpoint: string;
  armToken: string;
  /** The emulator's page, over HTTP on 127.0.0.1; it ends in the token that opens it. */
  consoleUrl: string;
  subscriptionId: string;
  resourceGroup: string;
  dpsName: string;
  idScope: string;
  serviceConnectionString: string;
  /** Host name, with `:port` unless that is 443. */
  globalDeviceEndpoint: string;
  /** Host name, with `:port` unless that is 8883. */
  hubHostName: string;
  hubServiceConnectionString: string;
  /** Of the hub's Event Hub-compatible endpoint, with its port and `EntityPath`. */
  eventHubConnectionString: string;
  /** All provisioning services, beginning with the one above. Host names as above. */
  services: { name: string; idScope: string; hostName: string; connectionString: string }[];
  /** All hubs, beginning with the one above. Host names as above. */
  hubs: {
    name: string;
    hostName: string;
    /** Of the owner policy, which has all rights. */
    serviceConnectionString: string;
    /** Of the Event Hub-compatible endpoint, with the owner policy. */
    eventHubConnectionString: string;
    /** Of each shared access policy, by name. */
    connectionStrings: Record<string, string>;
  }[];
  /** Absolute path of the root that signs the emulator's TLS certificate, PEM. */
  caFile: string;
  /** Absolute path of the root that signs the certificates that devices request, PEM. */
  issuingRootFile: string;
  ports: { https: number; mqtt: number; amqp: number };
  /** The highest version of TLS that it speaks: `1.2` or `1.3`. */
  tlsMax: string;
}
