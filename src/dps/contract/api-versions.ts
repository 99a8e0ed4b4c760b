/** The api-versions that are served, by plane. The first of each is the one that enrollkit's own clients send. */
export const apiVersions = {
  /** Azure Resource Manager, Microsoft.Devices/provisioningServices. */
  arm: [
    ...['2022-02-05', '2017-08-21-preview', '2017-11-15', '2018-01-22', '2020-01-01', '2020-03-01'],
    ...['2021-10-15', '2022-12-12', '2023-03-01-preview', '2025-02-01-preview', '2026-03-01-preview'],
    ...['2026-06-01-preview', '2026-08-31', '2026-11-01'],
  ],
  /** Service plane: enrollment groups, individual enrollments, registration records. */
  service: [
    ...['2021-10-01', '2018-04-01', '2018-09-01-preview', '2018-11-01', '2019-03-31', '2021-06-01'],
    ...['2021-11-01-preview', '2025-07-01-preview', '2026-04-01', '2026-11-01', '2026-11-02-preview'],
  ],
  /** Device plane: registrations. */
  device: [
    ...['2021-06-01', '2018-09-01-preview', '2018-11-01', '2019-03-31', '2019-04-15', '2021-10-01'],
    ...['2021-11-01-preview', '2025-07-01-preview', '2026-04-01', '2026-11-01', '2026-11-02-preview'],
  ],
  /** IoT Hub, service side and device side. */
  hub: [
    ...['2021-04-12', '2016-11-14', '2018-06-30', '2019-10-01', '2020-03-13', '2020-09-30'],
    '2025-08-01-preview',
  ],
} as const;

/** Of Microsoft.Authorization, for the caller's permissions on a resource. */
export const permissionsApiVersions = ['2022-04-01', '2018-07-01', '2015-07-01'] as const;

/** Of hubs as resources, Microsoft.Devices/IotHubs: those that Azure lists (2024-09), and those of later clients. */
export const iotHubApiVersions = [
  ...[
    '2021-07-02',
    '2015-08-15-preview',
    '2016-02-03',
    '2017-01-19',
    '2017-07-01',
    '2018-01-22',
    '2018-04-01',
  ],
  ...['2018-12-01-preview', '2019-03-22', '2019-03-22-preview', '2019-07-01-preview', '2019-11-04'],
  ...[
    '2020-01-01',
    '2020-03-01',
    '2020-04-01',
    '2020-06-15',
    '2020-07-10-preview',
    '2020-08-01',
    '2020-08-31',
  ],
  ...['2020-08-31-preview', '2021-03-03-preview', '2021-03-31', '2021-07-01', '2021-07-01-preview'],
  ...['2021-07-02-preview', '2022-04-30-preview', '2023-06-30', '2023-06-30-preview', '2025-08-01-preview'],
  ...['2026-03-01-preview', '2026-10-01-preview', '2026-11-01'],
] as const;

/** Of Azure Device Registry's namespaces, Microsoft.DeviceRegistry; enrollkit's clients send the first. */
export const namespaceApiVersions = [
  ...['2026-11-01', '2025-07-01-preview', '2025-10-01', '2025-11-01-preview', '2026-02-01-preview'],
  ...['2026-03-01-preview', '2026-04-01', '2026-11-01-preview', '2026-11-02-preview'],
] as const;

/** Of their certificate authorities and certificate policies. */
export const certificateAuthorityApiVersions = [
  '2026-11-01',
  '2026-11-01-preview',
  '2026-11-02-preview',
] as const;

/** Of their credentials and the policies in them: what came before, and is in no later version. */
export const credentialApiVersions = ['2025-11-01-preview', '2026-03-01-preview'] as const;

/** The first of credentials whose policies can be signed by an external CA (`bringYourOwnRoot`). */
export const firstBringYourOwnRootApiVersion = '2026-03-01-preview';

/** The first in which a namespace has endpoints that link provisioning services and hubs to it. */
export const firstNamespaceLinkApiVersion = '2026-11-01';

/** In which a provisioning service has `deviceRegistryNamespace`; from the second on, it is read-only. */
export const firstRegistryOfServiceApiVersion = '2025-02-01-preview';
export const firstReadOnlyRegistryOfServiceApiVersion = '2026-06-01-preview';

