/**
 * The paths of all operations, in one table: the clients fill them in, and the emulator matches them. Parameters are
 * written `:name`. Azure matches paths case-insensitively, and so must servers.
 *
 * Sources: azure-rest-api-specs, deviceprovisioningservices, resource-manager 2022-02-05 and data-plane 2021-10-01;
 * iothub, resource-manager 2021-07-02; deviceregistry, resource-manager 2026-11-01, and 2026-03-01-preview for credentials.
 */
const subscription = '/subscriptions/:subscriptionId';
const resourceGroup = `${subscription}/resourceGroups/:resourceGroup`;
const provider = 'providers/Microsoft.Devices';
const iotHub = `${resourceGroup}/${provider}/IotHubs/:hubName`;
const consumerGroups = `${iotHub}/eventHubEndpoints/:endpointName/ConsumerGroups`;
const dps = `${resourceGroup}/${provider}/provisioningServices/:dpsName`;

const registry = 'providers/Microsoft.DeviceRegistry';
const namespaces = `${resourceGroup}/${registry}/namespaces`;
const namespace = `${namespaces}/:namespaceName`;
const authorities = `${namespace}/certificateAuthorities`;
const authority = `${authorities}/:certificateAuthorityName`;
const certificatePolicy = `${authority}/certificatePolicies/:certificatePolicyName`;
const credential = `${namespace}/credentials/:credentialName`;
const credentialPolicy = `${credential}/policies/:policyName`;

export const routes = {
  arm: {
    /** Microsoft.Resources, with its own api-versions. */
    listSubscriptions: { method: 'GET', path: '/subscriptions' },
    getSubscription: { method: 'GET', path: subscription },
    listResourceGroups: { method: 'GET', path: `${subscription}/resourceGroups` },
    getResourceGroup: { method: 'GET', path: resourceGroup },
    putResourceGroup: { method: 'PUT', path: resourceGroup },
    deleteResourceGroup: { method: 'DELETE', path: resourceGroup },
    listResourcesOfGroup: { method: 'GET', path: `${resourceGroup}/resources` },
    getSubscriptionOperationResult: { method: 'GET', path: `${subscription}/operationresults/:operationId` },
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
    /** Microsoft.Authorization, with its own api-version: the caller's permissions on this resource. */
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
    /** Microsoft.Devices/IotHubs, with its own api-versions. */
    listIotHubs: { method: 'GET', path: `${resourceGroup}/${provider}/IotHubs` },
    listIotHubsInSubscription: { method: 'GET', path: `${subscription}/${provider}/IotHubs` },
    getIotHub: { method: 'GET', path: iotHub },
    putIotHub: { method: 'PUT', path: iotHub },
    patchIotHub: { method: 'PATCH', path: iotHub },
    deleteIotHub: { method: 'DELETE', path: iotHub },
    getIotHubOperationResult: { method: 'GET', path: `${iotHub}/operationResults/:operationId` },
    listIotHubKeys: { method: 'POST', path: `${iotHub}/listkeys` },
    getIotHubKey: { method: 'POST', path: `${iotHub}/IotHubKeys/:keyName/listkeys` },
    listConsumerGroups: { method: 'GET', path: consumerGroups },
    getConsumerGroup: { method: 'GET', path: `${consumerGroups}/:groupName` },
    putConsumerGroup: { method: 'PUT', path: `${consumerGroups}/:groupName` },
    deleteConsumerGroup: { method: 'DELETE', path: `${consumerGroups}/:groupName` },
    checkIotHubName: { method: 'POST', path: `${subscription}/${provider}/checkNameAvailability` },
    /** Microsoft.DeviceRegistry, with its own api-versions. */
    listNamespaces: { method: 'GET', path: namespaces },
    listNamespacesInSubscription: { method: 'GET', path: `${subscription}/${registry}/namespaces` },
    getNamespace: { method: 'GET', path: namespace },
    putNamespace: { method: 'PUT', path: namespace },
    patchNamespace: { method: 'PATCH', path: namespace },
    deleteNamespace: { method: 'DELETE', path: namespace },
    listCertificateAuthorities: { method: 'GET', path: authorities },
    getCertificateAuthority: { method: 'GET', path: authority },
    putCertificateAuthority: { method: 'PUT', path: authority },
    patchCertificateAuthority: { method: 'PATCH', path: authority },
    deleteCertificateAuthority: { method: 'DELETE', path: authority },
    activateCertificateAuthority: { method: 'POST', path: `${authority}/activate` },
    revokeAndRotateCertificateAuthority: { method: 'POST', path: `${authority}/revokeAndRotate` },
    listCertificatePolicies: { method: 'GET', path: `${authority}/certificatePolicies` },
    getCertificatePolicy: { method: 'GET', path: certificatePolicy },
    putCertificatePolicy: { method: 'PUT', path: certificatePolicy },
    patchCertificatePolicy: { method: 'PATCH', path: certificatePolicy },
    deleteCertificatePolicy: { method: 'DELETE', path: certificatePolicy },
    /** Up to 2026-03-01-preview. */
    listCredentials: { method: 'GET', path: `${namespace}/credentials` },
    getCredential: { method: 'GET', path: credential },
    putCredential: { method: 'PUT', path: credential },
    deleteCredential: { method: 'DELETE', path: credential },
    synchronizeCredential: { method: 'POST', path: `${credential}/synchronize` },
    listCredentialPolicies: { method: 'GET', path: `${credential}/policies` },
    getCredentialPolicy: { method: 'GET', path: credentialPolicy },
    putCredentialPolicy: { method: 'PUT', path: credentialPolicy },
    patchCredentialPolicy: { method: 'PATCH', path: credentialPolicy },
    deleteCredentialPolicy: { method: 'DELETE', path: credentialPolicy },
    revokeCredentialPolicyIssuer: { method: 'POST', path: `${credentialPolicy}/revokeIssuer` },
    activateBringYourOwnRoot: { method: 'POST', path: `${credentialPolicy}/activateBringYourOwnRoot` },
    getRegistryOperationStatus: {
      method: 'GET',
      path: `${subscription}/${registry}/locations/:location/operationStatuses/:operationId`,
    },
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
    /** Device identities. */
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
    /** Sent by the service to the device in the header `iothub-to`. */
    sendToDevice: { method: 'POST', path: '/messages/deviceBound' },
    /** Feedback on those, for the service. */
    receiveFeedback: { method: 'GET', path: '/messages/serviceBound/feedback' },
    completeFeedback: { method: 'DELETE', path: '/messages/serviceBound/feedback/:lockToken' },
    abandonFeedback: { method: 'POST', path: '/messages/serviceBound/feedback/:lockToken/abandon' },
    purgeMessages: { method: 'DELETE', path: '/devices/:deviceId/commands' },
    /** For the device, with its own credentials. */
    sendMessage: { method: 'POST', path: '/devices/:deviceId/messages/events' },
    receiveMessage: { method: 'GET', path: '/devices/:deviceId/messages/deviceBound' },
    /** Rejects if the query has `reject`. */
    completeMessage: { method: 'DELETE', path: '/devices/:deviceId/messages/deviceBound/:lockToken' },
    abandonMessage: { method: 'POST', path: '/devices/:deviceId/messages/deviceBound/:lockToken/abandon' },
  },
} as const;

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  readonly path: string;
}

/** Fills in a route's parameters, percent-encoded. */
export function routePath(route: Route, parameters: Record<string, string>): string {
  return route.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new TypeError(`route ${route.path} lacks ${name}`);
    return encodeURIComponent(value);
  });
}
