/**
 * The operations of all planes as an OpenAPI document, from the route tables and the schemas of the contract.
 *
 * Source: OpenAPI Specification 3.1.0, whose schemas are those of JSON Schema 2020-12.
 */
import * as z from 'zod';
import { apiVersions } from '../../dps/contract/api-versions.js';
import { type Route, routes } from '../../dps/contract/routes.js';
import * as schemas from '../../dps/contract/schemas.js';
import { missingOperations } from '../dps/arm/missing-operations.js';
import { missingHubOperations } from '../hub/http/missing-hub-operations.js';
import { healthPaths } from '../wire/http/health-paths.js';

export type Plane = keyof typeof routes;

export const planes = Object.keys(routes) as Plane[];

/** One operation, supported or answered with 501. */
export interface ApiOperation {
  plane: Plane;
  name: string;
  route: Route;
  supported: boolean;
}

/** Every operation that the emulator knows, by plane. */
export const apiOperations: readonly ApiOperation[] = planes.flatMap((plane) => {
  const missing = { arm: missingOperations, hub: missingHubOperations, service: [], device: [] }[plane];
  return [
    ...Object.entries<Route>(routes[plane]).map(([name, route]) => ({
      plane,
      name,
      route,
      supported: true,
    })),
    ...missing.map(({ name, route }) => ({ plane, name, route, supported: false })),
  ];
});

/** The schemas that the operations use, by their names in the document. */
const components = {
  EnrollmentGroup: schemas.enrollmentGroup,
  IndividualEnrollment: schemas.individualEnrollment,
  AttestationMechanism: schemas.attestationMechanism,
  BulkResult: schemas.bulkResult,
  RegisterRequest: schemas.registerRequest,
  RegistrationOperation: schemas.registrationOperation,
  RegistrationState: schemas.registrationState,
  ProvisioningService: schemas.provisioningService,
  Certificate: schemas.certificateResource,
  VerificationCode: schemas.verificationCodeReply,
  SharedAccessPolicy: schemas.sharedAccessPolicy,
  NameAvailability: schemas.nameAvailability,
  IotHub: schemas.iotHubResource,
  ResourceGroup: schemas.resourceGroup,
  Subscription: schemas.azureSubscription,
  Twin: schemas.twin,
  Namespace: schemas.registryNamespace,
  CertificateAuthority: schemas.certificateAuthority,
  CertificatePolicy: schemas.certificatePolicy,
} as const;

type Component = keyof typeof components;

/** The bodies of an operation; `[]` is a list, `value:` a list of Azure Resource Manager. */
interface Bodies {
  request?: Component;
  response?: Component | `${Component}[]` | `value:${Component}`;
}

type OperationName = { [Of in Plane]: `${Of}.${keyof (typeof routes)[Of] & string}` }[Plane];

const bodies: { readonly [Name in OperationName]?: Bodies } = {
  ...enrollmentBodies('EnrollmentGroup', 'EnrollmentGroup'),
  ...enrollmentBodies('Enrollment', 'IndividualEnrollment'),
  'service.getRegistration': { response: 'RegistrationState' },
  'service.queryRegistrations': { response: 'RegistrationState[]' },
  'device.register': { request: 'RegisterRequest', response: 'RegistrationOperation' },
  'device.getOperation': { response: 'RegistrationOperation' },
  'device.getRegistration': { request: 'RegisterRequest', response: 'RegistrationState' },
  'arm.listSubscriptions': { response: 'value:Subscription' },
  'arm.getSubscription': { response: 'Subscription' },
  'arm.listResourceGroups': { response: 'value:ResourceGroup' },
  'arm.getResourceGroup': { response: 'ResourceGroup' },
  'arm.putResourceGroup': { response: 'ResourceGroup' },
  'arm.listServices': { response: 'value:ProvisioningService' },
  'arm.listServicesInSubscription': { response: 'value:ProvisioningService' },
  'arm.getService': { response: 'ProvisioningService' },
  'arm.patchService': { response: 'ProvisioningService' },
  'arm.checkNameAvailability': { response: 'NameAvailability' },
  'arm.listKeys': { response: 'value:SharedAccessPolicy' },
  'arm.getKey': { response: 'SharedAccessPolicy' },
  'arm.listCertificates': { response: 'value:Certificate' },
  'arm.getCertificate': { response: 'Certificate' },
  'arm.putCertificate': { response: 'Certificate' },
  'arm.generateVerificationCode': { response: 'VerificationCode' },
  'arm.verifyCertificate': { response: 'Certificate' },
  'arm.listIotHubs': { response: 'value:IotHub' },
  'arm.listIotHubsInSubscription': { response: 'value:IotHub' },
  'arm.getIotHub': { response: 'IotHub' },
  'arm.patchIotHub': { response: 'IotHub' },
  'arm.checkIotHubName': { response: 'NameAvailability' },
  'arm.listIotHubKeys': { response: 'value:SharedAccessPolicy' },
  'arm.getIotHubKey': { response: 'SharedAccessPolicy' },
  'arm.listNamespaces': { response: 'value:Namespace' },
  'arm.listNamespacesInSubscription': { response: 'value:Namespace' },
  'arm.getNamespace': { response: 'Namespace' },
  'arm.putNamespace': { response: 'Namespace' },
  'arm.patchNamespace': { response: 'Namespace' },
  'arm.listCertificateAuthorities': { response: 'value:CertificateAuthority' },
  'arm.getCertificateAuthority': { response: 'CertificateAuthority' },
  'arm.putCertificateAuthority': { response: 'CertificateAuthority' },
  'arm.patchCertificateAuthority': { response: 'CertificateAuthority' },
  'arm.listCertificatePolicies': { response: 'value:CertificatePolicy' },
  'arm.getCertificatePolicy': { response: 'CertificatePolicy' },
  'arm.putCertificatePolicy': { response: 'CertificatePolicy' },
  'arm.patchCertificatePolicy': { response: 'CertificatePolicy' },
  'hub.getTwin': { response: 'Twin' },
  'hub.patchTwin': { response: 'Twin' },
  'hub.putTwin': { response: 'Twin' },
};

