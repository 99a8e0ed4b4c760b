/** What every page gets: the emulator and the language of the request. */

import { certificatesPath, consolePath } from '../../dps/contract/emulator-endpoints.js';
import type { LanguageTag } from '../../languages/choice.js';
import type { Sentences } from '../../languages/en.js';
import type { EmulatorClock } from '../clock.js';
import type { ProvisioningService } from '../dps/provisioning-service.js';
import type { ServiceDirectory } from '../dps/service-directory.js';
import type { EmulatorEndpoints } from '../endpoints.js';
import type { EmulatorFaults } from '../faults/control.js';
import type { HubDirectory, IotHub } from '../hub/hub-directory.js';
import type { Activity } from './activity.js';
import type { ConsoleSession } from './session.js';
import type { Wire } from './wire.js';

export { consolePath } from '../../dps/contract/emulator-endpoints.js';

export interface ConsoleOptions {
  services: ServiceDirectory;
  hubs: HubDirectory;
  clock: EmulatorClock;
  faults: EmulatorFaults;
  activity: Activity;
  wire: Wire;
  /** The same, without entries in the log. */
  reader: Wire;
  session: ConsoleSession;
  endpoints: () => EmulatorEndpoints;
  /** Reports an unexpected error of the page. */
  onDefect: (error: Error) => void;
}

export interface PageContext {
  readonly console: ConsoleOptions;
  readonly language: LanguageTag;
  /** All sentences in that language; `text` are those of the page itself. */
  readonly sentences: Sentences;
  readonly text: Sentences['console'];
  /** The path of the page, for the navigation and the choice of the language. */
  readonly path: string;
  /** `changes` of the activity before the page was rendered. */
  readonly changes: number;
  /** What the action before has done. */
  readonly done: keyof Sentences['console']['done'] | undefined;
  /** The service and the hub in the navigation; undefined if all were deleted. */
  readonly service: ProvisioningService | undefined;
  readonly hub: IotHub | undefined;
}

/** A page that cannot be shown. */
export class PageProblem extends Error {
  constructor(readonly kind: 'token' | 'host' | 'origin' | 'notFound' | 'tooLarge') {
    super(kind);
  }
}

/** The paths of pages. IDs are percent-encoded. */
export const paths = {
  overview: `${consolePath}/`,
  certificates: certificatesPath,
  certificate: (service: string, name: string) => `${ofService(service)}/certificates/${encode(name)}`,
  enrollments: (service: string) => `${ofService(service)}/enrollments`,
  newGroup: (service: string) => `${ofService(service)}/new-group`,
  newIndividual: (service: string) => `${ofService(service)}/new-individual`,
  group: (service: string, id: string) => `${ofService(service)}/groups/${encode(id)}`,
  individual: (service: string, id: string) => `${ofService(service)}/individuals/${encode(id)}`,
  registrations: (service: string) => `${ofService(service)}/registrations`,
  groupRegistrations: (service: string, id: string) =>
    `${ofService(service)}/registrations?group=${encode(id)}`,
  linkedHubs: (service: string) => `${ofService(service)}/hubs`,
  linkedHub: (service: string, hub: string) => `${ofService(service)}/hubs/${encode(hub)}`,
  devices: (hub: string) => `${consolePath}/hubs/${encode(hub)}/devices`,
  device: (hub: string, id: string) => `${consolePath}/hubs/${encode(hub)}/devices/${encode(id)}`,
  log: `${consolePath}/log`,
  faults: `${consolePath}/faults`,
  clock: `${consolePath}/clock`,
  api: `${consolePath}/api`,
};

function ofService(name: string): string {
  return `${consolePath}/services/${encode(name)}`;
}

const encode = encodeURIComponent;
