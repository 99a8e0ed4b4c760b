/** The supported api-versions, by plane. enrollkit's own clients send the first one. */
export const apiVersions = {
  /** Azure Resource Manager, Microsoft.Devices/provisioningServices. */
  arm: [
    '2022-02-05',
    '2022-12-12',
    '2021-10-15',
    '2020-03-01',
    '2020-01-01',
    '2018-01-22',
    '2023-03-01-preview',
    '2025-02-01-preview',
  ],
  /** Service plane: enrollment groups, individual enrollments, registration records. */
  service: [
    '2021-10-01',
    '2019-03-31',
    '2018-09-01-preview',
    '2018-04-01',
    '2021-11-01-preview',
    '2025-07-01-preview',
  ],
  /** Device plane: registrations. */
  device: [
    '2021-06-01',
    '2019-03-31',
    '2021-10-01',
    '2018-11-01',
    '2018-09-01-preview',
    '2025-07-01-preview',
  ],
  /** IoT Hub, for devices. */
  hub: ['2021-04-12', '2020-09-30', '2020-03-13', '2019-10-01', '2018-06-30', '2016-11-14'],
} as const;

/** Of Microsoft.Authorization, for the caller's permissions on a resource. */
export const permissionsApiVersions = ['2022-04-01', '2018-07-01', '2015-07-01'] as const;

/** Of Microsoft.Devices/IotHubs: those of azure-mgmt-iothub, which is part of the az CLI. */
export const iotHubApiVersions = [
  ...['2021-07-02', '2023-06-30', '2022-04-30-preview', '2021-07-01', '2021-03-31', '2021-03-03-preview'],
  ...['2020-03-01', '2019-11-04', '2019-07-01-preview', '2019-03-22', '2018-04-01', '2018-01-22'],
] as const;

/** Device plane versions in which a registration can request a certificate. */
export const csrApiVersions: readonly string[] = ['2025-07-01-preview'];

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

/** Whether a plane supports an api-version (case-insensitive). */
export function isKnownApiVersion(plane: Plane, version: string): boolean {
  return (apiVersions[plane] as readonly string[]).includes(version.toLowerCase());
}
