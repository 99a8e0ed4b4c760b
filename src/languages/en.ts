/**
 * Every sentence that people read, in English, by area and ID. A sentence with values in it is a function of them; so
 * that every language can order and join them, it gets the values themselves: numbers, names, lists.
 *
 * Values are string, number, boolean, readonly string[], literals, or undefined: test/languages/catalogue.test.ts calls
 * each function with all of them.
 */
export const en = {
  /** src/errors.ts */
  errors: {
    /** What to do next, unless the error says something more precise; by code. */
    next: {
      INTERNAL: 'This is a bug in enrollkit. Run the command again with --verbose, and report the output.',
      USAGE: 'Run the command with --help to see its arguments and flags.',
      INVALID_REGISTRATION_ID:
        'Use 1 to 64 letters, digits, or - . _ : characters. Start with a letter or digit, and end with a letter, digit or hyphen.',
      INVALID_ENROLLMENT_GROUP_ID:
        'Use 1 to 128 letters, digits, or - . _ : characters. Start with a letter or digit, and end with a letter, digit or hyphen.',
      INVALID_CERTIFICATE_NAME: 'Use 1 to 256 letters, digits, or - . _ characters.',
      COMMON_NAME_TOO_LONG: 'Shorten it to 64 characters or fewer.',
      INVALID_COMMON_NAME: 'Use 1 to 64 printable characters.',
      INVALID_SUBJECT: 'Correct that part of the subject.',
      INVALID_ALTERNATIVE_NAME:
        'Use a host name, an IP address, an email address or an absolute URI, in ASCII.',
      INVALID_PLAN: 'Correct the plan file at that place.',
      INVALID_RECORDING:
        'Specify a recording that enrollkit wrote (a file in FOLDER/.enrollkit/runs), or its folder.',
      INVALID_SEED: 'Correct the seed file at that place.',
      INVALID_FAULTS: 'Correct the fault rules at that place.',
      INVALID_DEVICE_LIST: 'Correct those lines of the list.',
      INVALID_MANIFEST:
        'Specify manifests that fleet issue wrote, each for a different part of the same fleet.',
      INVALID_PROFILE: 'Correct the profile at that place.',
      INVALID_CERTIFICATE: 'Specify one X.509 certificate, in PEM or DER.',
      INVALID_CERTIFICATE_REQUEST:
        'Specify one certificate signing request (PKCS#10), in PEM or DER, signed with its own key.',
      INVALID_PKCS7: 'Specify a PKCS#7 file with certificates (.p7b or .p7c), in PEM or DER.',
      INVALID_PFX:
        'Specify a PKCS#12 file (.pfx or .p12) that contains a certificate and is protected by a passphrase.',
      INVALID_KEY: 'Specify one private key, as PKCS#8 in PEM.',
      INVALID_VALIDITY: 'Use dates from 1950 to 9999, and check the clock of this computer.',
      INVALID_VERIFICATION_CODE:
        'Copy the verification code from the portal again. It is one word, without spaces.',
      INVALID_CONNECTION_STRING:
        'Copy the whole connection string from the portal (your DPS > Settings > Shared access policies): HostName=...;SharedAccessKeyName=...;SharedAccessKey=...',
      KEY_MISMATCH: 'Specify the private key that belongs to the certificate.',
      CHAIN_INVALID: 'Specify a chain in which each certificate is signed by the next one.',
      ISSUER_NOT_ALLOWED:
        'Sign with a CA certificate that is currently valid and whose path length allows another certificate.',
      PASSPHRASE_REQUIRED: 'Set ENROLLKIT_PASSPHRASE, or use --passphrase-file FILE.',
      WRONG_PASSPHRASE:
        'Use the passphrase that the key was encrypted with (ENROLLKIT_PASSPHRASE or --passphrase-file FILE).',
      NO_CREDENTIALS:
        'Run "az login", or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, and run the command again. If you have no access to Azure Resource Manager, add --proof-of-possession portal.',
      FORBIDDEN:
        'Ask for the Contributor role on the DPS, or verify the certificate in the portal: --proof-of-possession portal.',
      CLOCK_SKEW: 'Set the clock of this computer, and run the command again.',
      DPS_NOT_FOUND:
        'Check the names. "az iot dps list" lists your provisioning services; "az iot dps create" creates one.',
      NO_LINKED_HUB:
        'Link a hub: az iot dps linked-hub create --dps-name NAME --resource-group GROUP --hub-name HUB',
      HUB_NOT_LINKED:
        'Choose a linked hub, or link this one: az iot dps linked-hub create --dps-name NAME --hub-name HUB',
      NOT_FOUND: 'Check the name.',
      CONFLICT: 'Choose another name, or delete the existing one.',
      PRECONDITION_FAILED: 'Someone else changed it at the same time. Run the command again.',
      REFUSED: 'See the reason that the service gave.',
      NOT_READ_BACK:
        'The service accepted the change but does not show it. Run the command again; if that does not help, check the DPS in the portal.',
      DEVICE_NOT_AUTHORIZED:
        'Check that the chain leads to a verified CA, and that the enrollment group is enabled.',
      REGISTRATION_FAILED: 'See the reason that the service gave.',
      HUB_REFUSED: 'Check in the hub that the device exists and is enabled.',
      THROTTLED: 'Wait a minute, then run the command again.',
      SERVICE_FAILED: 'The failure is on the side of the service. Wait a minute, then run the command again.',
      NETWORK: 'Check the network, the proxy (HTTPS_PROXY) and the host name, then run the command again.',
      TIMEOUT: 'Run the command again.',
      SERVER_NOT_TRUSTED:
        'If a proxy inspects TLS traffic here, set NODE_EXTRA_CA_CERTS to its root certificate.',
      PROOF_OF_POSSESSION_PENDING:
        'Complete the steps shown above in the portal, then run the command again.',
      PROOF_OF_POSSESSION_FAILED:
        'Run the command again. It requests a new verification code and answers it.',
      PARTIAL: 'Run the command again. It keeps what is done and retries the rest.',
      NEEDS_INPUT: 'Set that flag, or use --yes to accept the defaults.',
      FOLDER_NOT_EMPTY: 'Use an empty or new folder: --dir FOLDER.',
      FOLDER_IN_USE: 'Wait until the other process ends, or use another folder: --dir FOLDER.',
      FILE_EXISTS: 'Move it away, or use another folder: --dir FOLDER.',
      FILE_UNREADABLE: 'Check the path and its permissions.',
      FILE_UNWRITABLE:
        'Free up disk space or check the permissions of the folder, then run the command again.',
      JOURNAL_UNREADABLE: 'Move the .enrollkit folder away, and delete what earlier runs created by hand.',
      ADDRESS_UNUSABLE: 'Choose an address of this computer: --host ADDRESS.',
      PORT_IN_USE: 'Choose another port, or 0 for any free port.',
      PORT_NOT_PERMITTED: 'Run it with the privileges that ports below 1024 require, or choose higher ports.',
      EMULATOR_STATE_IN_USE:
        'Use the emulator that is running there, stop it, or use another folder: --dir FOLDER.',
      EMULATOR_STATE_UNREADABLE: 'Move that folder away. The emulator creates a new one.',
      EMULATOR_UNSUPPORTED:
        'Run the emulator on another computer or in a container: Linux or macOS on x64 or Arm, or Windows on x64. Everything else in enrollkit works here.',
      NOT_RECORDED:
        'This run differs from the recorded one. Compare the versions of enrollkit, or replay it without --offline.',
      INTERRUPTED: 'Run the command again to resume.',
    },
    interrupted: 'Interrupted. What was done is kept.',
  },

  /** What the codes of services, connections and enrollkit mean: src/explanations/. */
  explanations: {},

  /** src/pki/lint/ */
  pkiLint: {},

  /** src/pki/path/ */
  pkiPath: {},

  /** src/pki/x509/ and src/pki/der/ */
  pkiX509: {},

  /** src/pki/containers/ */
  pkiContainers: {},

  /** src/pki/make/, and the files directly in src/pki/ */
  pkiMake: {},

  /** src/certgen/ */
  certgen: {},

  /** src/rollover/ */
  rollover: {},

  /** src/workspace/ */
  workspace: {},

  /** src/dps/contract/ */
  dpsContract: {},

  /** src/dps/client/ */
  dpsClient: {},

  /** src/dps/client/diagnosis/ */
  diagnosis: {},

  /** src/emulator/: starting it and its log; what it answers clients is English, as in Azure. */
  emulator: {},

  /** src/quickstart/plan/ */
  quickstartPlan: {},

  /** src/quickstart/steps/ */
  quickstartSteps: {},

  /** The files directly in src/quickstart/ */
  quickstart: {},

  /** src/quickstart/recording/ */
  recording: {},

  /** src/fleet/ */
  fleet: {},

  /** src/cli/kernel/ */
  cliKernel: {
    /** Before what is wrong, and before what to do next. */
    labels: { error: 'error: ', next: 'next: ' },
    emptyFolder: '--dir is empty.',
    nameFolder: 'Specify a folder: --dir FOLDER.',
    notAChoice: (flag: string, value: string, choices: readonly string[]) =>
      `--${flag} must be one of ${choices.join(', ')}, not "${value}".`,
    notANumber: (flag: string, value: string, minimum: number, maximum: number) =>
      `--${flag} must be a whole number from ${minimum} to ${maximum}, not "${value}".`,
    unknownLanguage: (source: string, name: string) => `${source}: there is no language "${name}".`,
    knownLanguages: (tags: readonly string[]) => `Use one of: ${tags.join(', ')}.`,
    outputNotWritten: (reason: string) => `Cannot write to standard output: ${reason}.`,
    interrupting: 'Stopping at the next safe point. Press Ctrl-C again to stop immediately.',
    /** Flags of many commands. */
    flags: {
      dir: (folder: string) => `certificate folder (default: ${folder})`,
      json: 'print one JSON object to standard output',
      verbose: 'print every request, and the causes of errors, to standard error',
      noColor: 'no colors; same as NO_COLOR',
      lang: (tags: readonly string[]) => `language of messages: ${tags.join(', ')} (default: your locale)`,
      yes: 'do not ask for confirmation',
      passphraseFile: 'file whose first line is the passphrase of the private keys',
    },
    environment: {
      ENROLLKIT_PASSPHRASE: 'The passphrase of the private keys.',
      ENROLLKIT_SERVICE_CONNECTION_STRING: 'Azure: connection string of a shared access policy of the DPS.',
      ENROLLKIT_HUB_CONNECTION_STRING: 'Azure: connection string of a hub, to look up and delete devices.',
      ENROLLKIT_LANG: 'The language of messages (en, zh-CN), instead of your locale.',
      DEFAULT_VALIDITY_DAYS: 'certgen --edge: days that certificates are valid, instead of 30.',
      AZURE_TENANT_ID: 'Azure: the tenant of a service principal.',
      AZURE_CLIENT_ID: 'Azure: the client ID of the service principal.',
      AZURE_CLIENT_SECRET: 'Azure: its client secret.',
      HTTPS_PROXY: 'The proxy for HTTPS. NO_PROXY lists the exceptions.',
      NODE_EXTRA_CA_CERTS: 'A file of additional CA certificates to trust.',
      CI: 'If set, enrollkit never asks questions.',
      ENROLLKIT_MESSAGE_IDS: 'If 1, messages and questions begin with their IDs, for scripts.',
      NO_COLOR: 'If set, no colors.',
      FORCE_COLOR: 'If set, colors even if the output is not a terminal; 0 for none.',
    },
    /** What is wrong with the words of a command line. */
    usage: {
      seeHelp: (command: string) => `Run "${command}" to see how to use it.`,
      missingCommand: (family: string) => `${family} requires a command.`,
      unknownCommand: (name: string, suggestions: readonly string[]) =>
        `Unknown command "${name}".${didYouMean(suggestions)}`,
      unknownFlag: (flag: string, suggestions: readonly string[]) =>
        `Unknown flag ${flag}.${didYouMean(suggestions)}`,
      hyphens:
        'Run the command with --help to see its flags. Put a name that begins with a hyphen last, after --.',
      missingArgument: (name: string) => `Missing argument: ${name}.`,
      missingValue: (flag: string) => `Missing value: ${flag}.`,
      excessArguments: (expected: number, given: number) =>
        `Too many arguments: expected ${expected}, got ${given}.`,
      invalidChoice: (flag: string, value: string, choices: readonly string[]) =>
        `${flag}: "${value}" is not one of ${choices.join(', ')}.`,
      noHelp: (topic: string) => `There is no help on "${topic}".`,
    },
    help: {
      description:
        'X.509 device enrollment for Azure IoT Hub Device Provisioning Service (DPS), on Azure or on the built-in emulator. Without a command, starts a guided setup in the terminal.',
      titles: {
        examples: 'Examples:',
        /** Titles of the argument parser. */
        ofCommander: {
          'Usage:': 'Usage:',
          'Arguments:': 'Arguments:',
          'Options:': 'Options:',
          'Commands:': 'Commands:',
        },
      },
      examples: {
        wizard: 'guided setup',
        emulator: 'three devices on the built-in emulator',
        clean: 'delete what a quickstart created',
      },
      more: 'More: enrollkit help <command>, enrollkit help environment,\n      enrollkit help exit-codes',
      version: 'print the version',
      helpFlag: 'show this help',
      helpCommand: 'show help on a command, or on a topic: environment, exit-codes',
      topic: 'a command, environment or exit-codes',
      opposite: (flag: string) => `turn off --${flag}`,
      choices: (choices: readonly string[]) => `(${choices.join(', ')})`,
      family: (summary: string, members: readonly string[]) => `${summary}: ${members.join(', ')}`,
      environmentTitle: 'Environment variables:',
      exitStatusTitle: 'Exit statuses, with their error codes:',
      exitStatuses: {
        ok: 'Success.',
        internal: 'A bug in enrollkit.',
        usage: 'Invalid input: a flag, a name or a file.',
        credentials: 'Credentials, permissions or a passphrase are missing or wrong.',
        refused: 'The service refused the request, or lacks something it requires.',
        network: 'The service could not be reached, failed, or is throttling.',
        proofOfPossession: 'Proof of possession is not complete: the CA is not verified yet.',
        partial: 'Some devices succeeded, others did not.',
        needsInput: 'An answer is required, and there is no terminal to ask in.',
        local: 'A problem on this computer: a file, a folder, a port or the clock.',
        notDue: 'The certificate does not need to be renewed yet (cert needs-renewal).',
        rejected: 'The check failed (cert verify, cert lint, doctor).',
        notRunning: 'No emulator is running (emulator status).',
        differs: 'The run differs from the recording (replay --check, runs compare).',
        interrupted: 'Interrupted. What was done is kept.',
      },
    },
  },

  /** src/cli/terminal/ */
  cliTerminal: {},

  /** src/cli/input/ */
  cliInput: {},

  /** src/cli/target/ */
  cliTarget: {},

  /** src/cli/quickstart/ */
  cliQuickstart: {},

  /** src/cli/cert/ */
  cliCert: {},

  /** src/cli/certgen/ */
  cliCertgen: {},

  /** src/cli/ca/ */
  cliCa: {},

  /** src/cli/dps/ and src/cli/hub/ */
  cliDps: {},

  /** src/cli/group/ */
  cliGroup: {},

  /** src/cli/enrollment/ and src/cli/registration/ */
  cliEnrollment: {},

  /** src/cli/device/ */
  cliDevice: {},

  /** src/cli/doctor/ */
  cliDoctor: {},

  /** src/cli/emulator/ */
  cliEmulator: {},

  /** src/cli/fleet/ */
  cliFleet: {},

  /** src/cli/explain/ */
  cliExplain: {},

  /** src/cli/command-table.ts: one line on each command. */
  commandTable: {
    commands: {
      quickstart: 'create certificates, enroll a group, register devices',
      replay: 'run a recorded quickstart again and compare',
      runs: 'list the recorded runs of a folder',
      'runs compare': 'compare two recorded runs',
      clean: 'delete what a quickstart created in the provisioning service',
      doctor: 'check this computer, a folder and its provisioning service',
      explain: 'explain an error code: meaning, causes, what to do',
      'device register': 'register a device, acting as the device',
      'device send': 'register a device, send a message to its hub, read its twin',
      'group create': 'create an enrollment group',
      'group list': 'list enrollment groups',
      'group show': 'show an enrollment group',
      'group delete': 'delete an enrollment group',
      'ca upload': 'upload a CA certificate',
      'ca verify': 'verify an uploaded CA certificate (proof of possession)',
      'ca list': 'list uploaded CA certificates',
      'ca delete': 'delete an uploaded CA certificate',
      'cert root': 'create a root CA',
      'cert intermediate': 'create an intermediate CA',
      'cert device': 'create a device certificate',
      'cert edge': 'create the CA of an IoT Edge gateway',
      'cert server': 'create a TLS server certificate',
      'cert self-signed': 'create a certificate for an individual enrollment',
      'cert verification': 'create a verification certificate (proof of possession)',
      'cert csr': 'create a certificate signing request',
      'cert sign': 'sign a certificate signing request',
      'cert renew': 'renew a certificate',
      'cert rollover': 'replace a CA while devices of both CAs are accepted',
      'cert bundle': 'put a certificate chain into one file, in order',
      'cert pfx': 'pack certificate, key and chain into a PKCS#12 file',
      'cert convert': 'convert between PEM, DER, PKCS#7 and PKCS#12',
      'cert inspect': 'show the certificates of a file or folder',
      'cert fingerprint': 'print SHA-1 and SHA-256 fingerprints',
      'cert needs-renewal': 'check whether a certificate expires soon (exit status)',
      'cert verify': 'validate a certificate chain',
      'cert lint': 'check certificates against RFC 5280 and the rules of DPS',
      'fleet issue': 'create the certificates of many devices, on all cores',
      'fleet enroll': 'create an individual enrollment for each device',
      'fleet register': 'register each device, acting as the device',
      'fleet deregister': 'delete the registrations and devices of a fleet',
      'fleet merge': 'merge the manifests of the parts of a fleet',
      certgen: 'the commands of certGen.sh, with the same files',
      'emulator start': 'run a provisioning service and a hub on this computer',
      'emulator status': 'show whether the emulator is running, and its addresses',
      'emulator stop': 'stop the running emulator',
      'emulator reset': 'delete everything created in the emulator',
      'emulator clock': 'show or set the clock of the running emulator',
      'emulator faults': 'inject faults into the running emulator',
      'emulator logs': 'show what the emulator refused, and why',
      'emulator messages': 'show what devices sent to the hub of the emulator',
      'emulator env': 'print environment variables that point SDKs at the emulator',
    },
    /** By the first words of commands. The help adds the second words, or the highlights. */
    families: {
      device: { summary: 'act as a device' },
      group: { summary: 'enrollment groups' },
      ca: { summary: 'CA certificates in DPS' },
      cert: {
        summary: 'certificates on this computer',
        highlights: 'create, sign, convert, inspect, verify, lint',
      },
      fleet: { summary: 'many devices' },
      emulator: { summary: 'the built-in DPS' },
    },
  },
};

/** The rest of a sentence that names what was probably meant. */
function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : ` Did you mean ${suggestions.join(' or ')}?`;
}

/** What every language has. */
export type Sentences = Widened<typeof en>;

/** The same members, whose texts may be any. */
type Widened<Member> = Member extends string
  ? string
  : Member extends (...values: infer Values) => string
    ? (...values: Values) => string
    : { readonly [Name in keyof Member]: Widened<Member[Name]> };
