/**
 * Which role is missing when Azure refuses a request, and the command that assigns it.
 *
 * Sources: Microsoft Learn, "Azure built-in roles"; "Control access to Azure IoT Hub Device Provisioning Service (DPS) with
 * Microsoft Entra ID"; the message of AuthorizationFailed as Azure Resource Manager writes it.
 */
import type { Plane } from '../../contract/api-versions.js';

export interface MissingRole {
  /** The built-in role that permits the request. */
  role: string;
  /** The resource ID that the role is to be assigned on; undefined if the reply does not name it. */
  scope: string | undefined;
  /** What Azure called the caller: an object ID. */
  assignee: string | undefined;
  /** The operation that was refused: `Microsoft.Devices/IotHubs/write`. */
  action: string | undefined;
}

/** @param message of the service's reply */
export function missingRole(plane: Plane, message: string | undefined): MissingRole | undefined {
  const text = message ?? '';
  const action = /perform action '([^']+)'/i.exec(text)?.[1];
  const scope = /over scope '([^']+)'/i.exec(text)?.[1];
  const assignee = /object id '([0-9a-f-]{36})'/i.exec(text)?.[1];
  const role = roleFor(plane, action);
  return role === undefined ? undefined : { role, scope: assignable(scope, action), assignee, action };
}

/** The command that assigns a role; what is in capitals is for the reader to fill in. */
export function roleCommand({
  role,
  scope,
  assignee,
}: Pick<MissingRole, 'role' | 'scope' | 'assignee'>): string {
  return `az role assignment create --assignee ${assignee ?? 'USER'} --role "${role}" --scope ${scope ?? 'RESOURCE_ID'}`;
}

function roleFor(plane: Plane, action: string | undefined): string | undefined {
  switch (plane) {
    case 'service':
      return 'Device Provisioning Service Data Contributor';
    case 'arm':
      if (action === undefined) return undefined;
      return /\/read$/i.test(action) ? 'Reader' : 'Contributor';
    default:
      return undefined;
  }
}

/** A resource group that does not exist yet has no roles: its subscription has them. */
function assignable(scope: string | undefined, action: string | undefined): string | undefined {
  if (!/resourceGroups\/write$/i.test(action ?? '')) return scope;
  return scope?.replace(/\/resourceGroups\/.*$/i, '');
}
