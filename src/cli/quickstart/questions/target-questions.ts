/** Questions on where: the provisioning service, and the certificate folder. */
import type { PlanTarget } from '../../../quickstart/plan/plan.js';
import type { Asker } from '../../terminal/asker.js';
import { missing, pattern } from './problems.js';

export type ProofOfPossession = 'automatic' | 'portal';

export interface Where {
  target: PlanTarget;
  proofOfPossession: ProofOfPossession;
}

export async function askWhere(ask: Asker, before: Where): Promise<Where> {
  const kind = await ask.select({
    id: 'target.kind',
    message: 'Where shall the devices be enrolled?',
    default: before.target.kind,
    choices: [
      {
        value: 'emulator',
        name: 'On the embedded emulator',
        why: 'A provisioning service on this computer: no account, no network, no cost.',
      },
      {
        value: 'azure',
        name: 'In Azure',
        why: 'Your own Device Provisioning Service, with your own hubs.',
      },
    ],
  });
  if (kind === 'emulator') return { target: { kind }, proofOfPossession: 'automatic' };
  return askAzure(ask, before);
}

async function askAzure(ask: Asker, before: Where): Promise<Where> {
  const known = before.target.kind === 'azure' ? before.target : undefined;
  const dpsName = await ask.text({
    id: 'target.dpsName',
    message: 'Name of the provisioning service:',
    why: 'As the portal shows it; az iot dps list shows it too.',
    default: known?.dpsName ?? '',
    problem: pattern(/^[a-z0-9-]{3,64}$/i, 'A name of 3 to 64 letters, digits and -.'),
  });
  const proofOfPossession = await ask.select({
    id: 'certificateAuthority.proofOfPossession',
    message: 'How shall possession of the CA be proven?',
    default: before.proofOfPossession,
    choices: [
      {
        value: 'automatic',
        name: 'Automatically',
        why: 'Over Azure Resource Manager, as who az login says you are.',
      },
      {
        value: 'portal',
        name: 'By hand, in the portal',
        why: 'Without rights on Resource Manager: you upload two files when you are told.',
      },
    ],
  });
  const portal = proofOfPossession === 'portal';
  const subscriptionId = await ask.text({
    id: 'target.subscriptionId',
    message: portal ? 'Subscription ID, if you know it:' : 'Subscription ID:',
    why: 'On the overview page of the provisioning service; az account show shows it too.',
    default: known?.subscriptionId ?? '',
    problem: optional(
      portal,
      pattern(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'A subscription ID is a GUID.'),
    ),
  });
  const resourceGroup = await ask.text({
    id: 'target.resourceGroup',
    message: portal ? 'Resource group, if you know it:' : 'Resource group:',
    why: 'The one that the provisioning service is in.',
    default: known?.resourceGroup ?? '',
    problem: optional(portal, missing('The resource group is missing.')),
  });
  const idScope = portal
    ? await ask.text({
        id: 'target.idScope',
        message: 'ID scope:',
        why: 'On the overview page of the provisioning service; it begins with 0ne.',
        default: known?.idScope ?? '',
        problem: pattern(/^0ne[0-9A-Za-z]+$/, 'An ID scope begins with 0ne.'),
      })
    : (known?.idScope ?? '');
  return {
    target: {
      kind: 'azure',
      dpsName,
      ...(subscriptionId && { subscriptionId }),
      ...(resourceGroup && { resourceGroup }),
      ...(idScope && { idScope }),
    },
    proofOfPossession,
  };
}

function optional(mayBeEmpty: boolean, problem: (value: string) => string | undefined) {
  return (value: string) => (mayBeEmpty && value === '' ? undefined : problem(value));
}
