/** What runs create, in words. */
import { sentences } from '../../languages/language.js';
import type { CreatedResource } from '../../workspace/journal.js';

const { cliQuickstart: words } = sentences;

export function inWords(thing: CreatedResource): string {
  switch (thing.kind) {
    case 'file':
      return words.cleanFile(thing.path);
    case 'ca-certificate':
      return words.cleanCa(thing.name, serviceOf(thing.target));
    case 'enrollment-group':
      return words.cleanGroup(thing.id, serviceOf(thing.target));
    case 'individual-enrollment':
      return words.cleanEnrollment(thing.id, serviceOf(thing.target));
    case 'registration':
      return words.cleanRegistration(thing.id, serviceOf(thing.target));
    case 'hub-device':
      return words.cleanHubDevice(thing.id, thing.hub);
    case 'resource-group':
      return words.cleanResourceGroup(thing.name);
    case 'provisioning-service':
      return words.cleanProvisioningService(thing.name);
    case 'iot-hub':
      return words.cleanIotHub(thing.name);
    case 'hub-link':
      return words.cleanHubLink(thing.name, serviceOf(thing.target));
    case 'telemetry':
      return words.cleanTelemetry(thing.id);
  }
}

/** The name of a provisioning service; undefined for the emulator. */
function serviceOf(target: { kind: string; dpsName?: string }): string | undefined {
  return target.kind === 'azure' ? target.dpsName : undefined;
}
