import { tlsMaxima } from '../../emulator/wire/tls/tls-max.js';
import { sentences } from '../../languages/language.js';
import { keyAlgorithms } from '../../pki/key-algorithms.js';
import { declareCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { choiceFlag, numberFlag, repeatable, switchFlag, textFlag } from '../kernel/flags.js';
import { defaultPorts } from '../target/emulator-ports.js';
import { stateFolderFlag } from '../target/target-flags.js';
import { faultSeedFlag } from './faults.js';

export const emulatorStart = declareCommand({
  description: sentences.cliEmulator.startDescription,
  flags: {
    ...stateFolderFlag,
    host: textFlag({
      placeholder: 'HOST',
      summary: sentences.cliEmulator.hostFlag,
    }),
    port: numberFlag({
      placeholder: 'PORT',
      minimum: 0,
      maximum: 65_535,
      summary: sentences.cliEmulator.portFlag(defaultPorts.https),
    }),
    'mqtt-port': numberFlag({
      placeholder: 'PORT',
      minimum: 0,
      maximum: 65_535,
      summary: sentences.cliEmulator.mqttPortFlag(defaultPorts.mqtt),
    }),
    'amqp-port': numberFlag({
      placeholder: 'PORT',
      minimum: 0,
      maximum: 65_535,
      summary: sentences.cliEmulator.amqpPortFlag(defaultPorts.amqp),
    }),
    'console-port': numberFlag({
      placeholder: 'PORT',
      minimum: 0,
      maximum: 65_535,
      summary: sentences.cliEmulator.consolePortFlag,
    }),
    'standard-ports': switchFlag({
      summary: sentences.cliEmulator.standardPortsFlag,
    }),
    hub: repeatable(
      textFlag({
        placeholder: 'NAME',
        summary: sentences.cliEmulator.hubsFlag,
      }),
    ),
    service: repeatable(
      textFlag({
        placeholder: 'NAME',
        summary: sentences.cliEmulator.servicesFlag,
      }),
    ),
    'retry-after': numberFlag({
      placeholder: 'SECONDS',
      minimum: 0,
      maximum: 3600,
      summary: sentences.cliEmulator.retryAfterFlag,
    }),
    quotas: switchFlag({
      summary: sentences.cliEmulator.quotasFlag,
    }),
    'server-key': choiceFlag({
      placeholder: 'ALGORITHM',
      choices: keyAlgorithms,
      summary: sentences.cliEmulator.serverKeyFlag,
    }),
    'tls-max': choiceFlag({
      placeholder: 'VERSION',
      choices: tlsMaxima,
      summary: sentences.cliEmulator.tlsMaxFlag,
    }),
    'full-chain': switchFlag({
      summary: sentences.cliEmulator.fullChainFlag,
    }),
    'allow-renewed-certificates': switchFlag({
      summary: sentences.cliEmulator.allowRenewedFlag,
    }),
    'strict-api-versions': switchFlag({
      summary: sentences.cliEmulator.strictApiVersionsFlag,
    }),
    seed: textFlag({
      placeholder: 'FILE',
      summary: sentences.cliEmulator.seedFlag,
    }),
    faults: textFlag({
      placeholder: 'FILE|mild|wild',
      summary: sentences.cliEmulator.faultsFlag,
    }),
    ...faultSeedFlag,
    detach: switchFlag({ summary: sentences.cliEmulator.detachFlag }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator start', summary: sentences.cliEmulator.startExample },
    { line: 'emulator start --detach', summary: sentences.cliEmulator.startDetachExample },
    { line: 'emulator start --faults wild', summary: sentences.cliEmulator.startFaultsExample },
    {
      line: 'emulator start --dir /tmp/dps --port 0 --mqtt-port 0 --json',
      summary: sentences.cliEmulator.startTestExample,
    },
  ],
});
