import { keyAlgorithms } from '../../pki/key-algorithms.js';
import { declareCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { choiceFlag, numberFlag, repeatable, switchFlag, textFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';
import { faultSeedFlag } from './faults.js';

/** Those of Azure, except for HTTPS: port 443 needs rights. */
export const defaultPorts = { https: 8443, mqtt: 8883, amqp: 5671 };

export const emulatorStart = declareCommand({
  description:
    'Runs a Device Provisioning Service with a linked hub, or several of both, for any Azure SDK, until Ctrl-C or SIGTERM. What it answers with success is on disk by then, and is there again at the next start. It listens on loopback only, unless --host says otherwise.',
  flags: {
    ...stateFolderFlag,
    host: textFlag({
      placeholder: 'HOST',
      summary:
        'the address to listen on, which the first hub is called, too (default: localhost, and 127.0.0.1 for the hub)',
    }),
    port: numberFlag({
      placeholder: 'PORT',
      minimum: 0,
      maximum: 65_535,
      summary: `for HTTPS; 0 picks a free one (default: ${defaultPorts.https})`,
    }),
    'mqtt-port': numberFlag({
      placeholder: 'PORT',
      minimum: 0,
      maximum: 65_535,
      summary: `for MQTT; 0 picks a free one (default: ${defaultPorts.mqtt})`,
    }),
    'amqp-port': numberFlag({
      placeholder: 'PORT',
      minimum: 0,
      maximum: 65_535,
      summary: `for AMQP; 0 picks a free one (default: ${defaultPorts.amqp}, or 0 with --mqtt-port 0)`,
    }),
    'standard-ports': switchFlag({
      summary:
        'the ports of Azure, 443, 8883 and 5671, so that no name carries a port; for SDKs that dial nothing else',
    }),
    hub: repeatable(
      textFlag({
        placeholder: 'NAME',
        summary: 'an IoT hub to be there; may be given several times (default: one, hub-1)',
      }),
    ),
    service: repeatable(
      textFlag({
        placeholder: 'NAME',
        summary:
          'a provisioning service to be there; may be given several times (default: one, enrollkit-dps)',
      }),
    ),
    'retry-after': numberFlag({
      placeholder: 'SECONDS',
      minimum: 0,
      maximum: 3600,
      summary: 'what a device is told to wait between two polls; 3 is Azure’s pace (default: 0)',
    }),
    quotas: switchFlag({
      summary:
        'refuse what is beyond the documented limits: 1000 registrations a minute, 25 CA certificates, and so on',
    }),
    'server-key': choiceFlag({
      placeholder: 'ALGORITHM',
      choices: keyAlgorithms,
      summary:
        'the key of its own certificate; rsa-2048 for clients with cipher suites for RSA alone, as Azure has it (default: ec-p256, or as before)',
    }),
    'full-chain': switchFlag({
      summary:
        'refuse devices that do not present all of their chain, up to a verified CA; whether Azure does is not documented',
    }),
    'allow-renewed-certificates': switchFlag({
      summary:
        'let a device connect to its hub with a new certificate of the same CA before it registers with it; Azure refuses that',
    }),
    'strict-api-versions': switchFlag({
      summary:
        'refuse an api-version that is later than all known ones, instead of serving it as the newest of them',
    }),
    seed: textFlag({
      placeholder: 'FILE',
      summary: 'hubs, devices, services, certificates and enrollments that are there from the start; JSON',
    }),
    faults: textFlag({
      placeholder: 'FILE|mild|wild',
      summary:
        'misbehave, as the rules of a JSON file say: errors, delays, lost answers, closed connections; mild disturbs about 5 % of requests, wild about 30 %',
    }),
    ...faultSeedFlag,
    detach: switchFlag({ summary: 'return as soon as it is ready; it goes on in the background' }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator start', summary: 'with the state of the quickstart in certs' },
    { line: 'emulator start --detach', summary: 'in the background, until: enrollkit emulator stop' },
    { line: 'emulator start --faults wild', summary: 'in bad weather: prints the seed, to repeat it' },
    {
      line: 'emulator start --dir /tmp/dps --port 0 --mqtt-port 0 --json',
      summary: 'for a test: free ports, one line of JSON when it is ready',
    },
  ],
});
