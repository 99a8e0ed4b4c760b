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
    langFlag: (tags: readonly string[]) =>
      `the language of messages: ${tags.join(', ')} (default: that of your locale)`,
    unknownLanguage: (source: string, name: string) => `${source}: there is no language "${name}".`,
    knownLanguages: (tags: readonly string[]) => `Use one of: ${tags.join(', ')}.`,
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
  commandTable: {},
};

/** What every language has. */
export type Sentences = Widened<typeof en>;

/** The same members, whose texts may be any. */
type Widened<Member> = Member extends string
  ? string
  : Member extends (...values: infer Values) => string
    ? (...values: Values) => string
    : { readonly [Name in keyof Member]: Widened<Member[Name]> };
