/** The ARM plane: provisioning services, their keys, and their CA certificates. Callers bring the ARM token. */
import type { AccessTokens } from '../../access-tokens.js';
import type { ProvisioningService, ServiceDirectory } from '../../service-directory.js';
import type { Identity } from '../../state/identity.js';
import type { HttpPlane, OperationRequest } from '../operation.js';
import { perService } from '../per-service.js';
import { certificateOperations } from './certificates.js';
import { ArmError, toArmErrorReply } from './error.js';
import { serviceOperations } from './service.js';

export interface ArmOptions {
  identity: Identity;
  tokens: AccessTokens;
  services: ServiceDirectory;
  /** The name that devices dial, whichever service they mean. */
  deviceHostName: () => string;
  now: () => Date;
}

export function armPlane({ identity, tokens, services, deviceHostName, now }: ArmOptions): HttpPlane {
  const build = (service: ProvisioningService) => {
    const options = { service, deviceHostName, now };
    return [...serviceOperations(options), ...certificateOperations(options)];
  };
  return {
    name: 'arm',
    operations: perService(services.list()[0]!, build, choose),
    authorize({ header }) {
      if (!tokens.accepts(header('authorization'), 'arm')) {
        throw new ArmError('unauthenticated', 'The access token is missing or is not that of this emulator.');
      }
    },
    toErrorReply: toArmErrorReply,
  };

  /** The service of the path, which is checked before anything else. */
  function choose({ parameters }: OperationRequest): ProvisioningService {
    const { subscriptionId = '', resourceGroup = '', dpsName = '' } = parameters;
    if (!same(subscriptionId, identity.subscriptionId)) {
      throw new ArmError(
        'subscriptionNotFound',
        `The subscription '${abridge(subscriptionId)}' could not be found.`,
      );
    }
    const service = services.get(dpsName);
    if (service && same(resourceGroup, service.identity.resourceGroup)) return service;
    if (!services.list().some((one) => same(resourceGroup, one.identity.resourceGroup))) {
      throw new ArmError(
        'resourceGroupNotFound',
        `Resource group '${abridge(resourceGroup)}' could not be found.`,
      );
    }
    throw new ArmError('notFound', `The provisioning service '${abridge(dpsName)}' could not be found.`);
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function abridge(text: string): string {
  return text.slice(0, 90);
}
