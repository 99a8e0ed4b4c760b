/**
 * The paths of every operation, from one table: the clients fill them in, the emulator matches them.
 * Parameters are written `:name`. Azure matches paths without regard to case, and so must whoever serves these.
 *
 * Sources: azure-rest-api-specs, deviceprovisioningservices, resource-manager 2022-02-05 and data-plane 2021-10-01.
 */
const dps =
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/Microsoft.Devices/provisioningServices/:dpsName';

export const routes = {
  arm: {
    getService: { method: 'GET', path: dps },
    /** Microsoft.Authorization, of its own api-version: what the caller may do with this resource. */
    getPermissions: { method: 'GET', path: `${dps}/providers/Microsoft.Authorization/permissions` },
    listKeys: { method: 'POST', path: `${dps}/listkeys` },
    getKey: { method: 'POST', path: `${dps}/keys/:keyName/listkeys` },
    listCertificates: { method: 'GET', path: `${dps}/certificates` },
    getCertificate: { method: 'GET', path: `${dps}/certificates/:certificateName` },
    putCertificate: { method: 'PUT', path: `${dps}/certificates/:certificateName` },
    deleteCertificate: { method: 'DELETE', path: `${dps}/certificates/:certificateName` },
    generateVerificationCode: {
      method: 'POST',
      path: `${dps}/certificates/:certificateName/generateVerificationCode`,
    },
    verifyCertificate: { method: 'POST', path: `${dps}/certificates/:certificateName/verify` },
  },
  service: {
    getEnrollmentGroup: { method: 'GET', path: '/enrollmentGroups/:enrollmentGroupId' },
    putEnrollmentGroup: { method: 'PUT', path: '/enrollmentGroups/:enrollmentGroupId' },
    deleteEnrollmentGroup: { method: 'DELETE', path: '/enrollmentGroups/:enrollmentGroupId' },
    queryEnrollmentGroups: { method: 'POST', path: '/enrollmentGroups/query' },
    bulkEnrollmentGroups: { method: 'POST', path: '/enrollmentGroups' },
    getEnrollmentGroupAttestation: {
      method: 'POST',
      path: '/enrollmentGroups/:enrollmentGroupId/attestationmechanism',
    },
    getEnrollment: { method: 'GET', path: '/enrollments/:registrationId' },
    putEnrollment: { method: 'PUT', path: '/enrollments/:registrationId' },
    deleteEnrollment: { method: 'DELETE', path: '/enrollments/:registrationId' },
    queryEnrollments: { method: 'POST', path: '/enrollments/query' },
    bulkEnrollments: { method: 'POST', path: '/enrollments' },
    getEnrollmentAttestation: { method: 'POST', path: '/enrollments/:registrationId/attestationmechanism' },
    getRegistration: { method: 'GET', path: '/registrations/:registrationId' },
    deleteRegistration: { method: 'DELETE', path: '/registrations/:registrationId' },
    queryRegistrations: { method: 'POST', path: '/registrations/:enrollmentGroupId/query' },
  },
  device: {
    register: { method: 'PUT', path: '/:idScope/registrations/:registrationId/register' },
    getOperation: { method: 'GET', path: '/:idScope/registrations/:registrationId/operations/:operationId' },
    getRegistration: { method: 'POST', path: '/:idScope/registrations/:registrationId' },
  },
  hub: {
    /** Device identities: DELETE is what cleaning up after an assigned device takes. */
    getDevice: { method: 'GET', path: '/devices/:deviceId' },
    deleteDevice: { method: 'DELETE', path: '/devices/:deviceId' },
    getTwin: { method: 'GET', path: '/twins/:deviceId' },
    /** By the device, with its certificate. */
    sendMessage: { method: 'POST', path: '/devices/:deviceId/messages/events' },
  },
} as const;

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  readonly path: string;
}

/** Fills in a route's parameters, each percent-encoded. */
export function routePath(route: Route, parameters: Record<string, string>): string {
  return route.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new TypeError(`route ${route.path} lacks ${name}`);
    return encodeURIComponent(value);
  });
}