function enrollmentBodies(
  name: 'EnrollmentGroup' | 'Enrollment',
  enrollment: 'EnrollmentGroup' | 'IndividualEnrollment',
): { readonly [Name in OperationName]?: Bodies } {
  return {
    [`service.get${name}`]: { response: enrollment },
    [`service.put${name}`]: { request: enrollment, response: enrollment },
    [`service.query${name}s`]: { response: `${enrollment}[]` },
    [`service.bulk${name}s`]: { response: 'BulkResult' },
    [`service.get${name}Attestation`]: { response: 'AttestationMechanism' },
  };
}

/** Of the emulator itself, not of a plane: without a token and an api-version. */
const healthOperations = {
  [healthPaths.health]: healthOperation('health', 'Answers as soon as the emulator listens', {
    200: 'The emulator runs',
  }),
  [healthPaths.ready]: healthOperation('ready', 'Whether the emulator can be used', {
    200: 'Every plane and protocol is open, and the state can be read',
    503: 'The emulator is starting or being reset, or cannot read its state',
  }),
};

function healthOperation(name: string, summary: string, answers: Record<number, string>): unknown {
  const schema = {
    type: 'object',
    properties: { status: { enum: ['healthy', 'ready', 'notReady'] } },
    required: ['status'],
  };
  return {
    get: {
      operationId: `emulator_${name}`,
      summary,
      tags: ['emulator'],
      security: [],
      responses: Object.fromEntries(
        Object.entries(answers).map(([status, description]) => [
          status,
          { description, content: jsonOf(schema) },
        ]),
      ),
    },
  };
}

/** How callers of a plane authenticate: in any one of these ways. */
const security: Record<Plane, readonly Record<string, string[]>[]> = {
  arm: [{ bearer: [] }],
  service: [{ sharedAccessSignature: [] }, { bearer: [] }],
  device: [{ clientCertificate: [] }, { sharedAccessSignature: [] }],
  hub: [{ sharedAccessSignature: [] }, { bearer: [] }, { clientCertificate: [] }],
};

const descriptions: Record<Plane, string> = {
  arm: 'Azure Resource Manager',
  service: 'Device Provisioning Service, service plane',
  device: 'Device Provisioning Service, device plane',
  hub: 'IoT Hub',
};

/** @param server the address of the emulator, `https://host:port` */
export function openApiDocument(server: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of apiOperations) {
    const path = operation.route.path.replace(/:(\w+)/g, '{$1}');
    const method = operation.route.method.toLowerCase();
    paths[path] = { ...paths[path], [method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'enrollkit emulator',
      version: apiVersions.service[0],
      description:
        'Azure Resource Manager, Device Provisioning Service and IoT Hub, as the emulator serves them over HTTPS. Schemas are those that clients of Azure may rely on; replies can have more members.',
    },
    servers: [{ url: server }],
    tags: [...planes.map((name) => ({ name, description: descriptions[name] })), { name: 'emulator' }],
    paths: { ...paths, ...healthOperations },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        sharedAccessSignature: { type: 'apiKey', in: 'header', name: 'Authorization' },
        clientCertificate: { type: 'mutualTLS' },
      },
      schemas: Object.fromEntries(
        Object.entries(components).map(([name, schema]) => {
          const { $schema: _, ...plain } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
          return [name, plain];
        }),
      ),
    },
  };
}

function describe({ plane, name, route, supported }: ApiOperation): Record<string, unknown> {
  const { request, response }: Bodies = bodies[`${plane}.${name}` as OperationName] ?? {};
  return {
    operationId: `${plane}_${name}`,
    tags: [plane],
    security: security[plane],
    parameters: [
      ...[...route.path.matchAll(/:(\w+)/g)].map(([, parameter]) => ({
        name: parameter,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      {
        name: 'api-version',
        in: 'query',
        required: true,
        schema: { type: 'string', examples: [apiVersions[plane][0]] },
      },
    ],
    ...(request === undefined
      ? {}
      : { requestBody: { required: true, content: jsonOf(reference(request)) } }),
    responses: supported
      ? {
          '2XX': {
            description: 'Success',
            ...(response === undefined ? {} : { content: jsonOf(schemaOf(response)) }),
          },
          default: { description: 'An error, in the form of the plane' },
        }
      : { 501: { description: 'Not implemented by the emulator' } },
  };
}

function jsonOf(schema: unknown): Record<string, unknown> {
  return { 'application/json': { schema } };
}

function schemaOf(response: NonNullable<Bodies['response']>): unknown {
  if (response.startsWith('value:')) {
    const items = reference(response.slice('value:'.length));
    return { type: 'object', properties: { value: { type: 'array', items } } };
  }
  if (response.endsWith('[]')) return { type: 'array', items: reference(response.slice(0, -2)) };
  return reference(response);
}

function reference(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}
