/** A plan in words, to be approved. */
import type { Plan } from '../../quickstart/plan/plan.js';
import { wrap } from '../terminal/text.js';

const labelWidth = 16;
const width = 80;

export function planSummary(plan: Plan, folder: string): string {
  const { target, certificates, certificateAuthority, enrollmentGroup, devices } = plan;
  const rows: [string, string][] = [
    ['Where', whereText(target)],
    ['Certificates', certificatesText(certificates, folder)],
    [
      'Uploaded CA',
      `the ${certificateAuthority.uploaded}, as ${certificateAuthority.name}; possession is proven ${certificateAuthority.proofOfPossession === 'portal' ? 'by you in the portal' : 'automatically'}`,
    ],
    ['Group', groupText(enrollmentGroup)],
  ];
  if (enrollmentGroup.initialTwin) rows.push(['Initial twin', JSON.stringify(enrollmentGroup.initialTwin)]);
  rows.push(['Devices', devicesText(devices, certificates.deviceValidityDays, enrollmentGroup.iotEdge)]);
  return `The plan:\n\n${rows.map(([label, text]) => row(label, text)).join('\n')}`;
}

function row(label: string, text: string): string {
  const indent = ' '.repeat(labelWidth);
  return `  ${label.padEnd(labelWidth - 2)}${wrap(text, width, indent).trimStart()}`;
}

function whereText(target: Plan['target']): string {
  if (target.kind === 'emulator') return 'the embedded emulator, on this computer';
  const group = target.resourceGroup ? `, resource group ${target.resourceGroup}` : '';
  const subscription = target.subscriptionId ? `, subscription ${target.subscriptionId}` : '';
  return `${target.dpsName} in Azure${group}${subscription}`;
}

function certificatesText(certificates: Plan['certificates'], folder: string): string {
  const name = (commonName: string | null) => (commonName === null ? '' : ` "${commonName}"`);
  const chain = certificates.intermediate
    ? `root${name(certificates.rootCommonName)} and intermediate${name(certificates.intermediateCommonName)}`
    : `root${name(certificates.rootCommonName)}, no intermediate`;
  const keys = certificates.encryptKeys ? 'encrypted with your passphrase' : 'not encrypted';
  return `in ${folder}: ${chain}; ${certificates.keyAlgorithm} keys, ${keys}`;
}

function groupText(group: Plan['enrollmentGroup']): string {
  const attestation =
    group.attestation === 'caReference' ? 'by the uploaded CA' : 'by the certificate of the signing CA';
  const hubs = group.iotHubs === null ? 'all linked hubs' : group.iotHubs.join(', ');
  return `${group.id}, ${group.provisioningStatus}; attests ${attestation}; ${group.allocationPolicy} among ${hubs}; on registering again: ${group.reprovisionPolicy}`;
}

function devicesText(devices: Plan['devices'], validityDays: number, iotEdge: boolean): string {
  const { registrationIds: ids } = devices;
  const names = ids.length <= 4 ? ids.join(', ') : `${ids[0]}, ${ids[1]}, ... ${ids.at(-1)}`;
  const kind = iotEdge ? 'IoT Edge gateways' : ids.length === 1 ? 'device' : 'devices';
  const after = devices.sendTelemetry ? '; each sends a message and reads its twin' : '';
  return `${ids.length} ${kind}: ${names}; valid ${validityDays} days; they register over ${devices.protocol.toUpperCase()}${after}`;
}
