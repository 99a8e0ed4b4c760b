/** The ARM plane: provisioning services, their keys, and their CA certificates. Callers bring the ARM token. */
import type { AccessTokens } from '../../access/access-tokens.js';
import type { HttpPlane, OperationRequest } from '../../wire/http/operation.js';
import { perService } from '../per-service.js';
import type { ProvisioningService } from '../provisioning-service.js';
import { ArmError, toArmErrorReply } from './arm-error.js';
import { certificateOperations } from './certificates.js';
import { iotHubOperations } from './iot-hubs.js';
import { abridge, findResourceGroup, same } from './scope.js';
import { serviceOperations } from './service.js';
import { type ServicesOptions, servicesOperations } from './services.js';
import { subscriptionOperations } from './subscriptions.js';

export interface ArmOptions extends ServicesOptions {
  /** The resource group of all hubs. */
  hubResourceGroup: string;
  tokens: AccessTokens;
  now: () => Date;
}

export function armPlane(options: ArmOptions): HttpPlane {
  const { tokens, services, deviceHostName, now } = options;
  const build = (service: ProvisioningService) => {
    const of = { service, deviceHostName, now };
    return [...serviceOperations(of), ...certificateOperations(of)];
  };
  return {
    name: 'arm',
    operations: [
      ...subscriptionOperations(options),
      ...servicesOperations(options),
      ...iotHubOperations(options),
      ...perService(services.list()[0]!, build, choose),
    ],
    authorize({ header }) {
      if (!tokens.accepts(header('authorization'), 'arm')) {
        throw new ArmError('unauthenticated', 'The access token is missing or is not that of this emulator.');
      }
    },
    toErrorReply: toArmErrorReply,
  };

  /** The service of the path, which is checked before anything else. */
  function choose({ parameters }: OperationRequest): ProvisioningService {
    const group = findResourceGroup(parameters, options);
    const dpsName = parameters.dpsName ?? '';
    const service = services.get(dpsName);
    if (service && same(service.identity.resourceGroup, group.name)) return service;
    throw new ArmError('notFound', `The provisioning service '${abridge(dpsName)}' could not be found.`);
  }
}
