/**
 * The bodies of requests and replies, as zod schemas: the clients derive their types from them, and the emulator
 * validates requests with them. Unknown fields are ignored, as in the service.
 *
 * Sources: azure-rest-api-specs, deviceprovisioningservices, resource-manager 2022-02-05 and data-plane 2021-10-01.
 */
import * as z from 'zod';

export const allocationPolicies = ['hashed', 'geoLatency', 'static', 'custom'] as const;
export type AllocationPolicy = (typeof allocationPolicies)[number];
export const provisioningStatuses = ['enabled', 'disabled'] as const;
export const attestationTypes = ['none', 'tpm', 'x509', 'symmetricKey'] as const;

const twinCollection = z.record(z.string(), z.unknown());

export const initialTwin = z.object({
  tags: twinCollection.nullish(),
  properties: z.object({ desired: twinCollection.nullish() }).nullish(),
});
export type InitialTwin = z.infer<typeof initialTwin>;

const customAllocationDefinition = z.object({
  webhookUrl: z.string(),
  /** Service plane api-version of the enrollment that is sent to the webhook. */
  apiVersion: z.string(),
});
export type CustomAllocationDefinition = z.infer<typeof customAllocationDefinition>;

export const certificateInfo = z.object({
  subjectName: z.string(),
  /** Upper-case hexadecimal, without colons. */
  sha1Thumbprint: z.string(),
  sha256Thumbprint: z.string(),
  issuerName: z.string(),
  notBeforeUtc: z.string(),
  notAfterUtc: z.string(),
  /** Upper-case hexadecimal. */
  serialNumber: z.string(),
  version: z.number().int(),
});
export type CertificateInfo = z.infer<typeof certificateInfo>;

const certificateWithInfo = z.object({
  /** PEM, base64 of PEM, or base64 of DER; absent in replies. */
  certificate: z.string().nullish(),
  info: certificateInfo.partial().nullish(),
});
const certificatePair = z.object({
  primary: certificateWithInfo.nullish(),
  secondary: certificateWithInfo.nullish(),
});

const x509Attestation = z.object({
  clientCertificates: certificatePair.nullish(),
  signingCertificates: certificatePair.nullish(),
  /** Names of certificates in DPS, uploaded through ARM. */
  caReferences: z.object({ primary: z.string().nullish(), secondary: z.string().nullish() }).nullish(),
});

export const attestationMechanism = z.object({
  type: z.enum(attestationTypes),
  x509: x509Attestation.nullish(),
  symmetricKey: z.object({ primaryKey: z.string().nullish(), secondaryKey: z.string().nullish() }).nullish(),
});

/** The common members of enrollment groups and individual enrollments. */
const enrollmentFields = {
  attestation: attestationMechanism,
  /** Without IoT Edge by default. */
  capabilities: z.object({ iotEdge: z.boolean().nullish() }).nullish(),
  iotHubHostName: z.string().nullish(),
  iotHubs: z.array(z.string()).nullish(),
  allocationPolicy: z.enum(allocationPolicies).nullish(),
  customAllocationDefinition: customAllocationDefinition.nullish(),
  provisioningStatus: z.enum(provisioningStatuses).nullish(),
  /** Both are true by default. */
  reprovisionPolicy: z
    .object({ updateHubAssignment: z.boolean().nullish(), migrateDeviceData: z.boolean().nullish() })
    .nullish(),
  initialTwin: initialTwin.nullish(),
  /** Since api-version 2025-07-01-preview: the policy for the certificates that its devices request. */
  credentialPolicyName: z.string().nullish(),
  /** Since 2026-11-01, in its place: all three, or none. */
  namespaceName: z.string().nullish(),
  certificateAuthorityName: z.string().nullish(),
  certificatePolicyName: z.string().nullish(),
  etag: z.string().nullish(),
  createdDateTimeUtc: z.string().nullish(),
  lastUpdatedDateTimeUtc: z.string().nullish(),
};

export const enrollmentGroup = z.object({ enrollmentGroupId: z.string(), ...enrollmentFields });
/** As sent: members with a default can be absent. */
export type EnrollmentGroup = z.input<typeof enrollmentGroup>;

export const individualEnrollment = z.object({
  registrationId: z.string(),
  /** The device's ID in its hub; by default the registration ID. */
  deviceId: z.string().nullish(),
  ...enrollmentFields,
  optionalDeviceInformation: twinCollection.nullish(),
});
export type IndividualEnrollment = z.input<typeof individualEnrollment> & {
  /** In replies only. */
  registrationState?: RegistrationState;
};

