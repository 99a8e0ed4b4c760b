/**
 * The paths of every operation, from one table: the clients fill them in, the emulator matches them.
 * Parameters are written `:name`. Azure matches paths without regard to case, and so must whoever serves these.
 *
 * Sources: azure-rest-api-specs, deviceprovisioningservices, resource-manager 2022-02-05 and data-plane 2021-10-01;
 * iothub, resource-manager 2021-07-02.
 */
const subscription = '/subscriptions/:subscriptionId';
const resourceGroup = `${subscription}/resourceGroups/:resourceGroup`;
const provider = 'providers/Microsoft.Devices';
const iotHub = `${resourceGroup}/${provider}/IotHubs/:hubName`;
const dps = `${resourceGroup}/${provider}/provisioningServices/:dpsName`;

export const routes = {
  arm: {
    /** Microsoft.Resources, of its own api-versions. */
    listSubscriptions: { method: 'GET', path: '/subscriptions' },
    getSubscription: { method: 'GET', path: subscription },
    listResourceGroups: { method: 'GET', path: `${subscription}/resourceGroups` },
    getResourceGroup: { method: 'GET', path: resourceGroup },
    putResourceGroup: { method: 'PUT', path: resourceGroup },
    listServices: { method: 'GET', path: `${resourceGroup}/${provider}/provisioningServices` },
    listServicesInSubscription: { method: 'GET', path: `${subscription}/${provider}/provisioningServices` },
    checkNameAvailability: {
      method: 'POST',
      path: `${subscription}/${provider}/checkProvisioningServiceNameAvailability`,
    },
    putService: { method: 'PUT', path: dps },
    patchService: { method: 'PATCH', path: dps },
    deleteService: { method: 'DELETE', path: dps },
    getOperationResult: { method: 'GET', path: `${dps}/operationresults/:operationId` },
    listSkus: { method: 'GET', path: `${dps}/skus` },
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
    /** Microsoft.Devices/IotHubs, of its own api-versions. */
    listIotHubs: { method: 'GET', path: `${resourceGroup}/${provider}/IotHubs` },
    listIotHubsInSubscription: { method: 'GET', path: `${subscription}/${provider}/IotHubs` },
    getIotHub: { method: 'GET', path: iotHub },
    listIotHubKeys: { method: 'POST', path: `${iotHub}/listkeys` },
    getIotHubKey: { method: 'POST', path: `${iotHub}/IotHubKeys/:keyName/listkeys` },
    checkIotHubName: { method: 'POST', path: `${subscription}/${provider}/checkNameAvailability` },
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
    putDevice: { method: 'PUT', path: '/devices/:deviceId' },
    deleteDevice: { method: 'DELETE', path: '/devices/:deviceId' },
    listDevices: { method: 'GET', path: '/devices' },
    bulkDevices: { method: 'POST', path: '/devices' },
    queryDevices: { method: 'POST', path: '/devices/query' },
    getStatistics: { method: 'GET', path: '/statistics/devices' },
    getServiceStatistics: { method: 'GET', path: '/statistics/service' },
    getTwin: { method: 'GET', path: '/twins/:deviceId' },
    patchTwin: { method: 'PATCH', path: '/twins/:deviceId' },
    putTwin: { method: 'PUT', path: '/twins/:deviceId' },
    invokeMethod: { method: 'POST', path: '/twins/:deviceId/methods' },
    /** By the service, to the device that the header `iothub-to` names. */
    sendToDevice: { method: 'POST', path: '/messages/deviceBound' },
    /** What became of those, for the service. */
    receiveFeedback: { method: 'GET', path: '/messages/serviceBound/feedback' },
    completeFeedback: { method: 'DELETE', path: '/messages/serviceBound/feedback/:lockToken' },
    abandonFeedback: { method: 'POST', path: '/messages/serviceBound/feedback/:lockToken/abandon' },
    purgeMessages: { method: 'DELETE', path: '/devices/:deviceId/commands' },
    /** By the device, with its own credentials. */
    sendMessage: { method: 'POST', path: '/devices/:deviceId/messages/events' },
    receiveMessage: { method: 'GET', path: '/devices/:deviceId/messages/deviceBound' },
    /** Rejects with the query `reject`. */
    completeMessage: { method: 'DELETE', path: '/devices/:deviceId/messages/deviceBound/:lockToken' },
    abandonMessage: { method: 'POST', path: '/devices/:deviceId/messages/deviceBound/:lockToken/abandon' },
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
