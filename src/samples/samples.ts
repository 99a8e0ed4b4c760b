/** Which samples there are: by language, kind, and the client library that they use. */
import { fillSample, type SampleValues } from './fill.js';
import * as literals from './literals.js';
import { programWord } from './program-word.js';

export const sampleKinds = [
  'enroll-group',
  'register-device',
  'send-telemetry',
  'allocation-webhook',
] as const;
export type SampleKind = (typeof sampleKinds)[number];

export interface SampleTemplate {
  /** The client library, by the name of its package. */
  client: string;
  /** In the folder of the language. */
  file: string;
  /** The port that the client always connects to: it has no setting for another one. */
  fixedPort?: 443 | 8883;
}

interface Language {
  /** As its users write it. */
  name: string;
  literal: literals.Literal;
  /** The first template of a kind is the default; a kind that a language lacks is left out. */
  kinds: Readonly<Partial<Record<SampleKind, readonly SampleTemplate[]>>>;
}

/** Registering and sending are one template: a device asks DPS for its hub each time that it starts. */
function device(...templates: readonly SampleTemplate[]) {
  return { 'register-device': templates, 'send-telemetry': templates };
}

const one = (client: string, file: string): readonly SampleTemplate[] => [{ client, file }];

/** Of Microsoft's clients for devices; that for Node.js takes a port. */
const devicePort = { fixedPort: 8883 } as const;

export const sampleLanguages = {
  python: {
    name: 'Python',
    literal: literals.python,
    kinds: {
      'enroll-group': [
        { client: 'azure-iothub-provisioningserviceclient', file: 'EnrollmentGroup.py' },
        { client: 'azure-iot-deviceprovisioning', file: 'enroll_group.py' },
      ],
      ...device(
        { client: 'azure-iot-device', file: 'device.py', ...devicePort },
        { client: 'paho-mqtt', file: 'device_paho.py' },
      ),
      'allocation-webhook': one('http.server', 'allocation_webhook.py'),
    },
  },
  node: {
    name: 'Node.js',
    literal: literals.json,
    kinds: {
      'enroll-group': one('azure-iot-provisioning-service', 'enroll-group.mjs'),
      ...device({ client: 'azure-iot-device', file: 'device.mjs' }),
      'allocation-webhook': one('node:http', 'allocation-webhook.mjs'),
    },
  },
  csharp: {
    name: 'C#',
    literal: literals.json,
    kinds: {
      'enroll-group': one('Microsoft.Azure.Devices.Provisioning.Service', 'EnrollGroup.cs'),
      ...device({ client: 'Microsoft.Azure.Devices.Client', file: 'Device.cs', ...devicePort }),
      'allocation-webhook': one('System.Net', 'AllocationWebhook.cs'),
    },
  },
  java: {
    name: 'Java',
    literal: literals.java,
    kinds: {
      // Of a connection string, it accepts no host name with a port.
      'enroll-group': [{ client: 'provisioning-service-client', file: 'EnrollGroup.java', fixedPort: 443 }],
      ...device({ client: 'iot-device-client', file: 'Device.java', ...devicePort }),
      'allocation-webhook': one('com.sun.net.httpserver', 'AllocationWebhook.java'),
    },
  },
  c: {
    name: 'C',
    literal: literals.c,
    kinds: {
      'enroll-group': one('libcurl', 'enroll_group.c'),
      ...device({ client: 'libpaho-mqtt', file: 'device.c' }),
    },
  },
  'embedded-c': {
    name: 'Embedded C',
    literal: literals.c,
    kinds: device({ client: 'azure-sdk-for-c', file: 'device.c' }),
  },
  go: {
    name: 'Go',
    literal: literals.go,
    kinds: {
      'enroll-group': one('net/http', 'enroll_group.go'),
      ...device({ client: 'paho.mqtt.golang', file: 'device.go' }),
      'allocation-webhook': one('net/http', 'allocation_webhook.go'),
    },
  },
  shell: {
    name: 'bash',
    literal: literals.shell,
    kinds: {
      'enroll-group': one('curl', 'enroll-group.sh'),
      ...device({ client: 'mosquitto', file: 'device.sh' }),
    },
  },
} as const satisfies Record<string, Language>;

export type SampleLanguage = keyof typeof sampleLanguages;
export const sampleLanguageNames = Object.keys(sampleLanguages) as SampleLanguage[];

/** The templates of a kind in a language, the default first; none if there is no such sample. */
export function templatesOf(language: SampleLanguage, kind: SampleKind): readonly SampleTemplate[] {
  return (sampleLanguages[language] as Language).kinds[kind] ?? [];
}

/** Whether the client of a sample only connects to a port that an emulator does not listen on. */
export function needsPort(
  { fixedPort }: SampleTemplate,
  { ports }: { ports: { https: number; mqtt: number } },
): boolean {
  return fixedPort !== undefined && fixedPort !== ports.https && fixedPort !== ports.mqtt;
}

/** The kinds that a language has. */
export function kindsOf(language: SampleLanguage): SampleKind[] {
  return sampleKinds.filter((kind) => templatesOf(language, kind).length > 0);
}

/**
 * The program of a template.
 *
 * @param path where it is written, for the commands that its first lines show; by default, in the current folder
 */
export function sampleProgram(
  language: SampleLanguage,
  { file }: Pick<SampleTemplate, 'file'>,
  values: SampleValues,
  path: string = file,
): string {
  const program = programWord(path) ?? file;
  return fillSample(`${language}/${file}`, values, sampleLanguages[language].literal, program);
}
