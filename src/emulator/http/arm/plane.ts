/** The ARM plane: the provisioning service itself, its keys, and its CA certificates. Callers bring the ARM token. */
import type { HttpPlane, Operation } from '../operation.js';
import { certificateOperations } from './certificates.js';
import { ArmError, toArmErrorReply } from './error.js';
import { type ArmOptions, serviceOperations } from './service.js';

export function armPlane(options: ArmOptions): HttpPlane {
  const { identity, tokens } = options;
  const operations = [...serviceOperations(options), ...certificateOperations(options)];
  return {
    name: 'arm',
    operations: operations.map((operation) => ({ ...operation, handle: within(operation.handle) })),
    authorize({ header }) {
      if (!tokens.accepts(header('authorization'), 'arm')) {
        throw new ArmError('unauthenticated', 'The access token is missing or is not that of this emulator.');
      }
    },
    toErrorReply: toArmErrorReply,
  };

  /** Only the one service exists; its path is checked before anything else. */
  function within(handle: Operation['handle']): Operation['handle'] {
    return (request) => {
      const { subscriptionId = '', resourceGroup = '', dpsName = '' } = request.parameters;
      if (!same(subscriptionId, identity.subscriptionId)) {
        throw new ArmError(
          'subscriptionNotFound',
          `The subscription '${abridge(subscriptionId)}' could not be found.`,
        );
      }
      if (!same(resourceGroup, identity.resourceGroup)) {
        throw new ArmError(
          'resourceGroupNotFound',
          `Resource group '${abridge(resourceGroup)}' could not be found.`,
        );
      }
      if (!same(dpsName, identity.dpsName)) {
        throw new ArmError('notFound', `The provisioning service '${abridge(dpsName)}' could not be found.`);
      }
      return handle(request);
    };
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function abridge(text: string): string {
  return text.slice(0, 90);
}
