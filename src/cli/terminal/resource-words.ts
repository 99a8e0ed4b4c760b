/** What runs create, in words. */
import { sentences } from '../../languages/language.js';
import type { CreatedResource } from '../../workspace/journal.js';

const { cliQuickstart: words } = sentences;

export function inWords(thing: CreatedResource): string {
  switch (thing.kind) {
    case 'file':
      return words.cleanFile(thing.path);
    case 'ca-certificate':
      return words.cleanCaCertificate(thing.name, where(thing.target));
    case 'enrollment-group':
      return words.cleanEnrollmentGroup(thing.id, where(thing.target));
    case 'individual-enrollment':
      return words.cleanEnrollment(thing.id, where(thing.target));
    case 'registration':
      return words.cleanRegistration(thing.id, where(thing.target));
    case 'hub-device':
      return words.cleanHubDevice(thing.id, thing.hub);
    case 'resource-group':
      return words.cleanResourceGroup(thing.name);
    case 'provisioning-service':
      return words.cleanProvisioningService(thing.name);
    case 'iot-hub':
      return words.cleanIotHub(thing.name);
    case 'hub-link':
      return words.cleanHubLink(thing.name, where(thing.target));
    case 'telemetry':
      return words.cleanTelemetry(thing.id);
  }
}

function where(target: { kind: string; dpsName?: string }): string {
  return target.kind === 'azure' ? words.cleanInService(target.dpsName ?? '') : words.cleanInEmulator;
}