/** In which a hub has `deviceRegistry`; from the second on, it is read-only. */
export const firstRegistryOfHubApiVersion = '2025-08-01-preview';
export const firstReadOnlyRegistryOfHubApiVersion = '2026-10-01-preview';

/** The first of the service plane in which an enrollment names its policy by namespace, CA and certificate policy. */
export const firstCertificatePolicyApiVersion = '2026-11-01';

/** The first of the device plane in which a device may ask for a certificate while it registers. */
export const firstCsrApiVersion = '2025-07-01-preview';

/** The one with which enrollkit's clients ask for a certificate while they register: the first stable one. */
export const csrApiVersion = '2026-04-01';

/** The first of IoT Hub in which a device may ask for a new certificate, over MQTT. */
export const firstRenewalApiVersion = '2025-08-01-preview';

/** The first of DPS in which a registration has the member `connectionProfile`. */
export const firstConnectionProfileApiVersion = '2026-11-02-preview';

/**
 * The first of the device plane in which a device learns that it was assigned to a hub that knew it already. Source:
 * Azure/azure-iot-cli-extension, tests of device registration.
 */
export const firstTrueSubstatusApiVersion = '2019-04-15';

/** The first service plane version with custom allocation. */
export const firstCustomAllocationApiVersion = '2018-09-01-preview';

/** Of Microsoft.Resources, for subscriptions and resource groups: those that the az CLI and the SDKs use. */
export const resourcesApiVersions = [
  ...['2022-12-01', '2022-09-01', '2021-04-01', '2021-01-01', '2020-10-01', '2020-06-01', '2020-01-01'],
  ...['2019-11-01', '2019-10-01', '2019-08-01', '2019-07-01', '2019-06-01', '2018-06-01', '2018-05-01'],
  ...['2016-06-01', '2016-02-01'],
];

export type Plane = keyof typeof apiVersions;

/** Up to this ARM api-version the body of a certificate is flat; later ones nest it in `properties`. */
export const lastFlatCertificateBody = '2021-10-15';

/** The first of ARM in which a CA certificate has the member `certificate`. */
export const firstCertificateMemberApiVersion = '2020-01-01';

/** The first of ARM in which a provisioning service has the member `enableDataResidency`. */
export const firstDataResidencyApiVersion = '2022-02-05';

/** The first of ARM in which the link to a hub has the member `authenticationType`. */
export const firstHubAuthenticationApiVersion = '2022-12-12';

/**
 * The first of hubs as resources with `identity`, `systemData` and `allowedFqdnList`: 2019-07-01-preview is recorded without
 * them, 2021-07-02 with them; the specification has the last of them from here on.
 */
export const firstHubIdentityApiVersion = '2021-03-31';

/** The first of hubs as resources with endpoints in Cosmos DB: 2021-07-02 is recorded without, 2023-06-30-preview with them. */
export const firstCosmosEndpointApiVersion = '2023-06-30';

/**
 * How an api-version relates to those that are known, compared without regard to case: `known`; `later` for a
 * well-formed one that is later than all of them; `unknown`.
 */
export function placeOfApiVersion(version: string, known: readonly string[]): 'known' | 'later' | 'unknown' {
  const given = version.toLowerCase();
  if (known.includes(given)) return 'known';
  return isWellFormed(given) && isLater(given, newestApiVersion(known)) ? 'later' : 'unknown';
}

/** The latest of some api-versions. */
export function newestApiVersion(known: readonly string[]): string {
  return known.reduce((newest, one) => (isLater(one, newest) ? one : newest));
}

/** A date, and `-preview` where it is one. */
function isWellFormed(version: string): boolean {
  const date = /^(\d{4}-\d\d-\d\d)(-preview)?$/.exec(version)?.[1];
  if (date === undefined) return false;
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}

/** Of one date, the stable version follows its preview. */
function isLater(version: string, other: string): boolean {
  const dateLength = 'yyyy-mm-dd'.length;
  const [date, otherDate] = [version.slice(0, dateLength), other.slice(0, dateLength)];
  return date === otherDate ? version.length < other.length : date > otherDate;
}
