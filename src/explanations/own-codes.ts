/** What the error codes of enrollkit mean. What to do next is in the table of errors. */
import type { ErrorCode } from '../errors.js';
import { causes, type Explanation } from './explanation.js';

type OwnCode = Omit<Explanation, 'next'>;

const badFile = (meaning: string, what: string): OwnCode => ({
  meaning,
  causes: causes(
    [what, 'the message names the file and the place'],
    ['it is another file than you think', 'look into it'],
  ),
});
const badName = (meaning: string, rule: string): OwnCode => ({
  meaning,
  causes: causes([`a character or length that is not allowed: ${rule}`, 'the message names it']),
});
const inTheWay = (meaning: string, cause: string, check: string): OwnCode => ({
  meaning,
  causes: causes([cause, check]),
});

export const ownCodes: Readonly<Record<ErrorCode, OwnCode>> = {
  INTERNAL: {
    meaning: 'An unexpected failure in enrollkit itself.',
    causes: causes(['a defect of enrollkit', 'run again with --verbose']),
  },
  USAGE: {
    meaning: 'The command does not exist, or its flags or arguments do not fit.',
    causes: causes(['a mistyped flag or value', 'enrollkit help COMMAND']),
  },
  INVALID_REGISTRATION_ID: badName(
    'The registration ID is not one that DPS accepts.',
    'letters, digits and - . _ :',
  ),
  INVALID_ENROLLMENT_GROUP_ID: badName(
    'The enrollment group ID is not one that DPS accepts.',
    'letters, digits and - . _ :',
  ),
  INVALID_CERTIFICATE_NAME: badName(
    'The name for an uploaded CA is not one that DPS accepts.',
    'letters, digits and - . _',
  ),
  COMMON_NAME_TOO_LONG: badName(
    'The common name is too long for a certificate.',
    'at most 64 characters (RFC 5280)',
  ),
  INVALID_COMMON_NAME: badName('The common name cannot be in a certificate.', '1 to 64 printable characters'),
  INVALID_SUBJECT: badName(
    'A part of the subject cannot be in a certificate.',
    'the limits of RFC 5280, appendix A',
  ),
  INVALID_ALTERNATIVE_NAME: badName(
    'The subject alternative name is not of its kind.',
    'host name, IP address, e-mail address or URI, in ASCII',
  ),
  INVALID_RECORDING: badFile(
    'The recording cannot be read.',
    'it was cut off, edited by hand, or written by a later enrollkit',
  ),
  NOT_RECORDED: {
    meaning: 'An offline replay sent a request whose answer is not in the recording.',
    causes: causes(
      [
        'this enrollkit sends other requests than the one that recorded',
        'compare the versions: enrollkit runs',
      ],
      ['a flag changes what the run does', 'replay with the flags of the recording'],
    ),
  },
  INVALID_PLAN: badFile(
    'The plan cannot be used.',
    'a member that is missing, misspelled or has a wrong value',
  ),
  INVALID_SEED: badFile(
    'The seed of the emulator cannot be used.',
    'a member that is missing, misspelled or has a wrong value',
  ),
  INVALID_FAULTS: badFile(
    'The fault file cannot be used.',
    'a member that is missing, misspelled or has a wrong value',
  ),
  INVALID_DEVICE_LIST: badFile(
    'The list of devices cannot be used.',
    'a line that is no registration ID, or a duplicate',
  ),
  INVALID_MANIFEST: badFile(
    'The manifest cannot be used.',
    'manifests of different fleets, or one that was edited',
  ),
  INVALID_PROFILE: badFile(
    'The certificate profile cannot be used.',
    'a member that is missing, misspelled or has a wrong value',
  ),
  INVALID_CERTIFICATE: badFile(
    'This is not a readable X.509 certificate.',
    'a damaged or empty file, or a key instead of a certificate',
  ),
  INVALID_CERTIFICATE_REQUEST: badFile(
    'This is not a valid certificate request.',
    'a damaged file, or a signature by another key',
  ),
  INVALID_PKCS7: badFile('This is not a readable PKCS#7 file.', 'a damaged file, or one of another kind'),
  INVALID_PFX: badFile(
    'This is not a readable PKCS#12 file.',
    'a damaged file, or one with algorithms that are not supported',
  ),
  INVALID_KEY: badFile(
    'This is not a readable private key.',
    'a damaged file, a certificate instead of a key, or an unsupported kind of key',
  ),
  INVALID_VALIDITY: {
    meaning: 'The validity dates cannot be in a certificate.',
    causes: causes(
      ['dates in a wrong order or out of range', 'the message has them'],
      ['a wrong clock', 'enrollkit doctor compares it'],
    ),
  },
  INVALID_VERIFICATION_CODE: badName(
    'The verification code is not one of the portal.',
    'one word without spaces',
  ),
  INVALID_CONNECTION_STRING: {
    meaning: 'The connection string cannot be used.',
    causes: causes(
      ['it was not copied whole', 'it has HostName, SharedAccessKeyName and SharedAccessKey'],
      ['it is that of a hub instead of the DPS, or the reverse', 'its HostName'],
    ),
  },
  KEY_MISMATCH: {
    meaning: 'The private key does not belong to the certificate.',
    causes: causes(
      ['files of two certificates were mixed', 'enrollkit doctor compares each pair'],
      ['the certificate was made again with a new key', 'the dates of the files'],
    ),
  },
  CHAIN_INVALID: {
    meaning: 'The certificates do not form a chain.',
    causes: causes(
      ['the wrong order, or a missing intermediate', 'enrollkit cert verify chain.pem'],
      ['files of two chains were mixed', 'enrollkit cert inspect chain.pem'],
    ),
  },
  ISSUER_NOT_ALLOWED: {
    meaning: 'The certificate must not sign this one.',
    causes: causes(
      ['it is no CA, or has expired', 'enrollkit cert inspect FILE'],
      ['its path length leaves no room', 'enrollkit cert inspect FILE'],
    ),
  },
  PASSPHRASE_REQUIRED: {
    meaning: 'The private key is encrypted, and there is no passphrase.',
    causes: causes(['ENROLLKIT_PASSPHRASE is not set in this shell', 'echo it, or give --passphrase-file']),
  },
  WRONG_PASSPHRASE: {
    meaning: 'The passphrase does not open the private key.',
    causes: causes(
      ['a mistyped or an older passphrase', 'try it with openssl pkey -in key.pem -noout'],
      ['a file with Windows line ends or a space at the end', 'only the first line counts'],
    ),
  },
  NO_CREDENTIALS: {
    meaning: 'There are no credentials for Azure, or they are not accepted.',
    causes: causes(
      ['you are not logged in, or the login has expired', 'az account show'],
      ['AZURE_CLIENT_SECRET or a connection string is wrong', 'compare it with the portal'],
    ),
  },
  FORBIDDEN: {
    meaning: 'Your identity lacks a role or permission.',
    causes: causes(
      ['no role assignment on the DPS', 'enrollkit doctor lists the missing permissions'],
      ['a role that was assigned a few minutes ago', 'new assignments take up to 10 minutes'],
    ),
  },
  CLOCK_SKEW: {
    meaning:
      'The clock of this computer differs from the service’s, so that tokens and certificates are refused.',
    causes: causes(
      ['the clock is not synchronized', 'enrollkit doctor shows by how much'],
      ['the clock of the emulator was set', 'enrollkit emulator clock'],
    ),
  },
  DPS_NOT_FOUND: {
    meaning: 'There is no such provisioning service.',
    causes: causes(
      ['a mistyped name or resource group', 'az iot dps list'],
      ['another subscription', 'az account show'],
    ),
  },
  NO_LINKED_HUB: {
    meaning: 'No IoT hub is linked to the provisioning service.',
    causes: causes([
      'none was linked, or the link was deleted',
      'az iot dps linked-hub list --dps-name NAME',
    ]),
  },
  HUB_NOT_LINKED: {
    meaning: 'The hub of the plan is not linked to the provisioning service.',
    causes: causes(
      ['a mistyped host name', 'az iot dps linked-hub list --dps-name NAME'],
      ['the hub was unlinked', 'the same list'],
    ),
  },
  NOT_FOUND: {
    meaning: 'What was asked for does not exist.',
    causes: causes(
      ['a mistyped name, or it was deleted', 'enrollkit group list, enrollkit ca list'],
      ['another folder or provisioning service', '--dir and --dps-name'],
    ),
  },
  CONFLICT: {
    meaning: 'Something is there already, and was not made by this run.',
    causes: causes(
      ['another run, or someone else, made it', 'enrollkit group show ID, enrollkit ca list'],
      ['a roll-over is not finished', 'enrollkit cert rollover --help'],
    ),
  },
  PRECONDITION_FAILED: {
    meaning: 'It was changed by someone else between reading and writing.',
    causes: causes([
      'another process or person works on the same provisioning service',
      'ask, or look at lastUpdatedDateTimeUtc',
    ]),
  },
  REFUSED: {
    meaning: 'The service refused the request.',
    causes: causes(['the reason is in the message', 'enrollkit explain CODE, with the number in it']),
  },
  NOT_READ_BACK: {
    meaning: 'The service accepted a change, and does not show it.',
    causes: causes(
      ['the change takes a moment', 'run the same command again'],
      ['someone else changed it back', 'look at it in the portal'],
    ),
  },
  DEVICE_NOT_AUTHORIZED: {
    meaning: 'DPS does not accept the device.',
    causes: causes(
      [
        'its chain leads to no verified CA that backs an enrollment',
        'enrollkit doctor names the broken link',
      ],
      ['its enrollment is disabled', 'enrollkit group show ID'],
      ['a wrong ID scope', 'the overview page of the DPS'],
    ),
  },
  REGISTRATION_FAILED: {
    meaning: 'DPS accepted the device, and could not assign it to a hub.',
    causes: causes(
      ['no hub is linked, or DPS may not use it', 'enrollkit doctor'],
      ['the webhook of a custom allocation failed', 'its log'],
    ),
  },
  HUB_REFUSED: {
    meaning: 'The hub does not accept the device.',
    causes: causes(
      ['the hub knows another certificate of the device', 'register it again'],
      ['the device is disabled or was deleted in the hub', 'enrollkit doctor'],
    ),
  },
  THROTTLED: {
    meaning: 'The service takes no more requests at the moment.',
    causes: causes(['more than 1000 registrations or operations per minute', 'enrollkit explain 429001']),
  },
  SERVICE_FAILED: {
    meaning: 'The service itself failed.',
    causes: causes(
      ['a temporary failure in Azure', 'Azure status: https://status.azure.com'],
      ['a fault that was set in the emulator', 'enrollkit emulator faults list'],
    ),
  },
  NETWORK: {
    meaning: 'The service was not reached, or the connection broke.',
    causes: causes(
      ['the emulator is not running, or the computer is offline', 'enrollkit doctor'],
      ['a firewall keeps port 8883 shut', 'try --protocol https'],
      ['a proxy is needed', 'HTTPS_PROXY'],
    ),
  },
  TIMEOUT: {
    meaning: 'Something took longer than it may.',
    causes: causes(
      ['a slow network or service', 'run the same command again'],
      ['a firewall that drops packets', 'enrollkit doctor'],
    ),
  },
  SERVER_NOT_TRUSTED: {
    meaning: 'The TLS certificate of the server does not lead to a trusted root, or is for another name.',
    causes: causes(
      ['a proxy inspects TLS', 'enrollkit doctor shows who issued the certificate'],
      ['trusted roots that are outdated', 'enrollkit doctor looks for those that Azure needs'],
      ['a wrong clock', 'enrollkit doctor'],
    ),
  },
  PROOF_OF_POSSESSION_PENDING: {
    meaning: 'The CA is not verified yet: a step in the portal is left.',
    causes: causes([
      'the verification certificate was not uploaded in the portal',
      'the certificates page of the DPS shows the status',
    ]),
  },
  PROOF_OF_POSSESSION_FAILED: {
    meaning: 'DPS did not accept the proof of possession.',
    causes: causes(
      ['a newer verification code was requested meanwhile', 'run the same command again'],
      ['the key is not that of the uploaded CA', 'enrollkit explain 400053'],
    ),
  },
  PARTIAL: {
    meaning: 'Some devices are done, and others failed.',
    causes: causes(['each failure has its own reason', 'the message, or the results file, has them']),
  },
  NEEDS_INPUT: {
    meaning: 'An answer is missing, and there is nobody to ask.',
    causes: causes([
      'the command runs in CI, or its input is no terminal',
      'give the flag that the message names',
    ]),
  },
  FOLDER_NOT_EMPTY: inTheWay(
    'The folder holds files that enrollkit did not make.',
    'another folder than you think',
    'the message names two of the files',
  ),
  FOLDER_IN_USE: inTheWay(
    'Another command works on the folder.',
    'a command that still runs',
    'ps, or the task manager',
  ),
  FILE_EXISTS: inTheWay(
    'A file is in the way, and is not overwritten.',
    'an earlier run, or another program, made it',
    'the message names the file',
  ),
  FILE_UNREADABLE: inTheWay(
    'A file or folder does not exist or cannot be read.',
    'a mistyped path, or missing permissions',
    'ls -l PATH',
  ),
  FILE_UNWRITABLE: inTheWay(
    'A file or folder cannot be written.',
    'missing permissions, or a full disk',
    'ls -ld FOLDER, df FOLDER',
  ),
  JOURNAL_UNREADABLE: inTheWay(
    'The record of what earlier runs made cannot be read.',
    'the file was edited or damaged',
    'the message names the line',
  ),
  ADDRESS_UNUSABLE: inTheWay(
    'The emulator cannot listen at that address.',
    'it is not an address of this computer',
    'ip address, or ipconfig',
  ),
  PORT_IN_USE: inTheWay(
    'Another program listens at the port.',
    'another emulator, or another program',
    'enrollkit emulator status, ss -ltnp',
  ),
  PORT_NOT_PERMITTED: inTheWay(
    'You are not permitted to open the port.',
    'ports below 1024 need rights',
    'choose a higher port',
  ),
  EMULATOR_STATE_IN_USE: inTheWay(
    'An emulator runs on that folder already.',
    'one that was started earlier',
    'enrollkit emulator status',
  ),
  EMULATOR_STATE_UNREADABLE: inTheWay(
    'The state of the emulator cannot be read.',
    'it was damaged, or written by another version',
    'the message says which',
  ),
  EMULATOR_UNSUPPORTED: inTheWay(
    'The emulator does not run on this platform.',
    'its database has no build for it',
    'the message names the platform',
  ),
  INTERRUPTED: {
    meaning: 'The command was interrupted; what was done is kept.',
    causes: causes(['Ctrl-C, or a signal to stop', 'run the same command again']),
  },
};
