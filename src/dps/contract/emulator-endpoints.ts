/** Printed by `emulator start --json`; the names of its fields are API. Holds secrets. */
export interface EmulatorEndpoints {
  armEndpoint: string;
  armToken: string;
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
  /** All provisioning services, the one above first. Host names as above. */
  services: { name: string; idScope: string; hostName: string; connectionString: string }[];
  /** All hubs, the one above first. Host names as above. */
  hubs: {
    name: string;
    hostName: string;
    /** Of its owner, who may do everything. */
    serviceConnectionString: string;
    /** Of each of its shared access policies, by their names. */
    connectionStrings: Record<string, string>;
  }[];
  /** Absolute path of the root that signs the emulator's TLS certificate, PEM. */
  caFile: string;
  /** Absolute path of the root of the certificates that devices get when they ask for one, PEM. */
  issuingRootFile: string;
  ports: { https: number; mqtt: number; amqp: number };
}