/** Modes of a bulk request. */
export const bulkModes = ['create', 'update', 'updateIfMatchETag', 'delete'] as const;

/** The error of one enrollment in a bulk request; it has one of the two IDs. */
const bulkError = z.object({
  registrationId: z.string().optional(),
  enrollmentGroupId: z.string().optional(),
  errorCode: z.number(),
  errorStatus: z.string(),
});
export type BulkError = z.infer<typeof bulkError>;

export const bulkResult = z.object({
  /** Whether all enrollments succeeded. */
  isSuccessful: z.boolean(),
  errors: z
    .array(bulkError)
    .nullish()
    .transform((errors) => errors ?? []),
});
export type BulkResult = z.infer<typeof bulkResult>;

const registrationStatuses = ['unassigned', 'assigning', 'assigned', 'failed', 'disabled'] as const;

/** A registration record; the device plane calls it `registrationState`. */
export const registrationState = z.object({
  registrationId: z.string().nullish(),
  createdDateTimeUtc: z.string().nullish(),
  assignedHub: z.string().nullish(),
  deviceId: z.string().nullish(),
  status: z.enum(registrationStatuses),
  substatus: z
    .enum(['initialAssignment', 'deviceDataMigrated', 'deviceDataReset', 'reprovisionedToInitialAssignment'])
    .nullish(),
  errorCode: z.number().nullish(),
  errorMessage: z.string().nullish(),
  lastUpdatedDateTimeUtc: z.string().nullish(),
  etag: z.string().nullish(),
  payload: z.unknown().optional(),
  /** `classic` or `mqttV5`; absent means `classic`. */
  connectionProfile: z.string().nullish(),
  /** Base64 of DER, from the device's certificate to the root; only in replies to a certificate request. */
  issuedCertificateChain: z.array(z.string()).nullish(),
  x509: z.unknown().optional(),
  symmetricKey: z.unknown().optional(),
});
export type RegistrationState = z.infer<typeof registrationState>;

/** The device plane's reply to a registration or poll. */
export const registrationOperation = z.object({
  operationId: z.string().nullish(),
  status: z.enum(registrationStatuses),
  registrationState: registrationState.nullish(),
});
export type RegistrationOperation = z.infer<typeof registrationOperation>;

export const registerRequest = z.object({
  registrationId: z.string().nullish(),
  payload: z.unknown().optional(),
  /** A certificate request, base64 of DER; see firstCsrApiVersion. */
  csr: z.string().nullish(),
});

/** A certificate resource of ARM. Dates are RFC 1123 strings, the thumbprint is SHA-1 in upper-case hexadecimal. */
export const certificateResource = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  etag: z.string(),
  properties: z.object({
    subject: z.string(),
    expiry: z.string(),
    thumbprint: z.string(),
    isVerified: z.boolean(),
    created: z.string(),
    updated: z.string(),
    /** Base64 of DER or of PEM. */
    certificate: z.string().nullish(),
    /** Only in the reply to generateVerificationCode. */
    verificationCode: z.string().nullish(),
  }),
});
export type CertificateResource = z.infer<typeof certificateResource>;

/**
 * The members of the reply to generateVerificationCode that enrollkit uses: the specification's example has no etag.
 */
export const verificationCodeReply = z.object({
  etag: z.string().nullish(),
  properties: z.object({ verificationCode: z.string().min(1) }),
});

const linkedHub = z.object({
  /** The hub's host name. */
  name: z.string(),
  connectionString: z.string().nullish(),
  location: z.string().nullish(),
  applyAllocationPolicy: z.boolean().nullish(),
  allocationWeight: z.number().nullish(),
});
export type LinkedHub = z.infer<typeof linkedHub>;

/** A provisioning service, as ARM describes it when it is active. */
export const provisioningService = z.object({
  id: z.string(),
  name: z.string(),
  location: z.string(),
  etag: z.string().nullish(),
  properties: z.object({
    state: z.string().nullish(),
    provisioningState: z.string().nullish(),
    allocationPolicy: z.string().nullish(),
    idScope: z.string(),
    serviceOperationsHostName: z.string(),
    deviceProvisioningHostName: z.string(),
    iotHubs: z.array(linkedHub).nullish(),
  }),
});
export type ProvisioningService = z.infer<typeof provisioningService>;

/** A provisioning service that is still being made: it has no ID scope and no host names yet. */
export const activatingService = z.object({
  properties: z.object({ state: z.string().nullish(), idScope: z.null().optional() }),
});

const tags = z
  .record(z.string(), z.string())
  .nullish()
  .transform((given) => given ?? {});

