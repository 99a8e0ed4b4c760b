/** The ARM plane: provisioning services, their keys and CA certificates, resource groups and hubs. Callers bring the ARM token. */
import { randomUUID } from 'node:crypto';
import type { AccessTokens } from '../../access/access-tokens.js';
import { bind } from '../../wire/http/operation.js';
import type { HttpPlane } from '../../wire/http/plane.js';
import type { HttpRequest } from '../../wire/http/request.js';
import type { ServedApiVersions } from '../../wire/served-api-versions.js';
import { dpsBodies } from '../dps-plane.js';
import { ArmError, toArmErrorReply } from './arm-error.js';
import { certificateOperations } from './certificate-operations.js';
import { consumerGroupOperations } from './consumer-group-operations.js';
import { hubLifecycle } from './hub-lifecycle.js';
import { hubOperations } from './hub-operations.js';
import { missingOperations } from './missing-operations.js';
import { PendingChanges } from './pending-changes.js';
import { authorityOperations } from './registry/authority-operations.js';
import { credentialOperations, registryOperationStatus } from './registry/credential-operations.js';
import { namespaceOperations } from './registry/namespace-operations.js';
import { resourceGroupOperations } from './resource-group-operations.js';
import { requireService, type Subscription } from './scope.js';
import { serviceLifecycle } from './service-lifecycle.js';
import { serviceOperations } from './service-operations.js';

export interface ArmPlaneOptions extends Omit<Subscription, 'pending'> {
  tokens: AccessTokens;
  versions: ServedApiVersions;
}

/** The ARM plane of one subscription. */
export function armPlane({ tokens, versions, ...scope }: ArmPlaneOptions): HttpPlane {
  const subscription: Subscription = { ...scope, pending: new PendingChanges(scope.retryAfter) };

  function authorize(request: HttpRequest): void {
    if (tokens.accepts(request.header('authorization'), 'arm')) return;
    throw new ArmError('unauthenticated', 'The access token is missing or is not that of this emulator.');
  }

  return {
    name: 'arm',
    operations: [
      ...bind(
        [
          ...resourceGroupOperations,
          ...serviceLifecycle,
          ...hubOperations,
          ...hubLifecycle,
          ...consumerGroupOperations,
          ...namespaceOperations,
          ...authorityOperations,
          ...credentialOperations,
          ...registryOperationStatus,
        ],
        {
          find: () => subscription,
          authorize,
        },
      ),
      ...bind([...serviceOperations, ...certificateOperations], {
        find: ({ parameters }) => ({ service: requireService(parameters, subscription), subscription }),
        authorize,
      }),
      ...bind(missingOperations, { find: () => subscription, authorize }),
    ],
    ...dpsBodies,
    speaks: (apiVersion, known) => versions.serves('arm', 'https', apiVersion, known),
    toErrorReply: (error, requestId) => toArmErrorReply(error, requestId, scope.now()),
    // Azure Resource Manager RPC, "Common API details": a client's own ID is given back.
    replyHeaders: (request) => ({
      'x-ms-correlation-request-id': request.header('x-ms-correlation-request-id') ?? randomUUID(),
    }),
    // Microsoft Learn, REST API "Resource Groups - Check Existence" and "Resources - Check Existence By Id": 204 when it
    // exists, 404 when it does not.
    toHeadReply(reply, { route }) {
      const isResource = route.path.includes('/resourceGroups/:resourceGroup');
      return isResource && reply.status === 200 ? { ...reply, status: 204, body: undefined } : reply;
    },
  };
}