/** A provisioning service as ARM lists it, in any state. */
export const accountService = z.object({
  id: z.string(),
  name: z.string(),
  location: z.string(),
  etag: z.string().nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
  sku: z.object({ name: z.string(), capacity: z.number().nullish() }).nullish(),
  properties: z.object({
    state: z.string().nullish(),
    provisioningState: z.string().nullish(),
    allocationPolicy: z.string().nullish(),
    idScope: z.string().nullish(),
    serviceOperationsHostName: z.string().nullish(),
    deviceProvisioningHostName: z.string().nullish(),
    iotHubs: z.array(linkedHub).nullish(),
  }),
});
export type AccountService = z.infer<typeof accountService>;

/** An IoT hub as ARM lists it, in any state. */
export const iotHubResource = z.object({
  id: z.string(),
  name: z.string(),
  location: z.string(),
  tags,
  sku: z.object({ name: z.string(), capacity: z.number().nullish() }).nullish(),
  properties: z.object({
    state: z.string().nullish(),
    provisioningState: z.string().nullish(),
    hostName: z.string().nullish(),
  }),
});
export type IotHubResource = z.infer<typeof iotHubResource>;

export const resourceGroup = z.object({ id: z.string(), name: z.string(), location: z.string(), tags });
export type ResourceGroup = z.infer<typeof resourceGroup>;

export const azureSubscription = z.object({
  subscriptionId: z.string(),
  displayName: z.string(),
  state: z.string().nullish(),
});

/** A resource of any kind, as ARM lists those of a resource group. */
export const genericResource = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  location: z.string().nullish(),
  tags,
});

const provisioningState = z.string().nullish();

const callerIdentity = z.object({ type: z.string(), userAssignedIdentity: z.string().nullish() });

const registryEndpoint = z.object({
  endpointType: z.string(),
  resourceId: z.string().nullish(),
  inboundCallerIdentity: callerIdentity.nullish(),
  linkingState: z.string().nullish(),
});
export type RegistryEndpoint = z.infer<typeof registryEndpoint>;

const registryEndpoints = z.object({ endpoints: z.record(z.string(), registryEndpoint).nullish() }).nullish();

/** A namespace of Azure Device Registry, since api-version 2026-11-01. */
export const registryNamespace = z.object({
  id: z.string(),
  name: z.string(),
  location: z.string(),
  tags,
  properties: z.object({
    uuid: z.string().nullish(),
    provisioning: registryEndpoints,
    messaging: registryEndpoints,
    provisioningState,
  }),
});
export type RegistryNamespace = z.infer<typeof registryNamespace>;

/** A CA of a namespace: `Root`, or `ICA`, which a root of the namespace or an external CA signs. */
export const certificateAuthority = z.object({
  id: z.string(),
  name: z.string(),
  location: z.string().nullish(),
  tags,
  properties: z.object({
    certificateAuthorityType: z.string(),
    keyType: z.string().nullish(),
    uuid: z.string().nullish(),
    subject: z.string().nullish(),
    validityNotBefore: z.string().nullish(),
    validityNotAfter: z.string().nullish(),
    issuer: z
      .object({
        issuerType: z.string(),
        certificateAuthorityResourceId: z.string().nullish(),
        /** PEM; of an external issuer. */
        certificateSigningRequest: z.string().nullish(),
        thumbprint: z.string().nullish(),
        /** `PendingActivation`, `Active`, `ActiveButPendingRenewal`. */
        status: z.string().nullish(),
      })
      .nullish(),
    provisioningState,
  }),
});
export type CertificateAuthority = z.infer<typeof certificateAuthority>;

export const certificatePolicy = z.object({
  id: z.string(),
  name: z.string(),
  location: z.string().nullish(),
  tags,
  properties: z.object({
    uuid: z.string().nullish(),
    certificate: z.object({ validityPeriodInDays: z.number() }).nullish(),
    provisioningState,
  }),
});
export type CertificatePolicy = z.infer<typeof certificatePolicy>;

export const nameAvailability = z.object({
  nameAvailable: z.boolean(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
});

/** A shared access policy; `rights` is one string, comma-joined. */
export const sharedAccessPolicy = z.object({
  keyName: z.string(),
  primaryKey: z.string().nullish(),
  secondaryKey: z.string().nullish(),
  rights: z.string(),
});
export type SharedAccessPolicy = z.infer<typeof sharedAccessPolicy>;

export const twin = z.object({
  desired: z.record(z.string(), z.unknown()),
  reported: z.record(z.string(), z.unknown()),
});
export type Twin = z.infer<typeof twin>;
