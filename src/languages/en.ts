/**
 * Every sentence that people read, in English, by area and ID. A sentence with values in it is a function of them; so
 * that every language can order and join them, it gets the values themselves: numbers, names, lists.
 *
 * Values are string, number, boolean, readonly string[], literals, or undefined: test/languages/catalogue.test.ts calls
 * each function with all of them.
 */
import { numberText } from './numbers.js';

export const en = {
  /** src/errors.ts */
  errors: {
    /** src/package-files.ts */
    filesMissing: 'The files of enrollkit are not where it was installed. Install it again.',
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
        'Specify a recording that enrollkit wrote, or its folder. To list those of a folder: enrollkit runs --dir FOLDER',
      INVALID_SEED: 'Correct the seed file at that place.',
      INVALID_FAULTS: 'Correct the fault rules at that place.',
      INVALID_TEMPLATE: 'Correct the template at that place.',
      INVALID_METHODS: 'Correct the table of methods at that place.',
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
      CHAIN_INVALID:
        'Specify a chain in which each certificate is signed by the next one. To check a chain: enrollkit cert verify FILE',
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
        'Check the names. To list your provisioning services: enrollkit dps list --target azure. To create one: enrollkit dps create NAME --target azure',
      NO_LINKED_HUB: 'Link a hub: enrollkit hub link HUB --dps-name NAME (in Azure, with --target azure)',
      HUB_NOT_LINKED:
        'Choose a linked hub, or link this one: enrollkit hub link HUB --dps-name NAME (in Azure, with --target azure)',
      NOT_FOUND: 'Check the name.',
      CONFLICT: 'Choose another name, or delete the existing one, for example: enrollkit group delete ID',
      PRECONDITION_FAILED: 'Someone else changed it at the same time. Run the command again.',
      REFUSED: 'See the reason that the service gave.',
      NOT_READ_BACK:
        'The service accepted the change but does not show it. Run the command again; if that does not help, check the DPS in the portal.',
      DEVICE_NOT_AUTHORIZED:
        'Run enrollkit doctor. It checks that the chain leads to a verified CA, and that its enrollment is enabled.',
      REGISTRATION_FAILED: 'See the reason that the service gave.',
      HUB_REFUSED:
        'Run enrollkit doctor. It checks that the device exists in its hub, is enabled, and has its current certificate there.',
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
      PARTIAL: 'Run the command again. It keeps the completed part and retries the rest.',
      NEEDS_INPUT: 'Set that flag, or use --yes to accept the defaults.',
      FOLDER_NOT_EMPTY: 'Use an empty or new folder: --dir FOLDER.',
      FOLDER_IN_USE: 'Wait until the other process ends, or use another folder: --dir FOLDER.',
      FILE_EXISTS: 'Move it away, or use another folder: --dir FOLDER.',
      FILE_UNREADABLE: 'Check the path and its permissions.',
      FILE_UNWRITABLE:
        'Free up disk space or check the permissions of the folder, then run the command again.',
      JOURNAL_UNREADABLE:
        'Move the .enrollkit folder away. To delete what earlier runs created in Azure: enrollkit clean --find --target azure',
      ADDRESS_UNUSABLE: 'Choose an address of this computer: --host ADDRESS.',
      PORT_IN_USE: 'Choose another port, or 0 for any free port.',
      PORT_NOT_PERMITTED: 'Run it with the privileges that ports below 1024 require, or choose higher ports.',
      TRUST_NOT_PERMITTED:
        'Run the command again with sudo, for the store of the system only: --store system.',
      TRUST_FAILED: 'Read the message. It names the store or the program that failed.',
      EMULATOR_STATE_IN_USE:
        'Use the emulator that is running there, stop it (enrollkit emulator stop --dir FOLDER), or use another folder: --dir FOLDER.',
      EMULATOR_STATE_UNREADABLE: 'Move that folder away. The emulator creates a new one.',
      EMULATOR_UNSUPPORTED:
        'Use Node.js 22.13 or later, which includes a database. Everything else in enrollkit works with this version.',
      NOT_RECORDED:
        'This run differs from the recorded one. Compare the versions of enrollkit, or replay it without --offline.',
      INTERRUPTED: 'Run the command again to resume.',
    },
    interrupted: 'Interrupted. Completed work is kept.',
  },

  /** What the codes of services, connections and enrollkit mean: src/explanations/. */
  explanations: {
    /** What kinds of codes there are. */
    kinds: {
      dps: 'Device Provisioning Service',
      arm: 'Azure Resource Manager',
      hub: 'IoT Hub',
      http: 'HTTP status',
      tls: 'TLS alert',
      connection: 'connection',
      enrollkit: 'enrollkit',
      finding: 'finding of enrollkit',
      exit: 'exit status of enrollkit',
    },
    /** At the end of an error. */
    short: (code: string, meaning: string, cause: string | undefined) =>
      `${code}: ${meaning}${cause === undefined ? '' : ` Most likely cause: ${cause}.`} More: enrollkit explain ${code}`,
    /**
     * Error codes of DPS: the HTTP status times 1000, plus a detail. Sources: Microsoft Learn, "Troubleshoot DPS"; the
     * C SDK's provisioning client; public reports of real replies (Azure/azure-iot-sdk-c#2362, azure-iot-sdk-node#532
     * and #869, Azure/iotedge#3233, MicrosoftDocs/azure-docs#57082).
     */
    dps: {
      400004: {
        meaning: 'An argument in the request is not valid.',
        causes: [
          ['an ID or value that breaks a DPS rule', 'the error message names the field'],
          [
            'a custom allocation policy without its webhook, or hubs without an allocation policy',
            'read the group: enrollkit group show ID',
          ],
          [
            'an api-version that DPS does not know',
            'the message says "Unknown api version"; run again with --verbose to see what was sent',
          ],
        ],
        next: 'Correct what the message names.',
      },
      400207: {
        meaning: 'The webhook of the custom allocation policy failed.',
        causes: [
          ['the Azure Function is down or refuses the call', 'call its URL yourself, and check its log'],
          [
            'it returned something other than a linked hub',
            'its log shows the response; "enrollkit dps show NAME --target azure" shows the hubs',
          ],
        ],
        next: 'Check the log of the function that the enrollment names.',
      },
      400208: {
        meaning: 'There is no IoT hub to assign the device to.',
        causes: [
          ['no hub is linked to the DPS', 'enrollkit dps show NAME --target azure'],
          [
            'the hubs in the enrollment are no longer linked',
            'compare that list with iotHubs in: enrollkit group show ID',
          ],
        ],
        next: 'Link a hub: enrollkit hub link HUB --dps-name NAME (in Azure, with --target azure)',
      },
      400209: {
        meaning: 'The linked IoT hub does not let DPS register devices.',
        causes: [
          [
            'the key in the link’s connection string was regenerated',
            'compare it with the keys of that policy in the hub: Security settings, Shared access policies',
          ],
          [
            'its policy lacks the permission RegistryWrite or ServiceConnect',
            'the same page of the hub shows the permissions of the policy',
          ],
        ],
        next: 'Link the hub again: enrollkit hub unlink HUB, then enrollkit hub link HUB, both with --dps-name NAME (in Azure, also with --target azure)',
      },
      401000: {
        meaning: 'DPS does not accept the credentials in the request.',
        causes: [
          [
            'for a device: it presented no client certificate and no token',
            'check that the device’s TLS configuration has a certificate and a key',
          ],
          ['for a device: no enrollment matches its certificate', 'enrollkit doctor compares the two'],
          [
            'for a service: the token has expired, or its key was regenerated',
            'compare the key with the policy in the portal, and the clock with the actual time',
          ],
          ['the ID scope belongs to another DPS', 'compare it with the overview page of your DPS'],
        ],
        next: 'Run enrollkit doctor, which compares ID scope, certificates and enrollments.',
      },
      401001: {
        meaning: 'DPS does not know this ID scope.',
        causes: [
          [
            'the ID scope is mistyped, or belongs to a deleted DPS',
            'compare it with the overview page of your DPS',
          ],
          [
            'the device connects to the endpoint of another cloud',
            'the host name ends in .azure-devices-provisioning.net in the public cloud',
          ],
        ],
        next: 'Copy the ID scope from the overview page of the DPS, or from: enrollkit dps list (in Azure, with --target azure)',
      },
      401002: {
        meaning:
          'DPS cannot trace the device’s certificate chain to a verified CA that an enrollment group uses.',
        causes: [
          [
            'the CA was not uploaded, or is not verified',
            'enrollkit ca list shows each uploaded CA and whether it is verified',
          ],
          [
            'the device sent its certificate without the CA certificates above it',
            'check that the file given to the device’s TLS library has all of them (grep -c BEGIN chain.pem counts them); some libraries send only the first certificate in a file',
          ],
          [
            'the enrollment group has another CA, perhaps with the same name',
            'compare the thumbprints from enrollkit group show ID with enrollkit cert fingerprint FILE',
          ],
          [
            'a certificate in the chain has expired or is not valid yet',
            'enrollkit cert inspect chain.pem shows the dates',
          ],
          [
            'the certificate’s common name is not the registration ID',
            'enrollkit cert inspect chain.pem shows the common name; case does not matter',
          ],
          [
            'the device certificate is signed with a different key than the one in the CA certificate that was sent',
            'enrollkit cert verify chain.pem says which signature is wrong',
          ],
          [
            'the individual enrollment for this registration ID has another certificate',
            'an individual enrollment takes precedence: compare its thumbprints in the portal with the device’s',
          ],
          ['a key or signature algorithm that DPS does not accept', 'enrollkit cert lint chain.pem names it'],
        ],
        next: 'Run enrollkit doctor: it compares the certificates with what DPS has, and names the broken link.',
      },
      403000: {
        meaning: 'DPS does not let this client in.',
        causes: [
          [
            'an IP filter of the DPS',
            'the networking page of the DPS in the portal lists the allowed addresses',
          ],
          ['public network access is disabled', 'the same page says so; then only a private endpoint works'],
          [
            'for a service: its role or policy lacks a permission',
            'the access control page of the DPS lists the roles',
          ],
        ],
        next: 'Check the networking page of the DPS in the portal.',
      },
      404000: {
        meaning: 'DPS has nothing at this address.',
        causes: [
          ['a mistake in the path or in the resource name', 'run again with --verbose to see the request'],
          ['the resource was deleted', 'list what exists: enrollkit group list, enrollkit ca list'],
        ],
        next: 'Check the name.',
      },
      404201: {
        meaning: 'This individual enrollment does not exist.',
        causes: [
          ['it was deleted, or never created', 'the enrollments page of the DPS lists them'],
          ['it is in another provisioning service', 'compare the name, or the ID scope'],
        ],
        next: 'Check the registration ID and the provisioning service. To list the individual enrollments: enrollkit enrollment list',
      },
      404202: {
        meaning: 'This device has no registration record.',
        causes: [
          ['the device never registered', 'enrollkit doctor lists the devices that did'],
          ['its record was deleted', 'the device may still be in its hub'],
        ],
        next: 'Register the device again: enrollkit device register ID',
      },
      404203: {
        meaning: 'This registration operation does not exist.',
        causes: [
          [
            'the device polled too late, or for an operation of another registration',
            'operations are kept for a few minutes only',
          ],
          [
            'the emulator was restarted or reset in the meantime',
            'enrollkit emulator status shows how long it has been running',
          ],
        ],
        next: 'Register the device again: enrollkit device register ID',
      },
      404204: {
        meaning: 'This enrollment group does not exist.',
        causes: [
          ['it was deleted, or never created', 'enrollkit group list'],
          ['it is in another provisioning service', 'compare its name with the one in the plan'],
        ],
        next: 'List the existing enrollment groups: enrollkit group list',
      },
      405000: {
        meaning: 'DPS does not support this method at this address.',
        causes: [
          ['a request that is not part of the DPS API', 'run again with --verbose to see the request'],
        ],
        next: 'Compare the request with the DPS REST reference.',
      },
      409201: {
        meaning: 'An individual enrollment with this ID already exists.',
        causes: [
          ['an earlier run, or someone else, created it', 'the enrollments page of the DPS shows when'],
          ['an update was sent without an etag', 'DPS accepts bulk updates only with etags'],
        ],
        next: 'Choose another ID, or delete the existing one: enrollkit enrollment delete ID',
      },
      409202: {
        meaning: 'An enrollment group with this ID already exists.',
        causes: [
          ['an earlier run, or someone else, created it', 'enrollkit group show ID shows when'],
          ['an update was sent without an etag', 'DPS accepts updates only with etags'],
        ],
        next: 'Choose another ID, or delete the existing one: enrollkit group delete ID',
      },
      409203: {
        meaning: 'Another request changed the registration at the same time.',
        causes: [
          [
            'two devices, or two processes, register with the same ID at the same time',
            'make sure that no other device has this certificate',
          ],
          [
            'someone else changed it after it was read',
            'compare its lastUpdatedDateTimeUtc with the time of your last change',
          ],
        ],
        next: 'Register the device again: enrollkit device register ID',
      },
      412001: {
        meaning: 'The etag does not match the stored version.',
        causes: [
          [
            'someone else changed it after it was read',
            'compare its lastUpdatedDateTimeUtc with the time of your last change',
          ],
        ],
        next: 'Read it again, then repeat the change.',
      },
      413000: {
        meaning: 'The request body is too large.',
        causes: [['a large initial twin, payload or list', 'run again with --verbose to see the request']],
        next: 'Send less: an initial twin can have 32 KB of desired properties, a bulk request 10 enrollments.',
      },
      415000: {
        meaning: 'The request body is not declared as JSON.',
        causes: [['a client that sends another Content-Type', 'it must be application/json']],
        next: 'Send Content-Type: application/json.',
      },
      429001: {
        meaning: 'DPS is throttling requests.',
        causes: [
          [
            'more than 1000 registrations or operations per minute',
            'check whether many devices start at the same time',
          ],
          ['a device that registers again and again in a loop', 'the registration records show how often'],
        ],
        next: 'Wait a minute, then run the command again. To spread the registrations of a fleet over time: enrollkit fleet register FLEET --rate N',
      },
      500000: {
        meaning: 'DPS failed.',
        causes: [['a temporary failure in Azure', 'Azure status: https://status.azure.com']],
        next: 'Wait a minute, then run the command again.',
      },
      501000: {
        meaning: 'The emulator does not support this.',
        causes: [
          ['a feature that only Azure has', 'docs/emulator-support.md lists what the emulator supports'],
        ],
        next: 'Use --target azure for it.',
      },
    },
    /**
     * Errors of IoT Hub, by the names that SDKs report. Source: Microsoft Learn, "Understand and resolve Azure IoT Hub
     * errors".
     */
    hub: {
      ArgumentInvalid: {
        meaning: 'The hub does not accept a value in the request.',
        causes: [
          [
            'a device ID, twin or query that breaks a rule of the hub',
            'the message names it; a device ID has up to 128 ASCII letters, digits and - . % _ * ? ! ( ) , : = @ $ ’',
          ],
        ],
        next: 'Correct what the message names.',
      },
      InvalidProtocolVersion: {
        meaning: 'The hub does not support the api-version of the request.',
        causes: [
          [
            'a very old or preview version of an SDK',
            'the api-version is in the URL, or in the MQTT user name',
          ],
          ['an emulator that is older than the SDK', 'docs/emulator-support.md lists the versions'],
        ],
        next: 'Update the SDK, or the emulator.',
      },
      IotHubFormatError: {
        meaning: 'The request to the hub is malformed.',
        causes: [['a body that is not the expected JSON', 'the message names the place']],
        next: 'Compare the request with the IoT Hub REST reference.',
      },
      IotHubUnauthorizedAccess: {
        meaning: 'The hub does not accept the credentials.',
        causes: [
          [
            'the device presented a different certificate than the one it registered with',
            'compare the thumbprint with the device’s page in the hub; register again after renewing',
          ],
          ['the device was disabled or deleted in the hub', 'check the device’s page in the hub'],
          [
            'for a service: a key that was regenerated, or a policy without the permission',
            'check the shared access policies of the hub',
          ],
          ['the device’s clock is wrong, so its token has expired', 'compare it with the actual time'],
        ],
        next: 'Register the device again, so that the hub gets its current certificate: enrollkit device register ID',
      },
      DeviceMaximumQueueDepthExceeded: {
        meaning: 'Too many messages are waiting for the device.',
        causes: [
          [
            'the device does not complete the 50 messages it has',
            'the device’s page in the hub shows the count',
          ],
        ],
        next: 'Let the device receive its messages, or purge them.',
      },
      GenericNotFound: {
        meaning: 'The hub has nothing at this address.',
        causes: [['a mistake in the request path', 'run again with --verbose to see the request']],
        next: 'Compare the request with the IoT Hub REST reference.',
      },
      DeviceNotFound: {
        meaning: 'The device does not exist in the hub.',
        causes: [
          [
            'the device was deleted in the hub',
            'its registration record in DPS stays: enrollkit doctor shows both',
          ],
          ['the device is assigned to another hub', 'the registration record names the hub'],
          ['the device ID is mistyped', 'device IDs are case-sensitive in the hub'],
        ],
        next: 'Register the device again: enrollkit device register ID',
      },
      DeviceNotOnline: {
        meaning: 'The device is not connected, or does not listen for direct methods.',
        causes: [
          ['the device is offline', 'the device’s page in the hub shows its connection state'],
          [
            'it is connected over HTTPS, which does not support direct methods',
            'check which transport the device uses',
          ],
        ],
        next: 'Connect the device over MQTT or AMQP, then call the method again.',
      },
      DeviceAlreadyExists: {
        meaning: 'The hub already has a device with this ID.',
        causes: [['an earlier run, or someone else, created it', 'check the device’s page in the hub']],
        next: 'Choose another device ID, or delete that device.',
      },
      PreconditionFailed: {
        meaning: 'The etag does not match the device or twin in the hub.',
        causes: [['someone else changed it after it was read', 'read it again, and compare the etags']],
        next: 'Read it again, then repeat the change.',
      },
      DeviceMessageLockLost: {
        meaning: 'The lock on a cloud-to-device message has expired.',
        causes: [
          [
            'the device took more than a minute to complete the message',
            'check whether the message is delivered again',
          ],
        ],
        next: 'Complete the message sooner; expect it a second time.',
      },
      GenericRequestEntityTooLarge: {
        meaning: 'The request body is too large for the hub.',
        causes: [['a bulk request of more than 500 KB', 'check the size of the body']],
        next: 'Send several smaller requests.',
      },
      MessageTooLarge: {
        meaning: 'The message is too large.',
        causes: [
          [
            'a message of more than 256 KB (64 KB to a device)',
            'check the size of the message including its properties',
          ],
        ],
        next: 'Split the message, or upload a file.',
      },
      TooManyDevices: {
        meaning: 'A bulk request has too many devices.',
        causes: [['more than 100 devices in one request', 'count them']],
        next: 'Send at most 100 devices per request.',
      },
      GenericUnsupportedMediaType: {
        meaning: 'The request body is not declared as JSON.',
        causes: [['a client that sends another Content-Type', 'it must be application/json']],
        next: 'Send Content-Type: application/json.',
      },
      ThrottlingException: {
        meaning: 'The hub is throttling requests.',
        causes: [
          [
            'more requests per second than the hub’s tier allows',
            'check the metric "throttling errors" of the hub',
          ],
        ],
        next: 'Wait, then try again with increasing delays, or add units to the hub.',
      },
      ServerError: {
        meaning: 'The hub failed.',
        causes: [['a temporary failure in Azure', 'Azure status: https://status.azure.com']],
        next: 'Wait a minute, then try again.',
      },
      NotImplemented: {
        meaning: 'The emulator’s hub does not support this.',
        causes: [
          ['a feature that only Azure has', 'docs/emulator-support.md lists what the emulator supports'],
        ],
        next: 'Use --target azure for it.',
      },
      InvalidResponseWhileProxying: {
        meaning: 'The device answered a direct method with something that is not JSON.',
        causes: [['a mistake in the device’s program', 'its log shows the answer']],
        next: 'Have the device answer with JSON.',
      },
      GatewayTimeout: {
        meaning: 'The device did not answer a direct method in time.',
        causes: [
          [
            'the method takes longer than the timeout of the call',
            'check responseTimeoutInSeconds in the call',
          ],
          ['the device lost its connection', 'check the device’s page in the hub'],
        ],
        next: 'Call the method again with a longer timeout.',
      },
    },
    /**
     * Errors of Azure Resource Manager, and of the resource provider Microsoft.Devices. Sources: Microsoft Learn,
     * "Common Azure deployment errors"; recordings in Azure/azure-sdk-for-net.
     */
    arm: {
      400019: {
        meaning: 'The provisioning service has reached its limit for these.',
        causes: [
          [
            'a DPS limit was reached, such as 25 CA certificates',
            'enrollkit ca list shows how many there are',
          ],
        ],
        next: 'Delete what you no longer use: enrollkit ca delete NAME',
      },
      400053: {
        meaning:
          'Proof of possession failed: the verification certificate does not prove possession of this CA’s key.',
        causes: [
          [
            'it was signed by a CA other than the uploaded one',
            'compare the issuer of the verification certificate with the subject of the uploaded CA',
          ],
          [
            'its common name is not the latest verification code',
            'each request for a code replaces the previous one',
          ],
        ],
        next: 'Request a new code, and answer it with the key of the uploaded CA: enrollkit ca verify NAME',
      },
      400059: {
        meaning: 'The provisioning service does not support this SKU.',
        causes: [['a SKU other than S1', 'check the sku in the request']],
        next: 'Use the SKU S1.',
      },
      400303: {
        meaning: 'The hub is linked twice.',
        causes: [
          [
            'the list of hubs includes a hub that is already linked',
            'enrollkit dps show NAME --target azure',
          ],
        ],
        next: 'List each hub once.',
      },
      400305: {
        meaning: 'The name is not allowed.',
        causes: [['characters or a length that the resource does not allow', 'the message states the rule']],
        next: 'Choose a name of 3 to 64 letters, digits and hyphens.',
      },
      404002: {
        meaning: 'The provisioning service does not exist.',
        causes: [
          ['a mistyped name', 'enrollkit dps list --target azure shows the names'],
          ['another subscription is selected', 'az account show'],
        ],
        next: 'List your provisioning services: enrollkit dps list --target azure',
      },
      404015: {
        meaning: 'There is no CA certificate with this name.',
        causes: [
          ['it was deleted, or never uploaded', 'enrollkit ca list'],
          ['it is in another provisioning service', 'compare its name with the one in the plan'],
        ],
        next: 'List the uploaded CAs: enrollkit ca list',
      },
      409004: {
        meaning: 'The name is taken.',
        causes: [['names of provisioning services are unique across Azure', 'someone else may be using it']],
        next: 'Choose another name.',
      },
      500001: {
        meaning: 'The resource provider failed.',
        causes: [['a temporary failure in Azure', 'Azure status: https://status.azure.com']],
        next: 'Wait a minute, then run the command again.',
      },
      AuthenticationFailed: {
        meaning: 'Azure Resource Manager does not accept the token.',
        causes: [
          ['the login has expired', 'az account get-access-token fails as well'],
          ['the token is for another tenant', 'az account show names the tenant'],
          ['the clock of this computer is wrong', 'enrollkit doctor compares it with Azure’s'],
        ],
        next: 'Run az login again.',
      },
      AuthorizationFailed: {
        meaning: 'Your identity lacks a role on this resource.',
        causes: [
          ['no role assignment on the DPS or its resource group', 'az role assignment list --assignee USER'],
          ['the role was assigned a few minutes ago', 'new assignments take up to 10 minutes'],
        ],
        next: 'Ask for the Contributor role on the DPS.',
      },
      SubscriptionNotFound: {
        meaning: 'The subscription does not exist, or you cannot see it.',
        causes: [
          ['a mistyped name', 'enrollkit dps list --target azure shows the names'],
          ['another subscription is selected', 'az account show'],
        ],
        next: 'List your subscriptions: az account list',
      },
      ResourceGroupNotFound: {
        meaning: 'The resource group does not exist in the subscription.',
        causes: [
          ['a mistyped name', 'enrollkit dps list --target azure shows the names'],
          ['another subscription is selected', 'az account show'],
        ],
        next: 'List the resource groups: az group list',
      },
      ResourceNotFound: {
        meaning: 'The resource does not exist in the resource group.',
        causes: [
          ['a mistyped name', 'enrollkit dps list --target azure shows the names'],
          ['another subscription is selected', 'az account show'],
        ],
        next: 'List your provisioning services: enrollkit dps list --target azure',
      },
      ParentResourceNotFound: {
        meaning: 'The resource that contains this one does not exist.',
        causes: [
          ['a mistyped name', 'enrollkit dps list --target azure shows the names'],
          ['another subscription is selected', 'az account show'],
        ],
        next: 'List your provisioning services: enrollkit dps list --target azure',
      },
      NotFound: {
        meaning: 'Azure Resource Manager has nothing at this address.',
        causes: [
          ['a mistyped name', 'enrollkit dps list --target azure shows the names'],
          ['another subscription is selected', 'az account show'],
        ],
        next: 'Run again with --verbose to see the request.',
      },
      InvalidApiVersionParameter: {
        meaning: 'Azure Resource Manager does not support this api-version.',
        causes: [['a client that is newer or older than the service', 'the message lists the versions']],
        next: 'Use an api-version listed in the message.',
      },
      BadRequest: {
        meaning: 'Azure Device Registry refused the request.',
        causes: [
          ['a name or a value that it does not allow', 'the message states the rule'],
          [
            'a certificate chain that does not belong to the certificate authority’s request',
            'enrollkit authority show NAME --csr prints the request that must be signed',
          ],
        ],
        next: 'Correct what the message names.',
      },
      OperationNotAllowed: {
        meaning: 'The resource is in use, or cannot be changed this way.',
        causes: [
          [
            'an enrollment, a link or another certificate authority needs it',
            'enrollkit enrollment list and enrollkit namespace show NAME',
          ],
          ['a property that cannot be changed after creation', 'enrollkit authority show NAME'],
        ],
        next: 'Remove what the message names first, for example: enrollkit enrollment delete ID, enrollkit namespace unlink NAME',
      },
      InvalidRequestContent: {
        meaning: 'The request body cannot be read.',
        causes: [['it is not JSON, or a member has the wrong type', 'the message names the place']],
        next: 'Correct what the message names.',
      },
      InvalidResourceLocation: {
        meaning: 'The resource exists in another location.',
        causes: [
          ['a PUT with a different location than the resource’s', 'enrollkit dps show NAME --target azure'],
        ],
        next: 'Send its actual location, or choose another name.',
      },
      MethodNotAllowed: {
        meaning: 'Azure Resource Manager does not support this method at this address.',
        causes: [['a request that is not part of the API', 'run again with --verbose to see the request']],
        next: 'Compare the request with the REST reference.',
      },
      RequestEntityTooLarge: {
        meaning: 'The request body is too large.',
        causes: [['a request of more than 4 MB', 'check the size of the body']],
        next: 'Send less.',
      },
      UnsupportedMediaType: {
        meaning: 'The request body is not declared as JSON.',
        causes: [['a client that sends another Content-Type', 'it must be application/json']],
        next: 'Send Content-Type: application/json.',
      },
    },
    /** HTTP statuses. Sources: RFC 9110; Microsoft Learn, "Troubleshoot DPS". */
    http: {
      200: {
        meaning: 'The request succeeded.',
        causes: [['the request succeeded', 'no check is needed']],
        next: 'No action is needed.',
      },
      201: {
        meaning: 'The resource was created.',
        causes: [['nothing is wrong', 'read it back']],
        next: 'No action is needed.',
      },
      202: {
        meaning: 'The request was accepted; its outcome is not known yet.',
        causes: [['a registration or a change that takes time', 'poll the operation named in the response']],
        next: 'Poll after the number of seconds in Retry-After.',
      },
      204: {
        meaning: 'The request succeeded; there is nothing to return.',
        causes: [['nothing is wrong', 'read it back']],
        next: 'No action is needed.',
      },
      301: {
        meaning: 'The resource has moved to another address for good.',
        causes: [
          ['the endpoint is that of a website or a proxy', 'curl -sI URL shows where it redirects to'],
        ],
        next: 'Use the host name of the service.',
      },
      302: {
        meaning: 'The response names another address.',
        causes: [['a proxy or a captive portal asks you to sign in', 'open the address in a browser']],
        next: 'Sign in there, or use another network.',
      },
      303: {
        meaning: 'The outcome is at another address.',
        causes: [
          [
            'a proxy or a website responds instead of the service',
            'curl -sI URL shows where it redirects to',
          ],
        ],
        next: 'Use the host name of the service.',
      },
      304: {
        meaning: 'The resource has not changed.',
        causes: [['a cache between client and service', 'look for If-None-Match in the request']],
        next: 'Send the request without that header.',
      },
      307: {
        meaning: 'The same request should go to another address.',
        causes: [['a proxy or a captive portal', 'curl -sI URL shows where it redirects to']],
        next: 'Use the host name of the service, or sign in to the network.',
      },
      308: {
        meaning: 'The same request should always go to another address.',
        causes: [['an endpoint that has moved', 'curl -sI URL shows where it redirects to']],
        next: 'Use the new address.',
      },
      400: {
        meaning: 'The service does not accept the request.',
        causes: [
          ['a value that breaks a rule', 'the error message names it'],
          ['an unknown api-version', 'the message says so'],
        ],
        next: 'Correct what the message names; the six-digit code in it says more.',
      },
      401: {
        meaning: 'The service does not accept the credentials.',
        causes: [
          ['for a device: DPS cannot trace its chain to a verified CA', 'enrollkit explain 401002'],
          [
            'a login or token that has expired, or a key that was regenerated',
            'check az account show, or the shared access policies in the portal',
          ],
          ['a wrong clock', 'enrollkit doctor compares it with the service’s'],
        ],
        next: 'Run enrollkit doctor, which checks credentials, clock and certificates.',
      },
      402: {
        meaning: 'The subscription cannot be charged.',
        causes: [
          [
            'a subscription that is disabled or has reached its spending limit',
            'the portal shows the state of the subscription',
          ],
        ],
        next: 'Enable the subscription.',
      },
      403: {
        meaning: 'The service knows who you are, but does not allow this.',
        causes: [
          ['a missing role or permission', 'check the access control page of the resource'],
          ['an IP filter, or public network access is disabled', 'check the networking page of the resource'],
        ],
        next: 'Ask for the role, or for access from this network.',
      },
      404: {
        meaning: 'Nothing exists at this address.',
        causes: [
          [
            'a mistyped name, or something that was deleted',
            'list what exists: enrollkit group list, enrollkit ca list',
          ],
          ['another subscription, DPS or hub', 'compare the names with those in the plan'],
        ],
        next: 'Check the name.',
      },
      405: {
        meaning: 'The service does not support this method at this address.',
        causes: [['a request that is not part of the API', 'run again with --verbose to see the request']],
        next: 'Compare the request with the REST reference.',
      },
      406: {
        meaning: 'The service cannot respond in the requested format.',
        causes: [
          ['an Accept header of another client', 'run the command with --verbose: it prints each request'],
        ],
        next: 'Accept application/json.',
      },
      407: {
        meaning: 'The proxy requires a user name and password.',
        causes: [['HTTPS_PROXY names a proxy without credentials', 'ask the proxy’s administrator for them']],
        next: 'Set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.',
      },
      408: {
        meaning: 'The service waited too long for the request.',
        causes: [['a slow or broken connection', 'try from another network']],
        next: 'Wait a minute, then run the command again.',
      },
      409: {
        meaning: 'The request conflicts with the current state.',
        causes: [
          [
            'something with that name already exists',
            'list what exists: enrollkit group list, enrollkit ca list',
          ],
          ['an update without an etag', 'the six-digit code in the message says which'],
        ],
        next: 'Choose another name, or delete the existing one, for example: enrollkit group delete ID',
      },
      410: {
        meaning: 'The resource is gone for good.',
        causes: [
          [
            'an api-version that was retired, or a deleted resource',
            'compare the api-version with the reference of the REST API',
          ],
        ],
        next: 'Update the client.',
      },
      411: {
        meaning: 'The service requires a length for the body.',
        causes: [
          ['a client or a proxy that sends the body in chunks', 'look for Content-Length in the request'],
        ],
        next: 'Send Content-Length.',
      },
      412: {
        meaning: 'It was changed in the meantime: the etag does not match the stored version.',
        causes: [['someone else changed it after it was read', 'read it again, and compare the etags']],
        next: 'Read it again, then repeat the change.',
      },
      413: {
        meaning: 'The request is too large.',
        causes: [['a large body', 'run again with --verbose to see the request']],
        next: 'Send less.',
      },
      414: {
        meaning: 'The address of the request is too long.',
        causes: [['too much in the query', 'run the command with --verbose: it prints each request']],
        next: 'Shorten it, or send the data in the body.',
      },
      415: {
        meaning: 'The body is not declared as JSON.',
        causes: [['another Content-Type', 'it must be application/json']],
        next: 'Send Content-Type: application/json.',
      },
      416: {
        meaning: 'The requested range does not exist.',
        causes: [['a download that was resumed after the file changed', 'look for Range in the request']],
        next: 'Start the download again.',
      },
      417: {
        meaning: 'The service does not meet the Expect header.',
        causes: [
          [
            'a client that sends Expect: 100-continue, such as curl with a large body',
            'curl -H Expect: turns it off',
          ],
        ],
        next: 'Send the request without that header.',
      },
      421: {
        meaning: 'The request reached a server that does not serve this host.',
        causes: [
          [
            'a connection that was reused for another host name',
            'compare the Host header with the server name in TLS',
          ],
        ],
        next: 'Connect again, with the name of the service.',
      },
      422: {
        meaning: 'The service understands the request, and a value in it is not valid.',
        causes: [
          [
            'a value that breaks a rule',
            'the message names the value; the reference of the REST API has the rule',
          ],
        ],
        next: 'Correct that value.',
      },
      423: {
        meaning: 'The resource is locked.',
        causes: [['a lock in Azure Resource Manager, or another operation', 'az lock list']],
        next: 'Remove the lock, or wait for the other operation.',
      },
      426: {
        meaning: 'The service requires another protocol.',
        causes: [['a plain HTTP request to a WebSocket address', 'check the client’s settings']],
        next: 'Connect with MQTT or AMQP over WebSockets.',
      },
      428: {
        meaning: 'The service requires a condition for this change.',
        causes: [['a missing If-Match header', 'run the command with --verbose: it prints each request']],
        next: 'Read the resource, and send its etag as If-Match.',
      },
      429: {
        meaning: 'The service is throttling requests.',
        causes: [
          [
            'more than 1000 registrations or operations per minute in DPS',
            'check whether many devices start at the same time',
          ],
          ['a client that retries in a loop', 'check the number of requests in its log'],
        ],
        next: 'Wait as long as Retry-After says. To spread the registrations of a fleet over time: enrollkit fleet register FLEET --rate N',
      },
      431: {
        meaning: 'The request headers are too large.',
        causes: [['a very long token or header', 'run again with --verbose']],
        next: 'Send smaller headers.',
      },
      451: {
        meaning: 'The resource is not available for legal reasons.',
        causes: [['a filter of the network or of the country', 'try another network']],
        next: 'Ask whoever runs the network.',
      },
      500: {
        meaning: 'The service failed.',
        causes: [
          ['a temporary failure in Azure', 'Azure status: https://status.azure.com'],
          ['a fault that was set in the emulator', 'enrollkit emulator faults list'],
        ],
        next: 'Wait a minute, then run the command again.',
      },
      501: {
        meaning: 'The emulator does not support this.',
        causes: [
          ['a feature that only Azure has', 'docs/emulator-support.md lists what the emulator supports'],
        ],
        next: 'Use --target azure for it.',
      },
      502: {
        meaning: 'A gateway got no valid response from the service.',
        causes: [
          ['a temporary failure in Azure', 'Azure status: https://status.azure.com'],
          ['a fault that was set in the emulator', 'enrollkit emulator faults list'],
        ],
        next: 'Wait a minute, then run the command again.',
      },
      503: {
        meaning: 'The service is currently unavailable.',
        causes: [
          ['a temporary failure in Azure', 'Azure status: https://status.azure.com'],
          ['a fault that was set in the emulator', 'enrollkit emulator faults list'],
        ],
        next: 'Wait a minute, then run the command again.',
      },
      504: {
        meaning: 'A gateway got no response from the service in time.',
        causes: [
          ['a temporary failure in Azure', 'Azure status: https://status.azure.com'],
          ['a fault that was set in the emulator', 'enrollkit emulator faults list'],
        ],
        next: 'Wait a minute, then run the command again.',
      },
      505: {
        meaning: 'The server does not support this version of HTTP.',
        causes: [['an old proxy', 'curl -v URL shows the version in the response']],
        next: 'Use HTTP/1.1.',
      },
      507: {
        meaning: 'The server has no space left.',
        causes: [
          ['a quota of the service', 'compare the number of resources with the limits in Microsoft Learn'],
        ],
        next: 'Delete what you no longer need, then try again.',
      },
      511: {
        meaning: 'The network requires you to sign in.',
        causes: [['a captive portal', 'open any website in a browser']],
        next: 'Sign in to the network, then try again.',
      },
    },
    /** TLS alerts, by number. */
    tls: {
      0: {
        meaning: 'The other side closed the connection normally.',
        causes: [
          ['the server ended an idle or refused connection', 'check what the client sent before'],
          ['the other side was stopped', 'enrollkit emulator status'],
        ],
        next: 'Connect again. If it happens again, check the log of the other side.',
      },
      10: {
        meaning: 'A message arrived that does not belong at this point of the handshake.',
        causes: [
          [
            'a bug in one of the two TLS libraries: messages in the wrong order',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      20: {
        meaning: 'A record was changed in transit, or encrypted with another key.',
        causes: [
          [
            'a bug in one of the two TLS libraries: wrong keys',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      21: {
        meaning: 'A record could not be decrypted (no longer used).',
        causes: [
          [
            'a bug in one of the two TLS libraries: wrong keys',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      22: {
        meaning: 'A record is longer than TLS allows.',
        causes: [
          [
            'a bug in one of the two TLS libraries: a record that is too long',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      30: {
        meaning: 'A record could not be decompressed (no longer used).',
        causes: [
          [
            'a bug in one of the two TLS libraries: compression, which TLS no longer supports',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      40: {
        meaning: 'The two sides have no acceptable parameters in common.',
        causes: [
          [
            'one side has only old cipher suites, curves or signature algorithms',
            'openssl s_client -connect HOST:PORT shows what is negotiated',
          ],
          ['an RSA or EC key that the other side does not accept', 'enrollkit cert lint FILE'],
        ],
        next: 'Enable TLS 1.2 with an ECDHE cipher suite on the device; DPS supports TLS 1.2.',
      },
      41: {
        meaning: 'The client has no certificate (SSL 3.0 only).',
        causes: [['a client with a very old TLS library', 'check its SSL or TLS version']],
        next: 'Use TLS 1.2 or later.',
      },
      42: {
        meaning: 'A certificate is corrupt, or its signature is wrong.',
        causes: [
          [
            'sent by a server: a certificate in the device’s chain is damaged or signed with another key',
            'enrollkit cert verify chain.pem',
          ],
          [
            'sent by a device: the same for the server’s certificate',
            'the log of the emulator, or of the device, shows who sent it',
          ],
        ],
        next: 'Check both certificates: enrollkit cert inspect FILE, and enrollkit doctor for the server’s.',
      },
      43: {
        meaning: 'A certificate is of a type that is not accepted.',
        causes: [
          [
            'sent by a server: DPS does not accept the key of the device’s certificate, or the certificate is not for client authentication',
            'enrollkit cert lint chain.pem',
          ],
          [
            'sent by a device: the same for the server’s certificate',
            'the log of the emulator, or of the device, shows who sent it',
          ],
        ],
        next: 'Check both certificates: enrollkit cert inspect FILE, and enrollkit doctor for the server’s.',
      },
      44: {
        meaning: 'A certificate was revoked.',
        causes: [
          [
            'sent by a server: the issuer has revoked the certificate',
            'ask the owner of the CA; DPS itself does not check revocation lists',
          ],
          [
            'sent by a device: the same for the server’s certificate',
            'the log of the emulator, or of the device, shows who sent it',
          ],
        ],
        next: 'Check both certificates: enrollkit cert inspect FILE, and enrollkit doctor for the server’s.',
      },
      45: {
        meaning: 'A certificate has expired or is not valid yet.',
        causes: [
          ['a certificate that has expired', 'enrollkit cert inspect FILE shows the dates'],
          [
            'a wrong clock on the side that sent the alert',
            'compare it with the actual time; devices without a clock start in 1970',
          ],
        ],
        next: 'Renew the certificate (enrollkit cert renew FILE), or set the clock.',
      },
      46: {
        meaning: 'A certificate was not accepted, for a reason that was not given.',
        causes: [
          ['sent by a server: any problem with the device’s chain', 'enrollkit cert verify chain.pem'],
          [
            'sent by a device: the same for the server’s certificate',
            'the log of the emulator, or of the device, shows who sent it',
          ],
        ],
        next: 'Check both certificates: enrollkit cert inspect FILE, and enrollkit doctor for the server’s.',
      },
      47: {
        meaning: 'A handshake field has a value that is not allowed.',
        causes: [
          [
            'a bug in one of the two TLS libraries: a wrong value',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      48: {
        meaning: 'The issuer of a certificate is unknown or not trusted.',
        causes: [
          [
            'sent by a device: it does not trust the root of the server’s certificate',
            'Azure needs DigiCert Global Root G2 and Microsoft RSA Root Certificate Authority 2017; the emulator needs its own root: enrollkit emulator env',
          ],
          [
            'a proxy inspects TLS, and its root is not trusted',
            'enrollkit doctor shows who issued the certificate that arrives here',
          ],
          ['sent by a server: it does not know the CA of the client’s certificate', 'enrollkit ca list'],
        ],
        next: 'Install the root of the server’s certificate on the device. For the emulator, on this computer: enrollkit emulator trust',
      },
      49: {
        meaning: 'The certificate is valid, but its owner is not allowed to connect.',
        causes: [
          ['the device is disabled, or has no enrollment', 'enrollkit doctor'],
          ['a firewall or gateway that admits only some certificates', 'try from another network'],
        ],
        next: 'Check the device’s enrollment: enrollkit doctor',
      },
      50: {
        meaning: 'A handshake message cannot be read.',
        causes: [
          [
            'a bug in one of the two TLS libraries: a malformed message',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      51: {
        meaning: 'A handshake signature is wrong.',
        causes: [
          ['the private key does not match the certificate', 'enrollkit doctor compares the two'],
          ['a bug in a TLS library or secure element', 'try the same certificate with openssl s_client'],
        ],
        next: 'Give the device the private key that belongs to its certificate.',
      },
      60: {
        meaning: 'Export restrictions were violated (no longer used).',
        causes: [
          [
            'a bug in one of the two TLS libraries: export cipher suites, which TLS no longer supports',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      70: {
        meaning: 'The two sides have no TLS version in common.',
        causes: [
          [
            'the device supports only TLS 1.0 or 1.1, which Azure refuses',
            'check whether openssl s_client -connect HOST:PORT -tls1_2 works from a computer',
          ],
          ['a fault in the emulator that fixes the version', 'enrollkit emulator faults list'],
        ],
        next: 'Enable TLS 1.2 on the device.',
      },
      71: {
        meaning: 'The server requires stronger cipher suites than the client offers.',
        causes: [
          [
            'one side has only old cipher suites, curves or signature algorithms',
            'openssl s_client -connect HOST:PORT shows what is negotiated',
          ],
          ['an RSA or EC key that the other side does not accept', 'enrollkit cert lint FILE'],
        ],
        next: 'Enable TLS 1.2 with an ECDHE cipher suite on the device; DPS supports TLS 1.2.',
      },
      80: {
        meaning: 'The other side failed for an internal reason.',
        causes: [['a server failure, such as too little memory', 'check the log of the other side']],
        next: 'Try again later.',
      },
      86: {
        meaning: 'The client fell back to an older TLS version although both sides support a newer one.',
        causes: [
          [
            'a bug in one of the two TLS libraries: an unnecessary fallback',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      90: {
        meaning: 'The other side canceled the handshake.',
        causes: [['a person or program stopped the other side', 'check the log of the other side']],
        next: 'Connect again.',
      },
      100: {
        meaning: 'The other side refuses to renegotiate.',
        causes: [
          [
            'a client that renegotiates, which TLS 1.3 and Azure do not support',
            'check the options of the TLS library',
          ],
        ],
        next: 'Turn off renegotiation on the device.',
      },
      109: {
        meaning: 'The handshake lacks a required extension.',
        causes: [
          [
            'a bug in one of the two TLS libraries: a missing extension',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      110: {
        meaning: 'The handshake has an extension that was not requested.',
        causes: [
          [
            'a bug in one of the two TLS libraries: an extension that was not offered',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      111: {
        meaning: 'A certificate could not be fetched from the URL in the handshake (no longer used).',
        causes: [
          [
            'a bug in one of the two TLS libraries: certificate URLs, which Azure does not support',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      112: {
        meaning: 'The server does not know the host name that the client requested (SNI).',
        causes: [
          ['a mistyped host name', 'compare it with the overview page of the DPS or hub'],
          ['a client that sends no server name', 'DPS and IoT Hub require SNI'],
        ],
        next: 'Connect to the host by name, and let the TLS library send that name.',
      },
      113: {
        meaning: 'The server’s proof that its certificate is not revoked (OCSP) is not valid.',
        causes: [
          [
            'a bug in one of the two TLS libraries: a wrong OCSP response',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      114: {
        meaning: 'A certificate fetched by its URL has another hash (no longer used).',
        causes: [
          [
            'a bug in one of the two TLS libraries: certificate URLs, which Azure does not support',
            'try another client: openssl s_client -connect HOST:PORT',
          ],
          [
            'something in between, such as a proxy, changes or reads the connection',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Update the device’s TLS library, or try from another network.',
      },
      115: {
        meaning: 'The server does not know the pre-shared key.',
        causes: [
          [
            'a device that is configured for pre-shared keys',
            'DPS accepts certificates, not TLS pre-shared keys',
          ],
        ],
        next: 'Configure the device with its certificate and key.',
      },
      116: {
        meaning: 'The server requires a client certificate, and none was sent.',
        causes: [
          [
            'the device’s TLS configuration has no certificate or key',
            'check that the TLS library is given both',
          ],
          [
            'a proxy terminates TLS, so the certificate never reaches the server',
            'enrollkit doctor checks for TLS interception',
          ],
        ],
        next: 'Configure the certificate chain and the private key of the device.',
      },
      120: {
        meaning: 'The two sides have no application protocol in common (ALPN).',
        causes: [
          [
            'a client requests HTTP/2 or MQTT by ALPN at a port that does not offer it',
            'check the ALPN setting of the client',
          ],
          ['a proxy in between', 'enrollkit doctor checks for TLS interception'],
        ],
        next: 'Remove ALPN from the client’s settings.',
      },
    },
    /**
     * Codes of Node.js and OpenSSL, return codes of MQTT, conditions of AMQP. Sources: Node.js documentation,
     * "Errors"; MQTT 3.1.1 section 3.2.2.3; AMQP 1.0 section 2.8.15; Microsoft Learn, "IoT Hub AMQP".
     */
    connection: {
      ENOTFOUND: {
        meaning: 'No host with that name was found: the name is wrong, or this computer is offline.',
        causes: [
          ['a mistyped name, or a deleted service', 'nslookup HOST'],
          ['this computer is offline, or has no DNS', 'try nslookup with another host'],
        ],
        next: 'Check the name and the network. To tell them apart: enrollkit doctor',
      },
      EAI_AGAIN: {
        meaning:
          'The host name could not be looked up: this computer is offline, or its DNS server does not answer.',
        causes: [
          ['the DNS server does not answer', 'nslookup HOST'],
          ['this computer is offline', 'ping another host'],
        ],
        next: 'Check the network (enrollkit doctor), then run the command again.',
      },
      ECONNREFUSED: {
        meaning: 'Nothing is listening on that port, or a firewall refuses the connection.',
        causes: [
          ['the emulator is not running', 'enrollkit emulator status'],
          ['a wrong port', 'compare it with enrollkit emulator status'],
          ['a firewall blocks port 8883 or 5671', 'try --protocol https'],
        ],
        next: 'Start the emulator (enrollkit emulator start), or check the host and port.',
      },
      ECONNRESET: {
        meaning: 'The connection was closed unexpectedly.',
        causes: [
          ['the server, or a firewall in between, closed it', 'try from another network'],
          [
            'the emulator was stopped, or has a fault set',
            'enrollkit emulator status, enrollkit emulator faults list',
          ],
        ],
        next: 'Run the command again.',
      },
      EPIPE: {
        meaning: 'The connection was closed unexpectedly.',
        causes: [
          ['the server, or a firewall in between, closed it', 'try from another network'],
          [
            'the emulator was stopped, or has a fault set',
            'enrollkit emulator status, enrollkit emulator faults list',
          ],
        ],
        next: 'Run the command again.',
      },
      ETIMEDOUT: {
        meaning: 'The host did not answer in time.',
        causes: [
          ['a firewall drops the packets; 8883 and 5671 are often blocked', 'try --protocol https'],
          ['a proxy is required', 'check HTTPS_PROXY; MQTT and AMQP do not use it'],
        ],
        next: 'Check the firewall, or register over HTTPS: --protocol https',
      },
      EHOSTUNREACH: {
        meaning: 'There is no route to the host.',
        causes: [
          ['this computer is offline, or a VPN is off', 'ping another host'],
          ['a firewall drops the packets', 'try from another network'],
        ],
        next: 'Check the network.',
      },
      ENETUNREACH: {
        meaning: 'There is no route to the host.',
        causes: [
          ['this computer is offline, or a VPN is off', 'ping another host'],
          ['a firewall drops the packets', 'try from another network'],
        ],
        next: 'Check the network.',
      },
      EADDRINUSE: {
        meaning: 'Another program is listening on that port.',
        causes: [
          ['another emulator', 'enrollkit emulator status'],
          ['another program', 'ss -ltnp, or netstat -ano on Windows'],
        ],
        next: 'Stop that program (another emulator: enrollkit emulator stop --dir FOLDER), or choose another port.',
      },
      EACCES: {
        meaning: 'You are not permitted to use that file or port.',
        causes: [
          ['ports below 1024 require special permissions', 'choose a higher port'],
          ['the file belongs to another user', 'ls -l FILE'],
        ],
        next: 'Choose another port or file, or get the permission.',
      },
      EPROTO: {
        meaning: 'The TLS handshake failed.',
        causes: [
          ['the other side does not use TLS on this port', 'openssl s_client -connect HOST:PORT'],
          ['it refused this client with an alert', 'the message has the alert: enrollkit explain ALERT'],
        ],
        next: 'Check the host and port.',
      },
      CERT_HAS_EXPIRED: {
        meaning: 'A certificate of the server has expired.',
        causes: [
          ['the clock of this computer is wrong', 'enrollkit doctor compares it'],
          ['the server’s certificate was not renewed', 'openssl s_client -connect HOST:PORT'],
        ],
        next: 'Set the clock. If it is right, the owner of the server must renew its certificate.',
      },
      CERT_NOT_YET_VALID: {
        meaning: 'A certificate of the server is not valid yet.',
        causes: [
          ['the clock of this computer is behind', 'enrollkit doctor compares it'],
          ['the server’s certificate was created with a wrong clock', 'openssl s_client -connect HOST:PORT'],
        ],
        next: 'Set the clock.',
      },
      ERR_TLS_CERT_ALTNAME_INVALID: {
        meaning: 'The server’s certificate is for another name.',
        causes: [
          [
            'you connected by another name or by an IP address',
            'the message lists the names in the certificate',
          ],
          ['a proxy answers instead', 'enrollkit doctor'],
        ],
        next: 'Connect to the host by a name in its certificate.',
      },
      DEPTH_ZERO_SELF_SIGNED_CERT: {
        meaning: 'The server’s certificate is self-signed, and not trusted here.',
        causes: [
          [
            'a proxy inspects TLS, and its root is not trusted here',
            'enrollkit doctor shows who issued the certificate that arrives',
          ],
          ['the emulator’s root is missing', 'enrollkit emulator env prints the file to trust'],
          [
            'the trusted roots of this computer are outdated',
            'enrollkit doctor checks for the roots that Azure needs',
          ],
        ],
        next: 'Set NODE_EXTRA_CA_CERTS to the missing root certificate. For the emulator, enrollkit emulator env prints the line.',
      },
      SELF_SIGNED_CERT_IN_CHAIN: {
        meaning: 'The root of the server’s certificate is not trusted here.',
        causes: [
          [
            'a proxy inspects TLS, and its root is not trusted here',
            'enrollkit doctor shows who issued the certificate that arrives',
          ],
          ['the emulator’s root is missing', 'enrollkit emulator env prints the file to trust'],
          [
            'the trusted roots of this computer are outdated',
            'enrollkit doctor checks for the roots that Azure needs',
          ],
        ],
        next: 'Set NODE_EXTRA_CA_CERTS to the missing root certificate. For the emulator, enrollkit emulator env prints the line.',
      },
      UNABLE_TO_GET_ISSUER_CERT: {
        meaning: 'An issuer of the server’s certificate is missing.',
        causes: [
          [
            'a proxy inspects TLS, and its root is not trusted here',
            'enrollkit doctor shows who issued the certificate that arrives',
          ],
          ['the emulator’s root is missing', 'enrollkit emulator env prints the file to trust'],
          [
            'the trusted roots of this computer are outdated',
            'enrollkit doctor checks for the roots that Azure needs',
          ],
        ],
        next: 'Set NODE_EXTRA_CA_CERTS to the missing root certificate. For the emulator, enrollkit emulator env prints the line.',
      },
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
        meaning: 'The issuer of the server’s certificate is unknown here.',
        causes: [
          [
            'a proxy inspects TLS, and its root is not trusted here',
            'enrollkit doctor shows who issued the certificate that arrives',
          ],
          ['the emulator’s root is missing', 'enrollkit emulator env prints the file to trust'],
          [
            'the trusted roots of this computer are outdated',
            'enrollkit doctor checks for the roots that Azure needs',
          ],
        ],
        next: 'Set NODE_EXTRA_CA_CERTS to the missing root certificate. For the emulator, enrollkit emulator env prints the line.',
      },
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
        meaning: 'The issuer of the server’s certificate is unknown here.',
        causes: [
          [
            'a proxy inspects TLS, and its root is not trusted here',
            'enrollkit doctor shows who issued the certificate that arrives',
          ],
          ['the emulator’s root is missing', 'enrollkit emulator env prints the file to trust'],
          [
            'the trusted roots of this computer are outdated',
            'enrollkit doctor checks for the roots that Azure needs',
          ],
        ],
        next: 'Set NODE_EXTRA_CA_CERTS to the missing root certificate. For the emulator, enrollkit emulator env prints the line.',
      },
      'connack-1': {
        meaning: 'MQTT return code 1: the server does not support this version of MQTT.',
        causes: [['a client that uses MQTT 5 or 3.1', 'DPS and IoT Hub support MQTT 3.1.1']],
        next: 'Set the client to MQTT 3.1.1.',
      },
      'connack-2': {
        meaning: 'MQTT return code 2: the server does not accept the client ID.',
        causes: [
          ['the client ID is not the registration ID or device ID', 'check the settings of the client'],
        ],
        next: 'Use the registration ID (DPS) or the device ID (hub) as the client ID.',
      },
      'connack-3': {
        meaning:
          'MQTT return code 3: the server is not available. DPS also returns it for an unknown ID scope.',
        causes: [
          ['a wrong ID scope in the user name', 'compare it with the overview page of your DPS'],
          ['a temporary failure', 'try again in a minute'],
        ],
        next: 'Check the ID scope, then connect again.',
      },
      'connack-4': {
        meaning: 'MQTT return code 4: the server does not accept the user name or password.',
        causes: [
          [
            'a user name in another format',
            '{idScope}/registrations/{registrationId}/api-version=... for DPS, {hub}/{deviceId}/?api-version=... for a hub',
          ],
          [
            'a token that has expired, or is for another device',
            'check the resource and expiry in the token',
          ],
        ],
        next: 'Correct the user name, or create a new token.',
      },
      'connack-5': {
        meaning: 'MQTT return code 5: the server does not accept the credentials.',
        causes: [
          ['the hub has another certificate for the device', 'register again: enrollkit device register ID'],
          ['the device was disabled or deleted in the hub', 'check the device’s page in the hub'],
          ['the device sent no client certificate', 'check the TLS settings of the client'],
        ],
        next: 'Register the device again (enrollkit device register ID), and connect with the same certificate.',
      },
      'amqp:connection:framing-error': {
        meaning: 'AMQP: a frame cannot be read.',
        causes: [['a client that does not support AMQP 1.0', 'check its protocol version']],
        next: 'Use an AMQP 1.0 client.',
      },
      'amqp:connection:forced': {
        meaning: 'AMQP: the server closed the connection.',
        causes: [
          [
            'the service restarted, or the device connected a second time',
            'each device can have only one open connection',
          ],
        ],
        next: 'Connect again.',
      },
      'amqp:decode-error': {
        meaning: 'AMQP: a value cannot be decoded.',
        causes: [['a bug in the client’s AMQP library', 'try another client']],
        next: 'Update the AMQP library.',
      },
      'amqp:internal-error': {
        meaning: 'AMQP: the service failed.',
        causes: [['a temporary failure', 'try again in a minute']],
        next: 'Connect again.',
      },
      'amqp:invalid-field': {
        meaning: 'AMQP: a field in a frame has a value that is not allowed.',
        causes: [
          [
            'a client that sends something unusual',
            'the description names the field; compare it with the AMQP 1.0 specification',
          ],
        ],
        next: 'Correct what the description names.',
      },
      'amqp:link:detach-forced': {
        meaning: 'AMQP: the service has detached a link.',
        causes: [
          [
            'the device was disabled or deleted, or its token has expired',
            'check the device’s page in the hub',
          ],
        ],
        next: 'Attach again with valid credentials.',
      },
      'amqp:link:message-size-exceeded': {
        meaning: 'AMQP: the message is too large.',
        causes: [['a message of more than 256 KB', 'check its size']],
        next: 'Send less in one message.',
      },
      'amqp:link:redirect': {
        meaning: 'AMQP: the node is at another address, which the error names.',
        causes: [
          [
            'a back end that reads telemetry with the hub’s connection string',
            'IoT Hub redirects the link to /messages/events to the host and entity of its Event Hub-compatible endpoint',
          ],
        ],
        next: 'Follow the address, or connect with the Event Hub-compatible connection string.',
      },
      'amqp:link:stolen': {
        meaning: 'AMQP: another connection has taken over the link.',
        causes: [['the device is connected twice', 'each device can have only one open connection']],
        next: 'Connect each device only once.',
      },
      'amqp:link:transfer-limit-exceeded': {
        meaning: 'AMQP: more messages were sent than the service allowed.',
        causes: [['a client that ignores link credit', 'update its AMQP library']],
        next: 'Wait for credit before sending.',
      },
      'amqp:not-allowed': {
        meaning: 'AMQP: the service does not allow this.',
        causes: [
          [
            'something that the service does not support, such as a second link to one address',
            'the description names it; compare with another client or SDK',
          ],
        ],
        next: 'Correct what the description names.',
      },
      'amqp:not-found': {
        meaning: 'AMQP: no node has this address.',
        causes: [
          [
            'a mistyped link address',
            'DPS: {idScope}/registrations/{registrationId}; hub: /devices/{deviceId}/messages/events',
          ],
          ['a device that does not exist in the hub', 'enrollkit device register ID'],
        ],
        next: 'Correct the address.',
      },
      'amqp:not-implemented': {
        meaning: 'AMQP: the service does not support this.',
        causes: [
          ['a feature that the emulator does not support', 'docs/emulator-support.md lists what it supports'],
        ],
        next: 'Use --target azure for it.',
      },
      'amqp:precondition-failed': {
        meaning: 'AMQP: a precondition failed.',
        causes: [['a lock that has expired, or an outdated etag', 'read it again']],
        next: 'Read it again, then repeat.',
      },
      'amqp:resource-limit-exceeded': {
        meaning: 'AMQP: a limit was reached.',
        causes: [['more links, sessions or messages than the service allows', 'close what you do not use']],
        next: 'Wait, then try again with fewer.',
      },
      'amqp:session:errant-link': {
        meaning: 'AMQP: a frame names a link that is not attached.',
        causes: [['a bug in the client’s AMQP library', 'update it']],
        next: 'Connect again.',
      },
      'amqp:session:unattached-handle': {
        meaning: 'AMQP: a frame names a link that is not attached.',
        causes: [['a bug in the client’s AMQP library', 'update it']],
        next: 'Connect again.',
      },
      'amqp:session:handle-in-use': {
        meaning: 'AMQP: a link handle is used twice.',
        causes: [['a bug in the client’s AMQP library', 'update it']],
        next: 'Connect again.',
      },
      'amqp:session:window-violation': {
        meaning: 'AMQP: more frames were sent than the session allows.',
        causes: [['a client that ignores the session window', 'update its AMQP library']],
        next: 'Connect again.',
      },
      'amqp:unauthorized-access': {
        meaning: 'AMQP: the service does not accept the credentials.',
        causes: [
          ['at DPS: the same as 401002', 'the description has the six-digit code: enrollkit explain 401002'],
          [
            'at a hub: another certificate, or a disabled device',
            'register again: enrollkit device register ID',
          ],
        ],
        next: 'Run enrollkit doctor.',
      },
      'com.microsoft:argument-error': {
        meaning: 'AMQP: an argument is not valid.',
        causes: [['a value that breaks a rule of the service', 'the description names the value']],
        next: 'Correct what the description names.',
      },
      'com.microsoft:argument-out-of-range': {
        meaning: 'AMQP: an argument is out of range.',
        causes: [
          [
            'an Event Hubs offset or sequence number after the last event, or a partition that does not exist',
            'compare it with the runtime information of the partition',
          ],
        ],
        next: 'Start at the earliest or the latest event, or name an existing partition.',
      },
      'com.microsoft:device-container-throttled': {
        meaning: 'AMQP: the service is throttling requests.',
        causes: [['more requests than the service or its tier allows', 'count them']],
        next: 'Wait, then try again with increasing delays.',
      },
      ERR_SSL_WRONG_VERSION_NUMBER: {
        meaning: 'The other side does not speak TLS.',
        causes: [
          ['the port is one for plain HTTP, or a proxy responds', 'openssl s_client -connect HOST:PORT'],
        ],
        next: 'Use the TLS port of the service; in HTTPS_PROXY, write http:// for a proxy without TLS.',
      },
      ENOSPC: {
        meaning: 'The disk is full.',
        causes: [['logs, or the state of an emulator', 'df -h']],
        next: 'Free up space, then run the same command again.',
      },
      EMFILE: {
        meaning: 'Too many files are open.',
        causes: [['a low limit of the shell', 'ulimit -n']],
        next: 'Raise the limit, then run the same command again.',
      },
      EROFS: {
        meaning: 'The file system is read-only.',
        causes: [['a mounted image, or a disk with errors', 'mount']],
        next: 'Use a folder on another file system: --dir FOLDER',
      },
      EPERM: {
        meaning: 'The system does not permit the operation.',
        causes: [['a file of another user, or a file that is protected', 'ls -l FILE; lsattr FILE']],
        next: 'Change its owner or its protection.',
      },
    },
    /** Reasons for which DPS refuses a device, and findings of doctor. */
    findings: {
      WRONG_ID_SCOPE: {
        meaning: 'The device registered with the ID scope of another provisioning service.',
        causes: [
          [
            'a device that was configured for another service',
            'compare its ID scope with the overview page of your provisioning service',
          ],
        ],
        next: 'Configure the device with the ID scope of this service.',
      },
      COMMON_NAME_MISMATCH: {
        meaning: 'The common name of the device certificate is not the registration ID.',
        causes: [
          [
            'a certificate of another device, or a name with a typo',
            'enrollkit cert inspect FILE shows the common name',
          ],
        ],
        next: 'Register with the common name as registration ID, or create a certificate for this ID: enrollkit cert device ID',
      },
      CERTIFICATE_NOT_YET_VALID: {
        meaning: 'A certificate of the chain is not valid yet.',
        causes: [
          [
            'the clock of the computer that created it was ahead',
            'enrollkit cert inspect FILE shows the dates',
          ],
        ],
        next: 'Correct the clock and renew the certificate (enrollkit cert renew FILE), or wait.',
      },
      WRONG_KEY: {
        meaning:
          'A certificate was signed with a different key than that of the CA certificate that was sent.',
        causes: [
          [
            'two CAs of the same name, such as before and after a renewal',
            'enrollkit cert verify FILE compares signatures and key identifiers',
          ],
        ],
        next: 'Send the CA certificate whose key signed the device certificate.',
      },
      ALGORITHM_NOT_ACCEPTED: {
        meaning: 'The certificate uses a key or a signature algorithm that DPS does not accept.',
        causes: [
          [
            'a small RSA key, SHA-1, or a curve that Azure does not support',
            'enrollkit cert lint FILE names it',
          ],
        ],
        next: 'Renew the certificate with another key: enrollkit cert renew FILE --new-key --key-algorithm ec-p256',
      },
      INTERMEDIATE_NOT_SENT: {
        meaning:
          'The device does not send a CA certificate between its own certificate and the uploaded one.',
        causes: [
          [
            'a file with only the device certificate is configured, not the chain',
            'count the certificates in the file that the device uses',
          ],
        ],
        next: 'Configure the device with the whole chain: its certificate, then each issuer. To put them into one file: enrollkit cert bundle --help',
      },
      CA_NOT_UPLOADED: {
        meaning: 'No CA of the chain is uploaded to the provisioning service.',
        causes: [
          ['the CA was created and never uploaded, or was uploaded to another service', 'enrollkit ca list'],
        ],
        next: 'Upload the CA certificate and verify it: enrollkit ca upload FILE, enrollkit ca verify NAME',
      },
      CA_NOT_VERIFIED: {
        meaning: 'The CA certificate is uploaded, but proof of possession is not complete.',
        causes: [['the verification code was never answered', 'enrollkit ca list shows what is verified']],
        next: 'Complete the proof of possession: enrollkit ca verify NAME',
      },
      ANOTHER_CA_OF_THE_SAME_NAME: {
        meaning: 'A CA of that name is uploaded or enrolled, and it is a different certificate.',
        causes: [
          [
            'the CA was created again with the same name',
            'compare the thumbprints: enrollkit ca list, enrollkit cert inspect FILE',
          ],
        ],
        next: 'Upload the present CA under another name (enrollkit ca upload FILE --ca-name NAME), or use devices of the uploaded one.',
      },
      CA_NOT_ENROLLED: {
        meaning: 'The CA is verified, and no enrollment group uses a CA of the chain.',
        causes: [['the group was deleted, or was created for another CA', 'enrollkit group list']],
        next: 'Create an enrollment group for the CA: enrollkit group create ID',
      },
      NO_ENROLLMENT: {
        meaning: 'No enrollment accepts the device.',
        causes: [
          [
            'there is no enrollment group for certificates, or the certificate is self-signed and not enrolled',
            'enrollkit group list; enrollkit enrollment list',
          ],
        ],
        next: 'Create an enrollment group (enrollkit group create ID), or an individual enrollment for the device: enrollkit enrollment create ID',
      },
      ENROLLMENT_DISABLED: {
        meaning: 'The enrollment that decides about the device is disabled.',
        causes: [['someone disabled it', 'enrollkit group show ID; enrollkit enrollment show ID']],
        next: 'Enable it, and register again. A group: enrollkit group create ID --update --provisioning-status enabled. An individual enrollment: enrollkit enrollment create ID --update --provisioning-status enabled',
      },
      ANOTHER_CERTIFICATE_ENROLLED: {
        meaning: 'The individual enrollment of the device has a different certificate.',
        causes: [
          [
            'the device certificate was renewed, and its enrollment was not',
            'compare the thumbprints: enrollkit enrollment show ID',
          ],
        ],
        next: 'Put the present certificate into the enrollment: enrollkit enrollment create ID --update --certificate FILE',
      },
      ENROLLMENT_OF_ANOTHER_KIND: {
        meaning: 'The individual enrollment of the device is for a symmetric key or a TPM.',
        causes: [['an enrollment from an earlier set-up of the device', 'enrollkit enrollment show ID']],
        next: 'Delete the individual enrollment (enrollkit enrollment delete ID), or change its attestation to X.509: enrollkit enrollment create ID --update --certificate FILE',
      },
      NODE_TOO_OLD: {
        meaning: 'Node.js is too old for enrollkit.',
        causes: [['another version is first in PATH', 'node --version']],
        next: 'Install Node.js 20.19 or later.',
      },
      TRUST_ROOT_MISSING: {
        meaning: 'A root that Azure’s servers need is not trusted on this computer.',
        causes: [
          [
            'the system’s trusted roots are outdated or replaced',
            'look for DigiCert Global Root G2 and Microsoft RSA Root Certificate Authority 2017',
          ],
        ],
        next: 'Update the trusted roots, or name a file with them in NODE_EXTRA_CA_CERTS.',
      },
      EXTRA_ROOTS_MISSING: {
        meaning: 'NODE_EXTRA_CA_CERTS names a file that does not exist.',
        causes: [['the file was moved, or the path has a typo', 'list the file']],
        next: 'Correct the path, or unset the variable.',
      },
      TLS_CHECKS_OFF: {
        meaning: 'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off all checks of servers.',
        causes: [
          [
            'a workaround for a proxy or a test server',
            'env | grep NODE_TLS, also in the profile of the shell and in the CI job',
          ],
        ],
        next: 'Unset the variable, and trust the root of the server instead: NODE_EXTRA_CA_CERTS.',
      },
      PROXY_INVALID: {
        meaning: 'The proxy in the environment is not a URL.',
        causes: [['a host without http://', 'env | grep -i proxy']],
        next: 'Set it as http://host:port.',
      },
      PROXY_NOT_FOR_MQTT: {
        meaning: 'Devices register over MQTT or AMQP, which do not use the proxy.',
        causes: [
          [
            'a network that only allows HTTPS through its proxy',
            'register once: enrollkit device register ID',
          ],
        ],
        next: 'Open the port in the firewall, or register over HTTPS: --protocol https',
      },
      PORT_UNREACHABLE: {
        meaning: 'A port of Azure cannot be reached from here.',
        causes: [['a firewall blocks outgoing connections', 'enrollkit doctor shows which ports are open']],
        next: 'Open the port in the firewall, or register over HTTPS: --protocol https',
      },
      OFFLINE: {
        meaning: 'No host name can be looked up from here.',
        causes: [
          ['this computer is not connected to a network', 'ip address, or ipconfig on Windows'],
          [
            'the DNS server does not answer, or the network requires a proxy',
            'nslookup login.microsoftonline.com',
          ],
        ],
        next: 'Connect to a network, or check its DNS server.',
      },
      TLS_INTERCEPTED: {
        meaning: 'A CA other than Azure’s issued the certificate that arrives here.',
        causes: [['a proxy inspects TLS', 'enrollkit doctor names the issuer']],
        next: 'Exempt the hosts of Azure from inspection, or trust the root of the proxy: NODE_EXTRA_CA_CERTS.',
      },
      NO_FOLDER: {
        meaning: 'There is no such certificate folder.',
        causes: [['a typo, or another working directory', 'list the folder']],
        next: 'Name the folder with --dir, or run enrollkit quickstart.',
      },
      KEY_READABLE_BY_OTHERS: {
        meaning: 'The mode of a private key lets other users read it.',
        causes: [['the file was copied or restored without its mode', 'ls -l FILE']],
        next: 'Restrict it: chmod 600 FILE. If others may have read it, replace the key.',
      },
      KEY_MISSING: {
        meaning: 'A certificate has no private key beside it.',
        causes: [
          ['the key was moved to a safe place, or deleted', 'look for key.pem beside certificate.pem'],
        ],
        next: 'Restore the key from a backup, or create a new key and certificate: enrollkit cert device ID --force',
      },
      CERTIFICATE_MISSING: {
        meaning: 'The plan has a certificate that the folder does not have.',
        causes: [['an interrupted run, or a deleted file', 'enrollkit doctor names it']],
        next: 'Run enrollkit quickstart again.',
      },
      CERTIFICATE_EXPIRES_SOON: {
        meaning: 'A certificate has a third of its lifetime left, or less.',
        causes: [['it was not renewed in time', 'enrollkit cert inspect FILE shows the dates']],
        next: 'Renew it: enrollkit cert renew --help. For a CA: enrollkit cert rollover --help',
      },
      CHANGE_UNFINISHED: {
        meaning: 'An interrupted command has left files that are not in place yet.',
        causes: [['the command was killed, or the disk was full', 'enrollkit doctor names the folder']],
        next: 'Run the same command again.',
      },
      ROLLOVER_UNFINISHED: {
        meaning: 'A CA roll-over has begun and is not finished.',
        causes: [['the command was interrupted', 'enrollkit doctor shows how far it came']],
        next: 'Run the same command again. Its flags: enrollkit cert rollover --help',
      },
      EMULATOR_MISSING: {
        meaning: 'The plan uses an emulator, and its state is gone.',
        causes: [['its folder was deleted', 'list .enrollkit in the certificate folder']],
        next: 'Run enrollkit quickstart again: it creates a new emulator.',
      },
      RIGHTS_MISSING: {
        meaning: 'Your identity lacks permissions that a quickstart needs.',
        causes: [
          [
            'a role without write access to the provisioning service',
            'enrollkit doctor lists the permissions',
          ],
        ],
        next: 'Ask for the role Contributor on the provisioning service, or use --proof-of-possession portal.',
      },
      CLOCK_OFF: {
        meaning: 'The clocks of this computer and of the service differ by more than a minute.',
        causes: [['the clock of this computer is not synchronized', 'compare it with a time server']],
        next: 'Synchronize the clock of this computer.',
      },
      HUB_UNREACHABLE: {
        meaning: 'A linked hub cannot be reached.',
        causes: [['a firewall, or a hub that was deleted', 'resolve its host name and connect to port 443']],
        next: 'Check the network, and that the hub exists: enrollkit hub list (in Azure, with --target azure)',
      },
      ANOTHER_CERTIFICATE_UPLOADED: {
        meaning: 'Under the name of the CA, a different certificate is uploaded.',
        causes: [
          [
            'the CA of the folder was created again, or another folder uses the name',
            'compare the thumbprints: enrollkit ca list',
          ],
        ],
        next: 'Upload the CA under another name (enrollkit ca upload FILE --ca-name NAME), or delete the uploaded one: enrollkit ca delete NAME',
      },
      GROUP_MISSING: {
        meaning: 'The enrollment group of the plan does not exist.',
        causes: [['it was deleted, or the run did not get that far', 'enrollkit group list']],
        next: 'Run enrollkit quickstart again.',
      },
      GROUP_DIFFERS: {
        meaning: 'The enrollment group is not as in the plan.',
        causes: [['someone changed it after the run', 'enrollkit group show ID']],
        next: 'Run enrollkit quickstart again to restore it, or change the plan.',
      },
      ENROLLMENT_MISSING: {
        meaning: 'A device of the plan has no individual enrollment.',
        causes: [['it was deleted, or the run did not get that far', 'enrollkit enrollment list']],
        next: 'Run enrollkit quickstart again.',
      },
      ENROLLMENT_DIFFERS: {
        meaning: 'The individual enrollment of a device is not as in the plan.',
        causes: [
          ['the certificate of the device was renewed', 'enrollkit enrollment show ID'],
          ['someone changed it after the run', 'enrollkit enrollment show ID'],
        ],
        next: 'Run enrollkit quickstart again to restore it, or change the plan.',
      },
      DEVICE_NOT_REGISTERED: {
        meaning: 'The device has no registration record.',
        causes: [['it has never registered, or its record was deleted', 'enrollkit group devices GROUP']],
        next: 'Register it: enrollkit device register ID',
      },
      DEVICE_NOT_ASSIGNED: {
        meaning: 'The device has a registration record whose status is not assigned.',
        causes: [['its enrollment is disabled, or no hub could be chosen', 'enrollkit registration show ID']],
        next: 'Run enrollkit doctor, which names the reason. If its enrollment is disabled, enable it, then register again: enrollkit device register ID',
      },
      DEVICE_NOT_IN_HUB: {
        meaning: 'The device is registered, but not in its hub.',
        causes: [['someone deleted it in the hub', 'look for it in the hub']],
        next: 'Register it again: enrollkit device register ID',
      },
      DEVICE_DISABLED_IN_HUB: {
        meaning: 'The device is disabled in its hub.',
        causes: [
          ['someone disabled it there', 'az iot hub device-identity show --hub-name HUB --device-id ID'],
        ],
        next: 'Enable the device: enrollkit device unblock ID',
      },
      HUB_HAS_ANOTHER_CERTIFICATE: {
        meaning: 'The hub has a different certificate than the one in the folder.',
        causes: [
          [
            'the device certificate was renewed, and the device has not registered since',
            'compare the thumbprints in the hub and in the folder',
          ],
        ],
        next: 'Register the device again: enrollkit device register ID',
      },
      NODE_VERSION: {
        meaning: 'The version of Node.js is new enough.',
        causes: [['Node.js is 20.19 or later', 'node --version']],
        next: 'No action is needed.',
      },
      TRUST_ROOTS: {
        meaning: 'The roots that Azure’s servers need are trusted.',
        causes: [
          [
            'DigiCert Global Root G2 and Microsoft RSA Root Certificate Authority 2017 are among the roots that Node.js trusts',
            'enrollkit doctor reads them again, with those of NODE_EXTRA_CA_CERTS',
          ],
        ],
        next: 'No action is needed.',
      },
      NO_PROXY: {
        meaning: 'HTTPS does not go through a proxy.',
        causes: [['neither HTTPS_PROXY nor ALL_PROXY is set', 'env | grep -i proxy']],
        next: 'No action is needed.',
      },
      PROXY: {
        meaning: 'HTTPS goes through a proxy.',
        causes: [['HTTPS_PROXY or ALL_PROXY is set', 'env | grep -i proxy']],
        next: 'No action is needed.',
      },
      PORTS_FREE: {
        meaning: 'The usual ports of the emulator are free.',
        causes: [['no other program listens on 8443, 8883 and 5671', 'ss -ltnp, or netstat -ano on Windows']],
        next: 'No action is needed.',
      },
      PORTS: {
        meaning: 'The ports of Azure can be reached.',
        causes: [
          ['the firewall lets connections to Azure out', 'nc -vz global.azure-devices-provisioning.net 8883'],
        ],
        next: 'No action is needed.',
      },
      TLS: {
        meaning: 'Azure’s own CA issued the certificate of its servers.',
        causes: [
          [
            'nothing between here and Azure inspects TLS',
            'openssl s_client -connect global.azure-devices-provisioning.net:443 shows the issuer',
          ],
        ],
        next: 'No action is needed.',
      },
      FOLDER: {
        meaning: 'What the certificate folder contains.',
        causes: [
          [
            'doctor counted the CA certificates and device certificates that can be read',
            'enrollkit cert tree draws them',
          ],
        ],
        next: 'No action is needed.',
      },
      KEYS_ENCRYPTED: {
        meaning: 'Encrypted keys were not compared with their certificates.',
        causes: [
          [
            'the plan encrypts private keys, and doctor has no passphrase',
            'head -n 1 key.pem: BEGIN ENCRYPTED PRIVATE KEY',
          ],
        ],
        next: 'Set ENROLLKIT_PASSPHRASE to compare them.',
      },
      EMULATOR_RUNNING: {
        meaning: 'The emulator of the folder is running.',
        causes: [['enrollkit emulator start is running on this folder', 'enrollkit emulator status']],
        next: 'No action is needed.',
      },
      EMULATOR_STOPPED: {
        meaning: 'The emulator of the folder is not running; the checks started it for a moment.',
        causes: [['quickstart runs the emulator only while it needs it', 'enrollkit emulator status']],
        next: 'No action is needed.',
      },
      NO_EMULATOR: {
        meaning: 'The folder has no emulator.',
        causes: [['no command has started an emulator in this folder yet', 'enrollkit emulator status']],
        next: 'No action is needed.',
      },
      EMULATOR_CLOCK: {
        meaning: 'The clock of the emulator was set to another time.',
        causes: [['someone set it, for example to see certificates expire', 'enrollkit emulator clock']],
        next: 'To use the time of this computer again, run: enrollkit emulator clock --reset',
      },
      DPS: {
        meaning: 'The provisioning service responds.',
        causes: [['the name, the credentials and the network are right', 'enrollkit dps show NAME']],
        next: 'No action is needed.',
      },
      RIGHTS: {
        meaning: 'Your identity has the permissions that a quickstart needs.',
        causes: [
          [
            'a role such as Contributor on the provisioning service; the emulator grants everything',
            'az role assignment list --scope RESOURCE_ID',
          ],
        ],
        next: 'No action is needed.',
      },
      CLOCK: {
        meaning: 'The clocks of this computer and of the service agree to a minute.',
        causes: [['the clock is synchronized', 'timedatectl, or w32tm /query /status on Windows']],
        next: 'No action is needed.',
      },
      LINKED_HUBS: {
        meaning: 'The hubs that are linked to the provisioning service.',
        causes: [['these hubs were linked; DPS assigns devices to them', 'enrollkit hub list']],
        next: 'No action is needed.',
      },
      CA: {
        meaning: 'The CA of the folder is uploaded and verified.',
        causes: [
          [
            'its thumbprint is that of the certificate in the folder, and proof of possession is complete',
            'enrollkit ca list',
          ],
        ],
        next: 'No action is needed.',
      },
      ENROLLMENTS: {
        meaning: 'The individual enrollments are as in the plan.',
        causes: [
          ['each planned device has its enrollment, with the planned settings', 'enrollkit enrollment list'],
        ],
        next: 'No action is needed.',
      },
      GROUP: {
        meaning: 'The enrollment group is as in the plan.',
        causes: [
          [
            'the group exists; GROUP_DIFFERS is reported as well if it is not as planned',
            'enrollkit group show ID',
          ],
        ],
        next: 'No action is needed.',
      },
      DEVICE_REGISTERED: {
        meaning: 'The device is assigned to a hub.',
        causes: [['it has registered, and its hub has it', 'enrollkit registration show ID']],
        next: 'No action is needed.',
      },
      NOT_ALL_DEVICES: {
        meaning: 'Only the first 200 devices were checked.',
        causes: [['the folder has more than 200 devices', 'enrollkit group devices GROUP lists all']],
        next: 'Check the others with enrollkit device register ID.',
      },
    },
    /** Exit statuses of enrollkit. */
    exits: {
      0: {
        meaning: 'Success.',
        causes: [['the command completed what it was asked to do', 'its output says what']],
        next: 'No action is needed.',
      },
      1: {
        meaning: 'A bug in enrollkit.',
        causes: [['a case that enrollkit does not handle yet', 'run the command again with --verbose']],
        next: 'Report the output.',
      },
      2: {
        meaning: 'The input is not valid: a flag, a name or a file.',
        causes: [
          ['a mistyped flag, name or path', 'the error message names the place'],
          ['a file of another type or release', 'the error message names the file'],
        ],
        next: 'Correct it; --help lists arguments and flags.',
      },
      3: {
        meaning: 'Credentials, permissions or a passphrase are missing or wrong.',
        causes: [
          ['you are not signed in, or the sign-in has expired', 'az account show'],
          ['a role is missing', 'enrollkit doctor lists the missing permissions'],
          ['a wrong passphrase', 'openssl pkey -in key.pem -noout'],
        ],
        next: 'Sign in, or ask for the role that the message names.',
      },
      4: {
        meaning: 'The service refused the request, or lacks something it requires.',
        causes: [
          ['a device whose certificate DPS does not accept', 'enrollkit doctor names the broken link'],
          ['a name that does not exist, or already exists', 'the error message names it'],
        ],
        next: 'Fix what the message names.',
      },
      5: {
        meaning: 'The service could not be reached, failed, or is throttling.',
        causes: [
          ['the network, a firewall or a proxy', 'enrollkit doctor'],
          ['too many requests', 'the error code is THROTTLED'],
        ],
        next: 'Run the command again later.',
      },
      6: {
        meaning: 'Proof of possession is not complete: the CA is not verified yet.',
        causes: [['nobody uploaded the verification certificate in the portal', 'enrollkit ca list']],
        next: 'Upload it, then run the same command again.',
      },
      7: {
        meaning: 'Some devices succeeded, others did not.',
        causes: [
          ['a problem that only some devices have', 'the error message, or the results file, lists them'],
        ],
        next: 'Fix what is listed, then run the same command again.',
      },
      8: {
        meaning: 'An answer is required, and there is no terminal to ask in.',
        causes: [['a script, a pipe or a CI job', 'echo $CI; test -t 0 && echo terminal']],
        next: 'Give the answer as a flag.',
      },
      9: {
        meaning: 'A problem on this computer: a file, a folder, a port or the clock.',
        causes: [
          ['missing permissions, or a full disk', 'ls -ld FOLDER; df -h FOLDER'],
          ['another command or program uses the folder or the port', 'enrollkit doctor'],
        ],
        next: 'Fix what the message names.',
      },
      10: {
        meaning: 'The certificate does not need to be renewed yet.',
        causes: [
          ['cert needs-renewal found enough time left', 'enrollkit cert inspect FILE shows the dates'],
        ],
        next: 'No action is needed.',
      },
      11: {
        meaning: 'The check failed.',
        causes: [['cert verify, cert lint or doctor found an error', 'the output lists what was found']],
        next: 'Fix what is listed, then check again.',
      },
      12: {
        meaning: 'No emulator is running.',
        causes: [['emulator status found none in the folder', 'enrollkit emulator status --dir FOLDER']],
        next: 'Start it: enrollkit emulator start',
      },
      13: {
        meaning: 'The run differs from the recording.',
        causes: [
          ['a change of the service, of enrollkit or of the plan', 'the output lists the differences'],
        ],
        next: 'Find out which change is intended; record the run again if it is.',
      },
      130: {
        meaning: 'Interrupted; completed work is kept.',
        causes: [
          ['Ctrl-C', 'run the same command again to resume'],
          [
            'a stop signal of a CI job, a container or the system',
            'its log says why, for example a time limit',
          ],
        ],
        next: 'Run the same command again to resume.',
      },
    },
    /** Error codes of enrollkit; what to do next is in errors.next. */
    own: {
      INTERNAL: {
        meaning: 'An unexpected failure in enrollkit itself.',
        causes: [
          [
            'a case that enrollkit does not handle yet',
            'run the command again with --verbose: the last lines name the place',
          ],
        ],
      },
      USAGE: {
        meaning: 'The command does not exist, or its flags or arguments are wrong.',
        causes: [
          [
            'a mistyped command, flag or value, or flags that cannot be used together',
            'enrollkit help COMMAND lists what it accepts',
          ],
        ],
      },
      INVALID_REGISTRATION_ID: {
        meaning: 'DPS does not accept this registration ID.',
        causes: [
          [
            'a space, an underscore at the end, or another character that is not allowed',
            'only letters, digits and - . _ : are; the last one is a letter, digit or hyphen',
          ],
          ['more than 64 characters in a certificate', 'count them: DPS allows 128, a common name 64'],
        ],
      },
      INVALID_ENROLLMENT_GROUP_ID: {
        meaning: 'DPS does not accept this enrollment group ID.',
        causes: [
          [
            'a space, an underscore at the end, or another character that is not allowed',
            'only letters, digits and - . _ : are; the last one is a letter, digit or hyphen',
          ],
          ['more than 128 characters', 'count them'],
        ],
      },
      INVALID_CERTIFICATE_NAME: {
        meaning: 'DPS does not accept this name for an uploaded CA.',
        causes: [
          [
            'a space, a colon or another character that is not allowed, often from a common name',
            'only letters, digits and - . _ are',
          ],
          ['more than 256 characters', 'count them'],
        ],
      },
      COMMON_NAME_TOO_LONG: {
        meaning: 'The common name is too long for a certificate.',
        causes: [
          ['a long prefix, or a host name as common name', 'count the characters: RFC 5280 allows 64'],
        ],
      },
      INVALID_COMMON_NAME: {
        meaning: 'The common name cannot be used in a certificate.',
        causes: [
          [
            'a line break, a tab or another control character, often from a copied list',
            'print it with: printf %q',
          ],
          ['an empty name, such as an unset variable in a script', 'print the variable'],
        ],
      },
      INVALID_SUBJECT: {
        meaning: 'A part of the subject cannot be used in a certificate.',
        causes: [
          [
            'a value that is too long',
            'a country has 2 letters; names, organizations and units have up to 64 characters (RFC 5280, appendix A)',
          ],
          ['a request or profile without any name', 'openssl req -in FILE -noout -subject'],
        ],
      },
      INVALID_ALTERNATIVE_NAME: {
        meaning: 'The subject alternative name does not have the required form.',
        causes: [
          [
            'a host name with an underscore, a space or a scheme in front',
            'a DNS name is a host name alone, without https:// and port',
          ],
          ['a name in another script', 'write internationalized names in ASCII: xn--...'],
        ],
      },
      INVALID_RECORDING: {
        meaning: 'The recording cannot be read.',
        causes: [
          [
            'it is not a recording, such as a plan or the JSON output of a command',
            'enrollkit runs lists the recordings of a folder',
          ],
          ['it was truncated, for example by mail or a chat', 'compare its size with that of the original'],
          ['it was edited by hand, or written by a later enrollkit', 'the message names the place'],
        ],
      },
      NOT_RECORDED: {
        meaning: 'An offline replay sent a request that the recording does not have.',
        causes: [
          [
            'this enrollkit sends other requests than the version that recorded',
            'compare the versions: enrollkit runs',
          ],
          ['a flag changes what the run does', 'replay with the flags of the recording'],
        ],
      },
      INVALID_PLAN: {
        meaning: 'The plan cannot be used.',
        causes: [
          [
            'a misspelled field, or a value of another type',
            'the message names the place; templates/plan.schema.json has all fields',
          ],
          ['a plan of a later enrollkit', 'enrollkit --version, and version in the plan'],
        ],
      },
      INVALID_SEED: {
        meaning: 'The emulator’s seed cannot be used.',
        causes: [
          [
            'a misspelled field, or a value of another type',
            'the message names the place; templates/emulator-seed.schema.json has all fields',
          ],
        ],
      },
      INVALID_FAULTS: {
        meaning: 'The fault file cannot be used.',
        causes: [
          [
            'a misspelled field, or a value of another type',
            'the message names the place; templates/emulator-faults.schema.json has all fields',
          ],
        ],
      },
      INVALID_TEMPLATE: {
        meaning: 'The template of a device’s messages or properties cannot be used.',
        causes: [
          [
            'a member that is missing, misspelled or has a wrong value',
            'the message names the file and the place',
          ],
          ['it is not the file you meant', 'open it and check'],
        ],
      },
      INVALID_METHODS: {
        meaning: 'The table of method answers cannot be used.',
        causes: [
          [
            'a member that is missing, misspelled or has a wrong value',
            'the message names the file and the place',
          ],
          ['it is not the file you meant', 'open it and check'],
        ],
      },
      INVALID_DEVICE_LIST: {
        meaning: 'The device list cannot be used.',
        causes: [
          [
            'a line that is not a registration ID, such as a heading or an empty cell',
            'the message names the lines',
          ],
          [
            'a device that is listed twice, also in another case',
            'sort the list without case: sort -f FILE | uniq -di',
          ],
          ['a spreadsheet that was not saved as CSV in UTF-8', 'file FILE'],
        ],
      },
      INVALID_MANIFEST: {
        meaning: 'The manifest cannot be used.',
        causes: [
          ['manifests of different fleets, or the same part twice', 'the message names the files and lines'],
          [
            'a manifest that was edited, or opened and saved in a spreadsheet',
            'create it again: enrollkit fleet issue with the same flags',
          ],
        ],
      },
      INVALID_PROFILE: {
        meaning: 'The certificate profile cannot be used.',
        causes: [
          [
            'a misspelled field, or a value of another type',
            'the message names the place; templates/profiles/profile.schema.json has all fields',
          ],
        ],
      },
      INVALID_CERTIFICATE: {
        meaning: 'This is not a readable X.509 certificate.',
        causes: [
          [
            'another type of file: a key, a request, or PKCS#12',
            'the first line says what it contains: head -n 1 FILE',
          ],
          [
            'a file that was cut off or changed while it was copied',
            'enrollkit cert inspect FILE shows what can be read',
          ],
        ],
      },
      INVALID_CERTIFICATE_REQUEST: {
        meaning: 'This is not a valid certificate signing request.',
        causes: [
          [
            'another type of file, such as a certificate',
            'the first line is -----BEGIN CERTIFICATE REQUEST-----',
          ],
          ['a signature by another key, or a damaged file', 'openssl req -in FILE -verify -noout'],
        ],
      },
      INVALID_PKCS7: {
        meaning: 'This is not a readable PKCS#7 file.',
        causes: [
          [
            'another type of file, such as PKCS#12 or a single certificate',
            'openssl pkcs7 -in FILE -print_certs; for DER, add -inform DER',
          ],
          [
            'a file that was cut off or changed while it was copied',
            'compare its size with that of the original',
          ],
        ],
      },
      INVALID_PFX: {
        meaning: 'This is not a readable PKCS#12 file.',
        causes: [
          ['another type of file, such as PEM', 'openssl pkcs12 -in FILE -info -noout'],
          [
            'a cipher that Node.js no longer supports, such as RC2',
            'the same command shows it; export the file again with AES-256',
          ],
          [
            'a file that was cut off or changed while it was copied',
            'compare its size with that of the original',
          ],
        ],
      },
      INVALID_KEY: {
        meaning: 'This is not a readable private key.',
        causes: [
          [
            'another type of file, such as a certificate or a public key',
            'the first line says what it contains: head -n 1 FILE',
          ],
          ['a type of key that certificates here cannot use', 'openssl pkey -in FILE -noout -text'],
          ['a file that was cut off or changed while it was copied', 'openssl pkey -in FILE -noout -check'],
        ],
      },
      INVALID_VALIDITY: {
        meaning: 'The validity dates cannot be used in a certificate.',
        causes: [
          ['a mistyped date, or an end before the start', 'the message shows both dates'],
          ['a wrong clock', 'enrollkit doctor compares it'],
        ],
      },
      INVALID_VERIFICATION_CODE: {
        meaning: 'The verification code is not valid.',
        causes: [
          [
            'a space, a line break or an ellipsis that was copied as well',
            'it is one word of letters and digits',
          ],
        ],
      },
      INVALID_CONNECTION_STRING: {
        meaning: 'The connection string cannot be used.',
        causes: [
          [
            'it was not copied completely',
            'check that it has HostName, SharedAccessKeyName and SharedAccessKey',
          ],
          ['it belongs to a hub instead of the DPS, or vice versa', 'check its HostName'],
        ],
      },
      KEY_MISMATCH: {
        meaning: 'The private key does not belong to the certificate.',
        causes: [
          ['files of two certificates were mixed up', 'enrollkit doctor compares each pair'],
          ['the certificate was recreated with a new key', 'compare the dates of the files'],
        ],
      },
      CHAIN_INVALID: {
        meaning: 'The certificates do not form a chain.',
        causes: [
          ['the wrong order, or a missing intermediate', 'enrollkit cert verify chain.pem'],
          ['files of two chains were mixed up', 'enrollkit cert inspect chain.pem'],
        ],
      },
      ISSUER_NOT_ALLOWED: {
        meaning: 'The CA certificate is not allowed to sign this certificate.',
        causes: [
          ['it is not a CA, or has expired', 'enrollkit cert inspect FILE'],
          ['its path length does not allow another certificate below it', 'enrollkit cert inspect FILE'],
        ],
      },
      PASSPHRASE_REQUIRED: {
        meaning: 'The private key is encrypted, and there is no passphrase.',
        causes: [
          ['ENROLLKIT_PASSPHRASE is not set in this shell or CI job', 'env | grep -c ENROLLKIT_PASSPHRASE'],
          ['sudo or a container does not pass the variable on', 'use --passphrase-file FILE there'],
        ],
      },
      WRONG_PASSPHRASE: {
        meaning: 'The passphrase does not decrypt the private key.',
        causes: [
          ['a mistyped or outdated passphrase', 'try it: openssl pkey -in key.pem -noout'],
          ['a space at the end of the line in the passphrase file', 'head -n 1 FILE | od -c'],
        ],
      },
      NO_CREDENTIALS: {
        meaning: 'There are no Azure credentials, or they are not accepted.',
        causes: [
          ['you are not signed in, or the sign-in has expired', 'az account show; az login signs in'],
          [
            'AZURE_CLIENT_SECRET has expired or is wrong',
            'the app registration in the portal shows until when secrets are valid',
          ],
          ['a connection string with an old key', 'compare it with Shared access policies of the DPS'],
        ],
      },
      FORBIDDEN: {
        meaning: 'Your identity lacks a role or permission.',
        causes: [
          ['no role assignment on the DPS', 'enrollkit doctor lists the missing permissions'],
          ['a role that was assigned a few minutes ago', 'new assignments take up to 10 minutes'],
        ],
      },
      CLOCK_SKEW: {
        meaning:
          'The clock of this computer differs from the service’s, so tokens and certificates are refused.',
        causes: [
          ['the clock is not synchronized', 'enrollkit doctor shows by how much'],
          ['the emulator’s clock was set', 'enrollkit emulator clock'],
        ],
      },
      DPS_NOT_FOUND: {
        meaning: 'The provisioning service does not exist.',
        causes: [
          ['a mistyped name or resource group', 'enrollkit dps list --target azure'],
          ['another subscription', 'az account show'],
        ],
      },
      NO_LINKED_HUB: {
        meaning: 'No IoT hub is linked to the provisioning service.',
        causes: [['none was linked, or the link was deleted', 'enrollkit dps show NAME --target azure']],
      },
      HUB_NOT_LINKED: {
        meaning: 'The hub in the plan is not linked to the provisioning service.',
        causes: [
          ['a mistyped host name', 'enrollkit dps show NAME --target azure'],
          ['the hub was unlinked', 'check the same list'],
        ],
      },
      NOT_FOUND: {
        meaning: 'It does not exist.',
        causes: [
          ['a mistyped name, or it was deleted', 'list the existing ones, for example: enrollkit group list'],
          ['another folder or provisioning service', 'check --dir and --dps-name'],
        ],
      },
      CONFLICT: {
        meaning: 'It already exists, and this run did not create it.',
        causes: [
          ['another run, or someone else, created it', 'enrollkit group show ID, enrollkit ca list'],
          ['a roll-over is not finished', 'enrollkit cert rollover --help'],
        ],
      },
      PRECONDITION_FAILED: {
        meaning: 'Someone else changed it between reading and writing.',
        causes: [
          [
            'another command, pipeline or person is changing the same provisioning service',
            'the activity log of the DPS in the portal',
          ],
        ],
      },
      REFUSED: {
        meaning: 'The service refused the request.',
        causes: [
          [
            'a rule of the service, which the message quotes',
            'enrollkit explain CODE, with the code in the message',
          ],
          [
            'a policy of the subscription, such as allowed locations or names',
            'the activity log of the resource group in the portal',
          ],
        ],
      },
      NOT_READ_BACK: {
        meaning: 'The service accepted a change but does not show it.',
        causes: [
          ['the change takes a moment', 'run the command again'],
          ['someone else changed it back', 'check it in the portal'],
        ],
      },
      DEVICE_NOT_AUTHORIZED: {
        meaning: 'DPS does not accept the device.',
        causes: [
          [
            'its chain does not lead to a verified CA that an enrollment uses',
            'enrollkit doctor names the broken link',
          ],
          ['its enrollment is disabled', 'enrollkit group show ID'],
          ['a wrong ID scope', 'check the overview page of the DPS'],
        ],
      },
      REGISTRATION_FAILED: {
        meaning: 'DPS accepted the device but could not assign it to a hub.',
        causes: [
          ['no hub is linked, or DPS is not allowed to use it', 'enrollkit doctor'],
          ['the webhook of a custom allocation policy failed', 'check its log'],
        ],
      },
      HUB_REFUSED: {
        meaning: 'The hub does not accept the device.',
        causes: [
          ['the hub has another certificate for the device', 'enrollkit device register ID'],
          ['the device was disabled or deleted in the hub', 'enrollkit doctor'],
        ],
      },
      THROTTLED: {
        meaning: 'The service is throttling requests.',
        causes: [
          [
            'other clients of the same provisioning service: DPS counts registrations per minute for all of them',
            'the metrics of the DPS in the portal',
          ],
          ['a pace that is too high', 'fleet register --rate N slows it down'],
          ['the emulator was started with --quotas', 'enrollkit emulator start, without it'],
        ],
      },
      SERVICE_FAILED: {
        meaning: 'The service itself failed.',
        causes: [
          ['a temporary failure in Azure', 'Azure status: https://status.azure.com'],
          ['a fault that was set in the emulator', 'enrollkit emulator faults list'],
        ],
      },
      NETWORK: {
        meaning: 'The service could not be reached, or the connection was lost.',
        causes: [
          ['the emulator is not running, or the computer is offline', 'enrollkit doctor'],
          ['a firewall blocks port 8883', 'try --protocol https'],
          ['a proxy is required', 'check HTTPS_PROXY'],
        ],
      },
      TIMEOUT: {
        meaning: 'Something took too long.',
        causes: [
          ['a slow network or service', 'run the command again'],
          ['a proxy that does not answer, or a firewall that drops packets', 'enrollkit doctor'],
        ],
      },
      SERVER_NOT_TRUSTED: {
        meaning: 'The server’s TLS certificate does not lead to a trusted root, or is for another name.',
        causes: [
          ['a proxy inspects TLS', 'enrollkit doctor shows who issued the certificate'],
          ['outdated trusted roots', 'enrollkit doctor checks for those that Azure needs'],
          ['a wrong clock', 'enrollkit doctor'],
        ],
      },
      PROOF_OF_POSSESSION_PENDING: {
        meaning: 'The CA is not verified yet: a step in the portal is left to do.',
        causes: [
          [
            'the verification certificate was not uploaded in the portal',
            'the certificates page of the DPS shows the status',
          ],
        ],
      },
      PROOF_OF_POSSESSION_FAILED: {
        meaning: 'DPS did not accept the proof of possession.',
        causes: [
          ['a newer verification code was requested in the meantime', 'run the command again'],
          ['the key is not that of the uploaded CA', 'enrollkit explain 400053'],
        ],
      },
      PARTIAL: {
        meaning: 'Some devices are done, others failed.',
        causes: [
          [
            'some devices have a problem that the others do not have, such as an expired certificate',
            'enrollkit explain CODE, with the code in the message or the results file',
          ],
          [
            'the service throttled or the network failed in between',
            'the results file has the code of each device',
          ],
        ],
      },
      NEEDS_INPUT: {
        meaning: 'An answer is missing, and there is no one to ask.',
        causes: [
          [
            'the input or output is not a terminal, such as in CI, with a pipe, or in docker run without -it',
            'test -t 0 && test -t 1 && test -t 2 && echo terminal',
          ],
          ['CI is set in the environment', 'echo $CI'],
        ],
      },
      FOLDER_NOT_EMPTY: {
        meaning: 'The folder has files that are not from a quickstart or a replay.',
        causes: [
          ['the folder of another program or project, or another working directory', 'ls -A FOLDER; pwd'],
          ['an earlier run, where a replay needs a new folder', 'enrollkit runs --dir FOLDER'],
        ],
      },
      FOLDER_IN_USE: {
        meaning: 'Another command is using the folder.',
        causes: [
          ['a command that still runs, perhaps in another terminal', 'the message names its process ID'],
        ],
      },
      FILE_EXISTS: {
        meaning: 'A file already exists, and is not overwritten.',
        causes: [
          ['an earlier command, or another program, created it', 'ls -l FILE shows when'],
          ['two inputs lead to the same file name', 'the message names the file'],
        ],
      },
      FILE_UNREADABLE: {
        meaning: 'A file or folder does not exist or cannot be read.',
        causes: [
          ['a mistyped path, or another working directory', 'ls -l PATH; pwd'],
          ['the file belongs to another user', 'id; ls -l PATH'],
          ['a folder or a pipe in place of a file', 'stat PATH'],
        ],
      },
      FILE_UNWRITABLE: {
        meaning: 'A file or folder cannot be written.',
        causes: [
          ['the folder belongs to another user, or is read-only', 'ls -ld FOLDER'],
          ['the disk is full', 'df -h FOLDER'],
        ],
      },
      JOURNAL_UNREADABLE: {
        meaning: 'The record of what earlier runs created cannot be read.',
        causes: [
          ['the file was edited, or merged by a version control system', 'the message names the line'],
          ['the disk was damaged or full', 'df -h; look for read errors in the system log'],
        ],
      },
      ADDRESS_UNUSABLE: {
        meaning: 'The emulator cannot listen on that address.',
        causes: [
          ['it is not an address of this computer', 'ip address, or ipconfig on Windows'],
          ['IPv6 is turned off, as in many containers', 'use 127.0.0.1'],
        ],
      },
      PORT_IN_USE: {
        meaning: 'Another program is listening on the port.',
        causes: [
          ['another emulator', 'enrollkit emulator status'],
          ['another program, such as an MQTT broker on port 8883', 'ss -ltnp, or netstat -ano on Windows'],
        ],
      },
      PORT_NOT_PERMITTED: {
        meaning: 'You are not permitted to open the port.',
        causes: [['ports below 1024 require special permissions', 'choose a higher port']],
      },
      TRUST_NOT_PERMITTED: {
        meaning: 'You are not permitted to change the trust store of the system. Other stores were changed.',
        causes: [['only root can change it', 'run the command of the message, which begins with sudo']],
      },
      TRUST_FAILED: {
        meaning: 'A trust store could not be changed, or does not have the change after it was made.',
        causes: [
          ['a program that changes it is not installed', 'the message names the program'],
          ['something else is stored under the name of the root', 'the message says where'],
          ['a program failed', 'the message has its output'],
        ],
      },
      EMULATOR_STATE_IN_USE: {
        meaning: 'An emulator is already running on that folder.',
        causes: [
          [
            'an emulator that was started earlier, perhaps in the background',
            'enrollkit emulator status --dir FOLDER',
          ],
          ['a command that runs the emulator itself, such as quickstart', 'the message names its process ID'],
        ],
      },
      EMULATOR_STATE_UNREADABLE: {
        meaning: 'The state of the emulator cannot be read.',
        causes: [
          ['it was written by another version of enrollkit', 'the message says which; enrollkit --version'],
          [
            'a copy without all of its files, or a damaged disk',
            'copy the whole folder, with the emulator stopped',
          ],
        ],
      },
      EMULATOR_UNSUPPORTED: {
        meaning: 'The emulator has no database on this platform.',
        causes: [
          [
            'libsql has no build for this platform, and this version of Node.js (before 22.13) has no SQLite',
            'node -p \'process.version + " " + process.platform + " " + process.arch\'',
          ],
          ['enrollkit was installed without its optional dependencies', 'npm ls libsql'],
        ],
      },
      INTERRUPTED: {
        meaning: 'The command was interrupted. Completed work is kept.',
        causes: [
          [
            'Ctrl-C, or a stop signal of a CI job, a container or the system',
            'the log of the job says why, for example a time limit',
          ],
        ],
      },
    },
  },

  /** src/json-source.ts */
  jsonSource: {
    empty: 'the text is empty',
    tooDeep: 'this is nested too deeply',
    notJson: (problem: string) => `this is not JSON: ${problem}`,
    fieldTwice: (name: string) => `the field ${name} appears twice`,
    endsWhereExpected: (what: string) => `the text ends, but ${what} is expected`,
    expectedHere: (what: string) => `${what} is expected here`,
    fieldName: 'a field name in double quotes',
    value: 'a value',
    colon: 'a colon',
    comma: 'a comma',
    afterEnd: 'there is more text after the end',
    noComments: 'comments are not allowed',
    notANumber: 'this is not a number',
    openString: 'a string is not closed',
    invalidEscape: 'a string has an invalid escape sequence',
    controlCharacter: 'a string contains a control character',
    unknownWord: 'this word is not valid JSON',
  },

  /** src/pki/lint/ */
  pkiLint: {
    /** What each rule requires, by code: shown in docs/lint.md. */
    rules: {
      VERSION: 'The version is 3.',
      SERIAL_NUMBER_NOT_POSITIVE: 'The serial number is positive.',
      SERIAL_NUMBER_TOO_LONG: 'The serial number has at most 20 octets.',
      SIGNATURE_ALGORITHM_WEAK: 'The signature uses SHA-2, not SHA-1 or MD5.',
      SIGNATURE_ALGORITHM_PARAMETERS: 'The parameters of an RSA PKCS#1 v1.5 signature are NULL.',
      SIGNATURE_ALGORITHM_MISMATCH: 'The signature algorithm is the same inside and outside the signed part.',
      MALFORMED: 'The certificate is DER as defined by RFC 5280.',
      ISSUER_EMPTY: 'The issuer has a name.',
      VALIDITY_ORDER: 'The validity period starts before it ends.',
      TIME_ENCODING:
        'Dates through 2049 are UTCTime and later ones GeneralizedTime, in UTC and with seconds.',
      NOT_YET_VALID: 'The validity period has started.',
      EXPIRED: 'The validity period has not ended.',
      UNIQUE_IDENTIFIER: 'There are no unique identifiers.',
      SUBJECT_EMPTY:
        'A CA has a subject; any other certificate without one has a critical subject alternative name.',
      NAME_MALFORMED: 'Subject and issuer are well-formed names.',
      NAME_ATTRIBUTE_EMPTY: 'No attribute of the subject is empty.',
      NAME_ATTRIBUTE_TOO_LONG:
        'Attributes of the subject are within their limits: common name, organization and unit 64, locality and state 128, country 2, and so on.',
      NAME_ATTRIBUTE_ENCODING:
        'Attributes of the subject use a permitted string type, and only characters of that type.',
      NAME_ATTRIBUTE_CONTROL_CHARACTER: 'Attributes of the subject have no control characters.',
      NAME_ATTRIBUTE_OLD_ENCODING:
        'Attributes of the subject are PrintableString or UTF8String; the older types are for existing names only.',
      EMAIL_IN_SUBJECT: 'An email address is a subject alternative name, not part of the subject.',
      EMAIL_NOT_IN_ALTERNATIVE_NAMES: 'An email address in the subject is also a subject alternative name.',
      PUBLIC_KEY_WEAK: 'An RSA key has at least 2048 bits.',
      PUBLIC_KEY_UNUSABLE: 'The public key can be read.',
      PUBLIC_KEY_PARAMETERS: 'The parameters of an RSA key are NULL.',
      EXTENSION_MUST_BE_CRITICAL: 'An extension that must be critical is critical.',
      EXTENSION_MUST_NOT_BE_CRITICAL: 'An extension that must not be critical is not critical.',
      EXTENSION_SHOULD_BE_CRITICAL: 'An extension that should be critical is critical.',
      EXTENSION_SHOULD_NOT_BE_CRITICAL: 'An extension that should not be critical is not critical.',
      EXTENSION_ONLY_FOR_CA: 'Only a CA has the extensions that are reserved for CAs.',
      EXTENSION_MALFORMED: 'Each extension has the structure of its type.',
      EXTENSION_DUPLICATE: 'No extension appears twice.',
      EXTENSION_NOT_DER:
        'Extensions are DER: no FALSE where it is the default, no trailing zero bits in a key usage.',
      UNKNOWN_CRITICAL_EXTENSION:
        'There is no critical extension that other software does not know and therefore refuses.',
      AUTHORITY_KEY_IDENTIFIER_MISSING:
        'The authority key identifier is present, with the issuer’s key identifier. A self-signed certificate does not need it.',
      AUTHORITY_KEY_IDENTIFIER_MISMATCH:
        'The authority key identifier matches the issuer’s subject key identifier.',
      CA_SUBJECT_KEY_IDENTIFIER_MISSING: 'A CA has a subject key identifier.',
      SUBJECT_KEY_IDENTIFIER_MISSING:
        'A certificate that is not a CA should have a subject key identifier too.',
      CA_KEY_USAGE_MISSING: 'A CA has a key usage.',
      KEY_USAGE_EMPTY: 'A key usage permits something.',
      KEY_USAGE_BITS: 'A key usage has no bits beyond the nine that are defined.',
      KEY_USAGE_OF_KEY:
        'The key usage permits only what the type of key can do: EC and Ed25519 keys cannot encipher, RSA keys cannot do key agreement.',
      KEY_CERT_SIGN_WITHOUT_CA: 'Only a CA has the key usage keyCertSign.',
      CA_WITHOUT_KEY_CERT_SIGN: 'A CA that issues certificates has the key usage keyCertSign.',
      PATH_LENGTH_WITHOUT_CA: 'Only a CA that may sign certificates has a path length.',
      PATH_LENGTH_NEGATIVE: 'A path length is not negative.',
      CA_KEY_ENCIPHERS:
        'An RSA key of a CA that signs certificates or revocation lists is not used to encipher.',
      EXTENDED_KEY_USAGE_CONFLICT: 'The key usage permits what the extended key usage is for.',
      ALTERNATIVE_NAME_MALFORMED:
        'Subject and issuer alternative names are well-formed: host names, addresses of 4 or 16 octets, mailboxes, absolute URIs.',
      DNS_NAME_UNDERSCORE: 'A DNS name has no underscore.',
      DNS_NAME_INTERNATIONAL:
        'A label of a DNS name that starts with xn-- encodes a valid label, in normalization form C.',
      NAME_CONSTRAINT_MALFORMED:
        'A name constraint is well-formed: a domain, an address with its mask, a mailbox.',
      NAME_CONSTRAINT_DISTANCE: 'A name constraint has the minimum 0, which is omitted, and no maximum.',
      POLICY_DUPLICATE: 'No certificate policy appears twice.',
      POLICY_QUALIFIER: 'The policy anyPolicy has no qualifiers other than the two of RFC 5280.',
      POLICY_EXPLICIT_TEXT:
        'The explicit text of a user notice is not an IA5String, and has at most 200 characters.',
      POLICY_MAPPING_ANY: 'No policy mapping is to or from anyPolicy.',
      DISTRIBUTION_POINT_INCOMPLETE: 'A CRL distribution point has a name or an issuer, not only reasons.',
      SIGNED_CERTIFICATE_TIMESTAMPS:
        'A list of signed certificate timestamps has at least one entry, and a precertificate has no list.',
      CHAIN_ORDER: 'Each certificate is followed by the one that issued it.',
      CHAIN_SIGNATURE: 'Each certificate is signed with the key of the next one.',
      ISSUER_NOT_A_CA: 'The issuer of a certificate is a CA that may sign certificates.',
      PATH_LENGTH_EXCEEDED: 'A CA has no more intermediates below it than its path length allows.',
      EXPIRY_ORDER: 'No certificate outlives its issuer, without which it cannot be used.',
      CHAIN_SIZE: 'What a device sends, its chain without the root, has at most 4096 octets.',
      REGISTRATION_ID: 'A device’s common name is a valid registration ID.',
      DPS_PUBLIC_KEY: 'Keys are RSA with 2048 bits or more, or EC P-256 or P-384.',
      DPS_SIGNATURE_ALGORITHM: 'Signatures are RSA PKCS#1 v1.5 or ECDSA, with SHA-2.',
      DEVICE_CLIENT_AUTH: 'A device certificate with an extended key usage allows TLS client authentication.',
      DEVICE_DIGITAL_SIGNATURE: 'A device certificate with a key usage permits digital signatures.',
      GROUP_CA: 'The certificate of an enrollment group is a CA with the key usage keyCertSign.',
      GROUP_CA_COMMON_NAME: 'The certificate of an enrollment group has a common name.',
      SERVER_NAME_MISSING: 'A server certificate has its names as subject alternative names.',
      SERVER_AUTH: 'A server certificate with an extended key usage allows TLS server authentication.',
    },
    /** Attributes of names. */
    attributes: {
      commonName: 'common name',
      serialNumber: 'serial number',
      country: 'country',
      locality: 'locality',
      surname: 'surname',
      state: 'state or province',
      street: 'street address',
      organization: 'organization',
      organizationalUnit: 'organizational unit',
      title: 'title',
      postalCode: 'postal code',
      givenName: 'given name',
      nameQualifier: 'name qualifier',
      domainComponent: 'domain component',
      email: 'email address',
    },
    otherAttribute: (type: string) => `attribute ${type}`,
    attributeOfIssuer: (attribute: string) => `${attribute} of its issuer`,
    /** Extensions. */
    extensions: {
      authorityKeyIdentifier: 'authority key identifier',
      subjectKeyIdentifier: 'subject key identifier',
      keyUsage: 'key usage',
      certificatePolicies: 'certificate policies',
      policyMappings: 'policy mappings',
      subjectAlternativeName: 'subject alternative name',
      issuerAlternativeName: 'issuer alternative name',
      subjectDirectoryAttributes: 'subject directory attributes',
      basicConstraints: 'basic constraints',
      nameConstraints: 'name constraints',
      policyConstraints: 'policy constraints',
      extendedKeyUsage: 'extended key usage',
      distributionPoints: 'CRL distribution points',
      inhibitAnyPolicy: 'inhibit anyPolicy',
      freshestList: 'freshest CRL',
      authorityInformationAccess: 'authority information access',
      subjectInformationAccess: 'subject information access',
    },
    malformed: (certificate: string, problem: string) =>
      `The certificate ${certificate} is malformed: ${problem}.`,
    version: (certificate: string, version: number) =>
      `The certificate ${certificate} has version ${version}; only version 3 has extensions.`,
    serialNumberNotPositive: (certificate: string, serialNumber: string) =>
      `The certificate ${certificate} has the serial number ${serialNumber}, which is not positive.`,
    serialNumberTooLong: (certificate: string, octets: number, maximum: number) =>
      `The certificate ${certificate} has a serial number of ${octets} octets; the maximum is ${maximum}.`,
    weakSignature: (certificate: string, algorithm: string) =>
      `The certificate ${certificate} is signed with ${algorithm}, which is too weak.`,
    signatureWithoutNull: (certificate: string) =>
      `The signature algorithm of the certificate ${certificate} lacks the parameter NULL.`,
    keyWithoutNull: (certificate: string) =>
      `The algorithm of the RSA key in the certificate ${certificate} lacks the parameter NULL.`,
    issuerEmpty: (certificate: string) => `The issuer of the certificate ${certificate} has no name.`,
    validityOrder: (certificate: string, from: string, until: string) =>
      `The certificate ${certificate} is valid from ${from}, but only until ${until}.`,
    timeEncoding: (certificate: string, date: string, type: string) =>
      `The date ${date} in the certificate ${certificate} is not ${type}.`,
    uniqueIdentifier: (certificate: string) =>
      `The certificate ${certificate} has a unique identifier of its issuer or subject.`,
    weakKey: (certificate: string, key: string, minimum: number) =>
      `The key of the certificate ${certificate} is ${key}; at least ${minimum} bits are required.`,
    unusableKey: (certificate: string, key: string) =>
      `The public key (${key}) of the certificate ${certificate} cannot be used.`,
    caWithoutSubject: (certificate: string) => `The certificate ${certificate} is a CA and needs a subject.`,
    neitherSubjectNorAlternativeName: (certificate: string) =>
      `The certificate ${certificate} needs a critical subject alternative name.`,
    emailInSubject: (certificate: string) =>
      `The certificate ${certificate} has an email address in its subject.`,
    emailNotInAlternativeNames: (certificate: string) =>
      `The certificate ${certificate} has an email address in its subject that is not one of its subject alternative names.`,
    attributeEmpty: (certificate: string, attribute: string) =>
      `The certificate ${certificate} has an empty ${attribute}.`,
    attributeTooLong: (certificate: string, attribute: string, length: number, maximum: number) =>
      `The certificate ${certificate} has a ${attribute} of ${length} characters; the maximum is ${maximum}.`,
    attributeStringType: (certificate: string, attribute: string) =>
      `The ${attribute} in the certificate ${certificate} has a string type that is not allowed.`,
    attributeCharacters: (certificate: string, attribute: string) =>
      `The ${attribute} in the certificate ${certificate} has characters that its string type does not allow.`,
    attributeOldStringType: (certificate: string, attribute: string) =>
      `The ${attribute} in the certificate ${certificate} is neither PrintableString nor UTF8String.`,
    attributeControlCharacters: (certificate: string, attribute: string) =>
      `The ${attribute} in the certificate ${certificate} has control characters.`,
    unknownCriticalExtension: (certificate: string, type: string) =>
      `The certificate ${certificate} has the critical extension ${type}. Software that does not know it refuses the certificate.`,
    criticality: {
      MUST_BE: (certificate: string, extension: string) =>
        `The extension ${extension} of the certificate ${certificate} must be critical.`,
      MUST_NOT_BE: (certificate: string, extension: string) =>
        `The extension ${extension} of the certificate ${certificate} must not be critical.`,
      SHOULD_BE: (certificate: string, extension: string) =>
        `The extension ${extension} of the certificate ${certificate} should be critical.`,
      SHOULD_NOT_BE: (certificate: string, extension: string) =>
        `The extension ${extension} of the certificate ${certificate} should not be critical.`,
    },
    extensionOnlyForCa: (certificate: string, extension: string) =>
      `The certificate ${certificate} is not a CA, but has the extension ${extension}.`,
    extensionMalformed: (certificate: string, extension: string) =>
      `The extension ${extension} of the certificate ${certificate} is malformed.`,
    extensionUnreadable: (certificate: string, type: string, problem: string) =>
      `The extension ${type} of the certificate ${certificate} is malformed: ${problem}.`,
    criticalFalse: (certificate: string, type: string) =>
      `The certificate ${certificate} has the extension ${type} with an explicit critical FALSE.`,
    certificateAuthorityFalse: (certificate: string) =>
      `The certificate ${certificate} has basic constraints with an explicit cA FALSE.`,
    keyUsageZeroBits: (certificate: string) =>
      `The certificate ${certificate} has a key usage with trailing zero bits.`,
    keyUsageBits: (certificate: string) =>
      `The certificate ${certificate} has a key usage of more than nine bits.`,
    policyDuplicate: (certificate: string, policy: string) =>
      `The certificate ${certificate} has the certificate policy ${policy} twice.`,
    policyQualifier: (certificate: string, qualifier: string) =>
      `The certificate ${certificate} has the policy anyPolicy with the qualifier ${qualifier}.`,
    noticeEncoding: (certificate: string) =>
      `The certificate ${certificate} has a user notice with an IA5String as its text.`,
    noticeTooLong: (certificate: string, characters: number, maximum: number) =>
      `The certificate ${certificate} has a user notice of ${characters} characters; the maximum is ${maximum}.`,
    policyMappingAny: (certificate: string) =>
      `The certificate ${certificate} has a policy mapping to or from anyPolicy.`,
    nameConstraintMinimum: (certificate: string, value: string) =>
      `The certificate ${certificate} has a name constraint with the minimum ${value}.`,
    nameConstraintMaximum: (certificate: string, value: string) =>
      `The certificate ${certificate} has a name constraint with the maximum ${value}.`,
    nameConstraintMalformed: (certificate: string, constraint: string) =>
      `The certificate ${certificate} has the malformed name constraint ${constraint}.`,
    issuerAlternativeNameMalformed: (certificate: string, problem: string) =>
      `The certificate ${certificate} has a malformed issuer alternative name: ${problem}.`,
    issuerAlternativeName: (certificate: string, name: string, problem: string) =>
      `The issuer alternative name ${name} of the certificate ${certificate} is not valid: ${problem}.`,
    alternativeName: (certificate: string, name: string, problem: string) =>
      `The subject alternative name ${name} of the certificate ${certificate} is not valid: ${problem}.`,
    distributionPointIncomplete: (certificate: string) =>
      `The certificate ${certificate} has a CRL distribution point without a name and an issuer.`,
    timestampsEmpty: (certificate: string) =>
      `The certificate ${certificate} has an empty list of signed certificate timestamps.`,
    timestampsInPrecertificate: (certificate: string) =>
      `The certificate ${certificate} is a precertificate, but has signed certificate timestamps.`,
    hostNotQualified: 'its host is not fully qualified',
    hasUnderscore: 'it has an underscore',
    invalidInternationalLabel: (label: string) => `${label} does not encode a valid label`,
    addressLength: (octets: number) => `an IP address has 4 or 16 octets, not ${octets}`,
    directoryNameEmpty: 'it is empty',
    authorityKeyIdentifierMissing: (certificate: string) =>
      `The certificate ${certificate} has no authority key identifier.`,
    subjectKeyIdentifierMissing: (certificate: string) =>
      `The certificate ${certificate} has no subject key identifier.`,
    keyUsageEmpty: (certificate: string) =>
      `The certificate ${certificate} has a key usage that permits nothing.`,
    caWithoutKeyUsage: (certificate: string) => `The certificate ${certificate} is a CA without a key usage.`,
    keyCertSignWithoutCa: (certificate: string) =>
      `The certificate ${certificate} has the key usage keyCertSign, but is not a CA.`,
    caWithoutKeyCertSign: (certificate: string) =>
      `The certificate ${certificate} is a CA, but its key usage lacks keyCertSign, so it cannot issue certificates.`,
    pathLengthWithoutCa: (certificate: string) =>
      `The certificate ${certificate} has a path length, but may not sign certificates.`,
    keyUsageOfKey: (certificate: string, usages: readonly string[], key: string) =>
      `The certificate ${certificate} has the key usage ${usages.join(' and ')}, which its key (${key}) does not support.`,
    caKeyEnciphers: (certificate: string) =>
      `The certificate ${certificate} is a CA, but its key may also encipher.`,
    extendedKeyUsageConflict: (certificate: string, purpose: string, usages: readonly string[]) =>
      `The certificate ${certificate} is for ${purpose}, but its key usage lacks ${usages.join(' or ')}.`,
    chainOrder: (certificate: string, next: string) =>
      `The certificate ${certificate} is followed by ${next}, which did not issue it.`,
    chainSignature: (certificate: string, issuer: string) =>
      `The certificate ${certificate} is not signed with the key of ${issuer}.`,
    authorityKeyIdentifierMismatch: (certificate: string, issuer: string) =>
      `The authority key identifier of the certificate ${certificate} does not match the subject key identifier of ${issuer}.`,
    expiryOrder: (certificate: string, until: string, issuerUntil: string) =>
      `The certificate ${certificate} is valid until ${until}, longer than its issuer, which expires on ${issuerUntil}.`,
    issuerNotACa: (certificate: string) =>
      `The certificate ${certificate} issued another one, but may not sign certificates.`,
    pathLengthExceeded: (certificate: string, allowed: number, below: number) =>
      `The certificate ${certificate} allows ${allowed} ${allowed === 1 ? 'intermediate' : 'intermediates'} below it, but there ${below === 1 ? 'is' : 'are'} ${below}.`,
    chainSize: (certificate: string, octets: number, maximum: number) =>
      `The chain of ${certificate} has ${octets} octets without its root; small TLS stacks accept ${maximum}.`,
    noCommonName: (certificate: string) =>
      `The certificate ${certificate} has no common name, which would be the registration ID.`,
    registrationId: (certificate: string, problem: string) =>
      `A device with the certificate ${certificate} cannot register: ${problem}`,
    notForClients: (certificate: string) =>
      `The certificate ${certificate} is not for TLS clients: its extended key usage lacks clientAuth.`,
    noDigitalSignature: (certificate: string) =>
      `A TLS client cannot use the certificate ${certificate}: its key usage lacks digitalSignature.`,
    groupCaIsNone: (certificate: string) =>
      `The certificate ${certificate} is not a CA, so no enrollment group can use it.`,
    groupCaMayNotSign: (certificate: string) =>
      `The certificate ${certificate} may not sign devices: its key usage lacks keyCertSign.`,
    groupCaWithoutCommonName: (certificate: string) =>
      `The certificate ${certificate} has no common name, under which DPS lists it.`,
    serverWithoutName: (certificate: string) =>
      `The certificate ${certificate} has no host as a subject alternative name.`,
    notForServers: (certificate: string) =>
      `The certificate ${certificate} is not for TLS servers: its extended key usage lacks serverAuth.`,
    dpsKey: (certificate: string, key: string) =>
      `DPS does not accept the key (${key}) of the certificate ${certificate}.`,
    dpsSignature: (certificate: string, algorithm: string) =>
      `DPS does not accept the signature (${algorithm}) of the certificate ${certificate}.`,
    invalidDate: 'The time to lint at is not a valid date.',
  },

  /** src/pki/path/ */
  pkiPath: {
    budgetIssuers: 'more possible issuers than the limit',
    budgetPaths: 'more possible paths than the limit',
    budgetNames: 'more names and name constraints than the limit',
    budgetPolicies: 'more certificate policies than the limit',
    noDecision: (reason: string) => `The chain is too complex to check: there are ${reason}.`,
    budgetLength: (maximum: number) => `more than ${maximum} certificates in the chain`,
    notForTls: (certificate: string, usages: readonly string[]) =>
      `The certificate ${certificate} cannot be used in TLS: its key usage lacks ${usages.join(' or ')}.`,
    otherPeer: (certificate: string, name: string) =>
      `The certificate ${certificate} is not for ${name}: its subject alternative names do not include it.`,
    unusable: (certificate: string, problem: string) =>
      `The certificate ${certificate} cannot be used: ${problem}.`,
    noName: 'it has neither a subject nor a critical subject alternative name',
    leafConstraints: 'it has name constraints, which only certificate authorities can have',
    notACa: (certificate: string) =>
      `The certificate ${certificate} is not a certificate authority, so certificates issued by it are not valid.`,
    mayNotSign: (certificate: string) =>
      `The certificate ${certificate} may not sign certificates: its key usage lacks keyCertSign.`,
    issuerWithoutName: (certificate: string) =>
      `The certificate ${certificate} issued certificates but has no subject.`,
    purposeMissing: (purpose: string) =>
      `it is not for this purpose; its extended key usage lacks ${purpose}`,
    unknownExtension: (type: string) =>
      `it has the critical extension ${type}, which enrollkit does not support`,
    unknownQualifier: (qualifier: string) =>
      `it has critical certificate policies with the qualifier ${qualifier}, which enrollkit does not support`,
    keyType: (key: string) => `its public key is of a type that is not accepted (${key})`,
    keyTooShort: (key: string, minimum: number) =>
      `its public key is too short (${key}); at least ${minimum} bits are required`,
    keyOddSize: (key: string) => `its public key has an unusual size (${key})`,
    keyEvenModulus: (key: string) => `the modulus of its public key is even (${key})`,
    keyExponent: (key: string) => `the exponent of its public key is too small or even (${key})`,
    nameNotAllowed: (certificate: string, name: string, authority: string) =>
      `The certificate ${certificate} has the name ${name}, which the name constraints of ${authority} do not allow.`,
    constraintsMalformed: 'its name constraints are malformed',
    constraintsEmptySubtree: 'its name constraints have an empty subtree',
    constraintsDistance: 'its name constraints have a minimum or a maximum',
    constraintInvalid: (name: string) => `its name constraints have ${name}, which is not a valid constraint`,
    constraintsEmptyList: 'its name constraints have an empty list',
    accessEmpty: 'its information access is empty',
    accessMalformed: 'its information access is malformed',
    tooDeep: (leaf: string, depth: number, maximum: number) =>
      `There are ${depth} intermediate certificates between the certificate ${leaf} and the trusted one; the maximum is ${maximum}.`,
    noPolicy: (certificate: string) =>
      `The certificate ${certificate} has no certificate policy that is valid along the path, and a policy constraint requires one.`,
    policiesMalformed: 'its certificate policies are malformed',
    policiesEmpty: 'its list of certificate policies is empty',
    policyTwice: 'it has a certificate policy twice',
    mappingsMalformed: 'its policy mappings are malformed',
    mapsAnyPolicy: 'it maps anyPolicy',
    mappingsEmpty: 'its list of policy mappings is empty',
    policyConstraintsEmpty: 'its policy constraints are empty',
    policyConstraintsMalformed: 'its policy constraints are malformed',
    deltaNewer: (issuer: string) =>
      `the delta CRL of ${issuer} is newer than the complete one and cannot be used with it`,
    listNone: (issuer: string) => `there is none from ${issuer}`,
    deltaAlone: 'it is a delta CRL without a complete one',
    listSigner: 'the key usage of its issuer lacks cRLSign',
    listEarly: 'it is not valid yet',
    listWithoutEnd: 'it has no date of the next update',
    listOld: 'it is out of date',
    listPartial: 'it does not cover this certificate, or not all reasons for revocation',
    listExtension: (type: string) => `it has the critical extension ${type}`,
    listEntryExtension: (type: string) => `one of its entries has the critical extension ${type}`,
    listWithoutNumber: 'it has no number',
    listNumber: 'its number is malformed',
    listWithoutIdentifier: 'it has no authority key identifier',
    listSignature: 'that issuer did not sign it',
    noPathWithin: (maximum: number) => `no path to a trust anchor within ${maximum} certificates`,
    alternativeNameNoHost: (name: string) => `its subject alternative name ${name} is not a host name`,
    webKey: (key: string) => `its key (${key}) is of a type that web servers may not have`,
    webKeyNull: 'its RSA key lacks the parameter NULL',
    webIdentifier: 'its authority key identifier names an issuer and a serial number',
    webUsageCritical: 'its extended key usage must not be critical',
    webPoliciesCritical: 'its certificate policies must not be critical',
    webKeyUsage: 'its key usage has encipherOnly or decipherOnly',
    webRootUsage: 'it is a root with an extended key usage',
    webNoUsage: 'it is a server certificate without an extended key usage',
    webAnyUsage: 'its extended key usage allows any purpose',
    webOtherUsage: 'it is a server certificate that is also for code signing, mail, time stamping or OCSP',
    webServerAndCa: 'it is both a server certificate and a certificate authority',
    webConstraintsCritical: 'its basic constraints must be critical',
    webForbiddenUsage: (usages: readonly string[]) =>
      `it is a server certificate with the key usage ${usages.join(' and ')}`,
    webNoAlternativeName: 'it is a server certificate without a subject alternative name',
    webAlternativeNameCritical: 'it has a subject, so its subject alternative name must not be critical',
    webOtherName:
      'it is a server certificate with an alternative name that is neither a host nor an IP address',
    webCommonName: 'its common name is not one of its subject alternative names',
    webIssuerName:
      'the name of its issuer is not identical, byte for byte, to the subject of that certificate',
    webHash: (expected: string) =>
      `it is not signed with the hash that its issuer’s curve requires (${expected})`,
    strictLeadingPeriod: 'its name constraints have a host with a leading period',
    breaksRule: (certificate: string, problem: string) =>
      `The certificate ${certificate} violates a rule for issuers: ${problem}.`,
    strictIdentifierParts:
      'its authority key identifier has an issuer without a serial number, or vice versa',
    strictSelfSignedIdentifiers: 'it is self-signed, but its two key identifiers differ',
    strictIdentifier: 'its authority key identifier does not match its issuer',
    invalidDate: 'The time to validate at is not a valid date.',
    invalidPurpose: 'The purpose is not clientAuth, serverAuth or any.',
    invalidMode: 'The validation mode is neither lenient nor strict.',
    invalidDepth: 'The maximum depth is not a number of certificates.',
    invalidPolicy: (policy: string) =>
      `The policy ${policy} is not an object identifier, such as 1.3.6.1.4.1.311.21.8.`,
    invalidPeerName: 'The type of the peer name is not DNS, IP or RFC822.',
    labelWithoutSubject: (serialNumber: string) => `with the serial number ${serialNumber}`,
    endsWithItself: (certificate: string) =>
      `The self-signed certificate ${certificate} ends the chain, but is not trusted.`,
    namesItself: (certificate: string) =>
      `The certificate ${certificate} names itself as its issuer, but is not signed with its own key or the key is not accepted, and no other certificate has that name.`,
    withoutIssuer: (certificate: string) => `The certificate ${certificate} does not name its issuer.`,
    circle: (certificate: string, issuer: string) =>
      `The certificate ${certificate} was issued by ${issuer}, which is already below it: the chain is a circle.`,
    missingIssuer: (issuer: string, certificate: string) =>
      `No certificate that was sent or is trusted has the subject ${issuer}, which issued ${certificate}. Is an intermediate missing from the chain?`,
    weakAlgorithm: (certificate: string, algorithm: string) =>
      `The certificate ${certificate} is signed with a weak or unknown algorithm (${algorithm}).`,
    issuerKeyType: (certificate: string, key: string) =>
      `The certificate ${certificate} has a public key of a type that is not accepted (${key}).`,
    notYetValid: (certificate: string, from: string) =>
      `The certificate ${certificate} is not valid before ${from}.`,
    expired: (certificate: string, on: string) => `The certificate ${certificate} expired on ${on}.`,
    nothingTrusted: (certificate: string) =>
      `There is no trusted certificate that the certificate ${certificate} could lead to.`,
    otherSigner: (certificate: string, issuer: string, candidates: number) =>
      `The certificate ${certificate} was not signed with the key of ${candidates === 1 ? 'the certificate' : `any of the ${candidates} certificates`} ${issuer}: it was changed or forged, or its issuer is another certificate of the same name.`,
    revocationUnknown: (certificate: string, why: string) =>
      `The certificate ${certificate} may be revoked, because no revocation list (CRL) can tell: ${why}.`,
    revoked: (certificate: string) => `The certificate ${certificate} was revoked by its issuer.`,
    listUnusable: (issuer: string, problem: string) =>
      `the one from ${issuer} cannot be used, because ${problem}`,
    pathLength: (certificate: string, allowed: number, below: number) =>
      `The certificate ${certificate} allows ${allowed === 0 ? 'no' : `at most ${allowed}`} intermediate ${allowed > 1 ? 'certificates' : 'certificate'} below it (path length ${allowed}), but there ${below > 1 ? 'are' : 'is'} ${below}.`,
    unreadable: (
      what: 'leaf' | 'trusted' | 'intermediate' | 'revocationList',
      position: number | undefined,
      problem: string,
    ) => {
      const names = {
        leaf: 'leaf certificate',
        trusted: 'trusted certificate',
        intermediate: 'intermediate certificate',
        revocationList: 'revocation list',
      };
      return `The ${names[what]}${position === undefined ? '' : ` number ${position}`} cannot be read. ${problem}`;
    },
  },

  /** src/pki/x509/ and src/pki/der/ */
  pkiX509: {
    /** Precedes a problem of one certificate of several. */
    certificateNumber: (number: number) => `Certificate ${number}: `,
    longExponent: (name: string, octets: number) => `${name} with an exponent of ${octets} octets`,
    explicitCurve: 'EC with explicit parameters instead of a named curve',
    severalCertificates: (count: number) => `It contains ${count} certificates; it must contain one.`,
    noCertificate: 'It does not contain a certificate.',
    moreThanThreeParts: 'it has more than three parts',
    signatureOctets: 'its signature is not a whole number of octets',
    giveList: 'Specify a certificate revocation list (CRL), in PEM or DER.',
    distributionPointsEmpty: 'its list of CRL distribution points is empty',
    distributionPointsMalformed: 'its CRL distribution points are malformed',
    distributionPointsNames: 'its CRL distribution points have an empty list of names',
    twoAlgorithms: 'it names two different signature algorithms',
    validityShape: 'its validity is not two dates',
    afterLastField: 'it has extra data after its last field',
    extensionsInVersion: (version: number) => `it has extensions, but its version is ${version}`,
    keyUnusable: (key: string, subject: string) =>
      `The public key (${key}) of the certificate ${subject} cannot be used.`,
    algorithmParameters: 'it has an algorithm with more than one parameter',
    version: (version: number) => `its version is ${version}`,
    notAList: (problem: string) => `This is not a certificate revocation list: ${problem}.`,
    listSize: (bytes: number, maximum: number) =>
      `It has ${bytes} bytes; a revocation list can have at most ${maximum}.`,
    extensionsInVersionOne: 'it has extensions, but its version is 1',
    entryShape: 'one of its entries is malformed',
    severalRequests: (count: number) =>
      `It contains ${count} certificate signing requests; it must contain one.`,
    requestSize: (bytes: number, maximum: number) =>
      `It has ${bytes} bytes; a certificate signing request can have at most ${maximum}.`,
    notARequest: (problem: string) => `This is not a certificate signing request: ${problem}.`,
    versionNotOne: 'its version is not 1',
    attributeShape: 'one of its attributes is malformed',
    extensionsTwice: 'it requests extensions more than once',
    extensionShape: (type: string) => `its extension ${type} is malformed`,
    extensionTwice: (type: string) => `it has the extension ${type} twice`,
    extensionsEmpty: 'its list of extensions is empty',
    basicConstraintsShape: 'its basic constraints are malformed',
    extendedKeyUsageEmpty: 'its extended key usage is empty',
    authorityKeyIdentifierShape: 'its authority key identifier is malformed',
    generalNameKind: 'one of its names is of an unknown type',
    alternativeNameEmpty: 'its subject alternative name is empty',
    generalNameAscii: 'one of its names has non-ASCII characters',
    notAsDefined: 'it does not conform to RFC 5280',
    octetsAfterEnd: (count: number) => `${count} extra octets follow it`,
    booleanValue: (type: string) => `its extension ${type} has a BOOLEAN that is neither 0 nor 255`,
    attributeParts: 'an attribute of one of its names is not a type and a value',
    nameEmptyPart: 'one of its names has an empty part',
    nameUtf8: 'one of its names is not UTF-8',
    nameHalfCharacter: 'one of its names has an incomplete character',
    nameCharacter: 'one of its names has a character that does not exist',
    publicKeyShape: 'its public key is malformed',
    publicKeyOctets: 'its public key is not a whole number of octets',
    ed25519Shape: 'its Ed25519 public key is malformed',
    keyNotCertified: (key: string) => `Certificates cannot be issued for this type of key (${key}).`,
    rsaTooShort: (bits: number, minimum: number) =>
      `The RSA key has ${bits} bits; at least ${minimum} are required.`,
    rsaShape: 'its RSA public key is malformed',
    ecLength: 'its EC public key has the wrong length',
    followsEnd: 'extra data follows its end',
    tooManyElements: 'it has too many elements',
    endsInElement: 'it ends in the middle of an element',
    longTag: 'it has a tag of more than one byte',
    lengthTooLong: 'it has a length that is too large',
    cutOff: 'it is cut off',
    indefiniteNotAllowed: 'it has an indefinite length where that is not allowed',
    elementOutside: 'an element extends past the end of its parent',
    stringPieces: 'it has a constructed string with invalid segments',
    indefinite: 'it has an indefinite length',
    lengthNotMinimal: 'it has a length that is not minimal',
    notConstructed: 'an element that must be constructed is primitive',
    oidBroken: 'it has an object identifier that is cut off or too long',
    oidNotMinimal: 'it has an object identifier that is not minimally encoded',
    badBoolean: 'it has an invalid BOOLEAN',
    integerEmpty: 'it has an empty INTEGER',
    integerNotMinimal: 'it has an INTEGER that is not minimally encoded',
    integerRange: 'it has an INTEGER that is out of range',
    badBitString: 'it has an invalid BIT STRING',
    unusedBits: 'it has a BIT STRING whose unused bits are not zero',
    dateForm: 'it has a date in a format that RFC 5280 does not allow',
    dateImpossible: 'it has a date that does not exist',
    certificateSize: (bytes: number, maximum: number) =>
      `It has ${bytes} bytes; a certificate can have at most ${maximum}.`,
    notACertificate: (problem: string) => `This is not an X.509 certificate: ${problem}.`,
    otherIssuerKey: (issuer: string) =>
      `this CA ${issuer}, but by another one with the same name and a different key`,
    otherIssuer: (expected: string, actual: string) => `${expected}, but by ${actual}`,
    requestWeak: (subject: string, algorithm: string) =>
      `The request ${requestFor(subject)} is signed with ${algorithm}, which is weak or unknown.`,
    requestKeyUnknown: (key: string, subject: string) =>
      `The public key (${key}) of the request ${requestFor(subject)} is of an unknown type.`,
    requestKeyUnusable: (key: string, subject: string) =>
      `The public key (${key}) of the request ${requestFor(subject)} cannot be used.`,
    requestForged: (subject: string) =>
      `The signature of the request ${requestFor(subject)} does not match its public key: it was changed or forged.`,
    tag: (found: number | undefined, expected: number) =>
      found === undefined
        ? `an element is missing (tag ${expected})`
        : `an element has the tag ${found} instead of ${expected}`,
    constrained: (name: string, authority: string) =>
      `${name}, which the name constraints of ${authority} do not allow`,
  },

  /** src/pki/containers/ */
  pkiContainers: {
    notPemNorDer: 'It is neither PEM nor DER.',
    givePemOrDer: 'Use a file with a block that begins with -----BEGIN, or a DER file.',
    javaKeystore: 'a Java keystore',
    convertJavaKeystore:
      'Convert it: keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12',
    puttyKey: 'a PuTTY private key',
    convertPuttyKey:
      'Convert it: puttygen FILE -O private-openssh-new -o NEW, then ssh-keygen -p -m PKCS8 -f NEW',
    sshPublicKey: 'an SSH public key',
    notAnSshKey: 'Use a certificate or its private key, not an SSH login key.',
    takeOutOfJson: 'Extract the certificate or key, for example with az ... --query value --output tsv.',
    webPage: 'a web page or XML',
    downloadFile: 'Download the file itself.',
    zipArchive: 'a ZIP archive',
    gzipArchive: 'a gzip archive',
    unpack: 'Unpack it.',
    isForeign: (what: string) => `It is ${what}, neither PEM nor DER.`,
    tooLarge: (bytes: number, maximum: number) => `It has ${bytes} bytes; the maximum is ${maximum}.`,
    empty: 'It is empty.',
    beginsLikeDer: (problem: string) => `It begins like DER, but ${problem}.`,
    unknownDer: 'It is DER, but not a certificate, key, request or revocation list.',
    moreAfterDer: (end: number, more: number) =>
      `The first DER value ends at byte ${end}, but the file has ${end + more} bytes. A DER file can only have one value.`,
    giveSeveral: 'Use PEM or PKCS#7 for several certificates.',
    keyMoreThanTwoParts: 'it has more than two parts',
    dekInfoMissing: 'its DEK-Info header does not say how it is encrypted',
    dekInfoLength: 'its DEK-Info header has the wrong length',
    wrongPassphrase: 'The passphrase does not decrypt the private key.',
    keyObsoleteCipher: (cipher: string) =>
      `The private key is encrypted with ${cipher}, which is obsolete and not supported.`,
    convertKey:
      'Convert it with OpenSSL: openssl pkcs8 -topk8 -v2 aes-256-cbc -provider legacy -provider default -in FILE -out NEW',
    keyUnreadable: (problem: string) => `The private key cannot be read: ${problem}.`,
    pemPosition: (number: number, label: string, line: number) =>
      `PEM block ${number} (${label}) at line ${line}`,
    pemCutOff: (position: string, end: string) => `${position} has no line ${end}: it is truncated.`,
    pemNoBeginning: (label: string) =>
      `It has the last line of a PEM block (END ${label}), but not the first.`,
    pemEmpty: (position: string) => `${position} is empty.`,
    pemNotBase64: (position: string) => `${position} is not base64.`,
    pfxObsoleteCipher: (cipher: string) =>
      `it is encrypted with ${cipher}, which is obsolete and not supported`,
    encryptedWithoutParameters: (type: string) => `it is encrypted with ${type}, without parameters`,
    encryptionParameters: 'its encryption parameters are malformed',
    encryptionVector: 'its initialization vector has the wrong length',
    derivationParameters: 'its key derivation parameters are malformed',
    keyLength: 'its key length does not match its cipher',
    encryptionUnknown: (algorithm: string) => `its encryption is not supported (${algorithm})`,
    pbmac1Without: 'its authentication (PBMAC1) has no parameters',
    pbmac1Algorithms: 'its authentication (PBMAC1) uses algorithms other than PBKDF2 and HMAC with SHA-2',
    pbmac1KeyUnknown: 'its authentication (PBMAC1) does not state its key length',
    pbmac1KeyLength: (octets: number, minimum: number, maximum: number) =>
      `its authentication (PBMAC1) has a key of ${octets} octets; ${minimum} to ${maximum} are supported`,
    pbmac1Parameters: 'its authentication (PBMAC1) has malformed parameters',
    scryptParameters: (cost: number, blockSize: number, parallelization: number) =>
      `scrypt with N=${cost}, r=${blockSize} and p=${parallelization}`,
    scryptTooMuch: (what: string, maximum: number) =>
      `it requires ${what}; the maximum for N x r x p is ${maximum}`,
    scryptMemory: (what: string, megabytes: number) =>
      `it requires ${what}, which takes more than ${megabytes} MiB of memory`,
    scryptImpossible: (what: string) => `it requires ${what}, which is not possible`,
    scryptTotal: 'its parts together require too much scrypt work',
    iterationsTooMany: (iterations: number, maximum: number) =>
      `it requires ${iterations} rounds of key derivation; 1 to ${maximum} are supported`,
    iterationsTotal: 'its parts together require too many rounds of key derivation',
    pfxUnreadable: (problem: string) => `This PKCS#12 file cannot be read: ${problem}.`,
    pfxVersion: 'its version is not 3',
    pfxByPublicKey: 'it is protected by a public key, not by a passphrase',
    pfxAuthentication: 'its authentication is malformed',
    pfxAuthenticationUnknown: (type: string) => `its authentication is not supported (${type})`,
    pfxPartByPublicKey: 'a part of it is protected by a public key, not by a passphrase',
    pfxNested: 'its bags are nested too deeply',
    pfxBags: (maximum: number) => `it has more than ${maximum} bags`,
    pfxNoCertificate: 'one of its certificates is not a certificate',
    pfxCertificateUnreadable: (number: number, problem: string) =>
      `Certificate ${number} in the file cannot be read. ${problem}`,
    pfxKeyUnreadable: 'The private key in the file cannot be read.',
    pfxBroken: 'its encrypted content is damaged',
    pfxPart: 'a part of it is malformed',
    holdsNoCertificate: 'It does not contain a certificate.',
    pfxKeys: (count: number) => `It contains ${count} private keys; it must contain one.`,
    pfxKeyOfNone: 'The private key does not belong to any of the certificates in the file.',
    pfxWrongPassphrase: 'The passphrase is wrong for the PKCS#12 file, or the file was changed.',
    pfxGivePassphrase:
      'Use the passphrase that the file was protected with (ENROLLKIT_PASSPHRASE or --passphrase-file FILE).',
    convertPfx:
      'Convert it with OpenSSL: openssl pkcs12 -legacy -in FILE -out NEW.pem, then openssl pkcs12 -export -in NEW.pem -out NEW.pfx',
    keyNotOfCertificate: (certificate: string) =>
      `The private key does not belong to the certificate ${certificate}.`,
    pkcs7Kind: 'it is a type of PKCS#7 other than signed data',
    pkcs7Several: (count: number) => `It contains ${count} PKCS#7 blocks; it must contain one.`,
    pkcs7Unreadable: (problem: string) => `This is not a PKCS#7 file with certificates: ${problem}.`,
    kinds: {
      certificate: 'certificate',
      'certificate request': 'certificate signing request',
      'revocation list': 'revocation list',
      'PKCS#7 file': 'PKCS#7 file',
      'PKCS#12 file': 'PKCS#12 file',
      'private key': 'private key',
      'encrypted private key': 'encrypted private key',
      'public key': 'public key',
    },
    holdsOtherBlocks: (labels: readonly string[], wanted: string) =>
      `It contains ${labels.join(' and ')}, but no ${wanted}.`,
    holdsNeither: (wanted: string, block: string) =>
      `It does not contain a ${wanted}: neither a PEM block ${block} nor DER.`,
    holdsOther: (kind: string, wanted: string) =>
      `It contains ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} in DER, not a ${wanted}.`,
    inDer: (kind: string) => `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} in DER`,
    blocks: (labels: readonly string[]) => labels.join(' and '),
  },

  /** src/pki/make/, and the files directly in src/pki/ */
  pkiMake: {
    profileProblem: (source: string, path: string, problem: string) =>
      `${source}${path === '' ? '' : ` at ${path}`}: ${problem}.`,
    extensionTwice: 'an extension appears twice',
    keyCertSignOfAuthorities:
      'keyCertSign is required for certificate authorities, and not allowed for others (RFC 5280 section 4.2.1.3)',
    pathLengthOfAuthorities: 'only a certificate authority has a path length',
    criticalConstraints:
      'the basic constraints of a certificate authority must be critical (RFC 5280 section 4.2.1.9)',
    nameEmpty: 'it is empty',
    nameTooLong: (maximum: number) => `it has more than ${maximum} characters`,
    nameIsAddress: 'it is an IP address, not a host name',
    labelInvalid: (label: string) => `${label} is not a valid part of a host name`,
    mailboxForm: 'it does not have the form local-part@domain',
    mailboxLocal: 'the part before the @ is not valid',
    mailboxDomain: 'the part after the @ is not a domain',
    uriNotAbsolute: 'it is not an absolute URI',
    uriCharacters: 'it has characters that must be written as %XX in a URI',
    uriHost: 'its host is neither a host name nor an IP address',
    addressInvalid: 'it is not an IPv4 or IPv6 address',
    keyNotOfPublicKey: 'The private key does not belong to the public key.',
    wouldNotHold: (subject: string, issuer: string, reasons: string) =>
      `A certificate ${subject || 'without a subject'} issued by ${issuer || 'a CA without a name'} would never be valid. ${reasons}`,
    signElsewhere:
      'Sign with a CA that is allowed to issue it. If you know that its verifiers accept it, add --force.',
    subjectEmpty: 'The subject is empty, and there is no subject alternative name.',
    selfSignedKey: 'A self-signed certificate needs the private key that belongs to its public key.',
    keyNotOfIssuer: (certificate: string) =>
      `The private key does not belong to the certificate ${certificate}.`,
    cannotSign: (certificate: string, reason: string) =>
      `The certificate ${certificate} cannot sign: ${reason}.`,
    issuerNotCa: 'it is not a certificate authority',
    issuerKeyUsage: 'its key usage lacks keyCertSign',
    issuerExpired: (on: string) => `it expired on ${on}`,
    issuerEarly: (from: string) => `it is not valid before ${from}`,
    issuerPathLength: 'its path length is 0, so it cannot issue another certificate authority',
    profileNotJson: (source: string, problem: string) => `${source} is not JSON: ${problem}.`,
    controlCharacters: (attribute: string) => `The ${attribute} has control characters.`,
    countryInvalid: (value: string) => `The country ${value} is not two letters, such as DE.`,
    attributeTooLong: (attribute: string, length: number, maximum: number) =>
      `The ${attribute} has ${length} characters; RFC 5280 allows ${maximum}.`,
    nameUnknownValue: (name: string) => `The name ${name} has a value of an unknown type.`,
    alternativeNameInvalid: (kind: string, name: string, problem: string) =>
      `The subject alternative name ${kind} ${name} is not valid: ${problem}.`,
    commonNameInvalid: 'The common name is empty or has control characters.',
    commonNameTooLong: (beginning: string, length: number, maximum: number) =>
      `The common name "${beginning}..." has ${length} characters; RFC 5280 allows ${maximum}.`,
    certificateCannotSign: (reason: string) => `The certificate cannot sign. ${reason}`,
    validityImpossible: (from: string, until: string) =>
      `A certificate cannot be valid from ${from} to ${until}. The dates must be in order, and from the years 1950 to 9999.`,
    invalidTime: 'an invalid time',
    codeMissing: 'The verification code is missing.',
    codeCharacters: 'A verification code has only letters and digits, without spaces.',
    codeTooLong: (length: number) =>
      `This code has ${length} characters. A verification code has at most 64.`,
    codeTooShort: (length: number) => `This code has only ${length} characters. Part of it may be missing.`,
    ecCurve: (curve: string) => `EC keys on the curve ${curve}`,
    keyTypeOf: (type: string) => `Keys of type ${type}`,
    doesNotSign: (kind: string) => `${kind} are not supported for signing. Use RSA, P-256, P-384 or P-521.`,
    signWithOtherKey: 'Use a key of another type, or create one, for example with --key-algorithm ec-p256.',
    giveKeyFile: 'Specify the private key file: PEM, DER or PKCS#12.',
    severalKeys: 'There is more than one private key.',
    passphraseRequired: 'The private key is encrypted, and there is no passphrase.',
    keyUnreadable: 'The private key cannot be read.',
    opensshKey: 'The private key is in OpenSSH format.',
    convertOpensshKey: 'Convert a copy of it: ssh-keygen -p -m PKCS8 -f FILE',
    keyDamaged: 'The private key is damaged: its private half does not match its public half.',
    restoreKey: 'Restore the file from a backup, or create a new key and certificate.',
    explicitParameters: 'The private key is an EC key with explicit parameters instead of a named curve.',
    useNamedCurve:
      'Create a new key on a named curve, such as P-256. If the parameters are those of a named curve, you can convert the key with openssl ec -param_enc named_curve -in FILE -out NEW; then reissue its certificate.',
    keyNotOfCertificate: 'The private key does not belong to the certificate.',
    notReadBack: (reason: string) => `The output could not be read back, so nothing was written. ${reason}`,
    processEnded: (reason: string) => `The key derivation process ended unexpectedly: ${reason}.`,
  },

  /** src/certgen/ */
  certgen: {
    noAuthority: (folder: string, file: string) => `There is no CA in ${folder}: ${file} is missing.`,
    createFirst: 'Create one first: enrollkit certgen create_root_and_intermediate',
    authorityExists: (folder: string, files: readonly string[]) =>
      `${folder} already has a CA, or files of one: ${files.join(', ')}.`,
    replaceIt: 'Add --force to move them to a separate folder, or choose another folder with --dir FOLDER.',
    emptyName: 'The name is empty.',
    longName: (name: string, length: number, maximum: number) =>
      `The name "${name}" is too long: it is part of file names, which would have ${length} bytes. The maximum is ${maximum}.`,
    shorterName: 'Choose a shorter name.',
    takenName: (name: string) =>
      `The files of "${name}" would have the same names as other files that this command writes.`,
    otherName: 'Choose another name.',
    nameOfAuthority: (name: string) => `"${name}" is the name of the CA.`,
    keyWithoutCertificate: (path: string) =>
      `${path} exists, but its certificate does not, so its owner is unknown.`,
    belongsToOther: (path: string, name: string) => `${path} belongs to another name, "${name}".`,
    blocks: (path: string, file: string) =>
      `${file} cannot be renamed to ${path}, because that file already exists.`,
    moveAway: 'Move that file to another folder, and run the command again.',
    badIndexLine: (line: number, path: string) => `Line ${line} of ${path} is not an entry of openssl ca.`,
    fixIndex: 'Correct the line, or start over: enrollkit certgen create_root_and_intermediate --force',
    badSerial: (path: string) => `${path} does not contain a hexadecimal number.`,
    fixSerial: 'Write the next serial number to it, such as 01.',
    noDevice: (name: string, folder: string) =>
      `There is no certificate for a device "${name}" in ${folder}.`,
    createDevice: (command: string) => `Create it first: ${command}`,
    otherKey: (key: string, certificate: string) => `${key} is not the private key of ${certificate}.`,
    shortPassphrase: (length: number, minimum: number) =>
      `The passphrase has ${length} characters. It must have at least ${minimum}.`,
    longerPassphrase: 'Choose a longer passphrase.',
  },

  /** src/rollover/ */
  rollover: {
    noAuthority: (role: string, folder: string, file: string) =>
      `There is no ${role} CA in ${folder}: ${file} does not exist.`,
    nameFolder: 'Specify the certificate folder with --dir FOLDER.',
    missingBetween: (subject: string, certificate: string, top: string, folder: string) =>
      `The CA ${subject}, which issued ${certificate}, is below ${top} and must be replaced with it, but its files are not in ${folder}.`,
    copyFiles: (folder: string) =>
      `Copy its certificate.pem, chain.pem and key.pem to ${folder}, where NAME can be any name. Then run the command again.`,
    filesMoved: (role: string, folder: string) =>
      `Files of the rollover of the ${role} CA are missing in ${folder}.`,
    putBack: (role: string) => `Restore the folders in ca whose names begin with ${role}.`,
    created: (role: string) => `created the new ${role} CA`,
    issuerMissing: (issuer: string, certificate: string, folder: string) =>
      `The CA ${issuer}, which issued ${certificate}, is not in ${folder}.`,
    nameIssuer: 'Specify the CA that issued it with --ca FILE and --ca-key FILE.',
    otherIssuer: (path: string, issuer: string) => `The certificate ${path} was not issued by ${issuer}.`,
    otherSuccessor: (folder: string, certificate: string) =>
      `${folder} contains a CA that does not replace ${certificate}.`,
    moveAway: (path: string) => `Move ${path} to another place, and run the command again.`,
    unknownAlgorithm: (name: string, role: string) =>
      `enrollkit cannot create a key of type ${name}, which the ${role} CA has.`,
    createElsewhere: 'Create the new CA with another tool, and upload it: enrollkit ca upload FILE',
    otherKeyType: (key: string) => `${key} differs in type or encryption from the key of the old CA.`,
    noGroup: (id: string) => `There is no enrollment group ${id}.`,
    listGroups: 'List the existing ones: enrollkit group list (with the same --dir).',
    acceptsBoth: (id: string) => `the enrollment group ${id} accepts devices of the new and the old CA`,
    acceptsNew: (id: string) => `the enrollment group ${id} accepts only devices of the new CA`,
    needsResourceManager: (id: string) =>
      `The enrollment group ${id} uses an uploaded CA certificate, and you have no access to Azure Resource Manager, which manages those.`,
    otherAttestation: (id: string, type: string) =>
      `The enrollment group ${id} uses ${type} attestation, not a CA certificate.`,
    nameX509Group: 'Specify an enrollment group with X.509 attestation: --group ID.',
    slots: {
      empty: 'none',
      other: (value: string) => `another CA (${value})`,
      old: 'the old CA',
      new: 'the new CA',
    },
    otherSlots: (id: string, primary: string, secondary: string) =>
      `The enrollment group ${id} has other CA certificates than a rollover expects: primary: ${primary}; secondary: ${secondary}.`,
    removeOther: (id: string) =>
      `Show the group with "enrollkit group show ${id} --json" and remove the certificate that is not needed, or specify another group with --group ID.`,
    groupNotReadBack: (id: string) =>
      `The enrollment group ${id} was updated, but DPS does not show the change.`,
    underway: (authority: string, folder: string) =>
      `A rollover of the ${authority} CA is in progress in ${folder}.`,
    finishFirst: (authority: string) =>
      `Finish it first: enrollkit cert rollover ${authority} --finish (with the same --dir).`,
    notStarted: (authority: string, folder: string) =>
      `There is no rollover of the ${authority} CA in ${folder}.`,
    start: (authority: string) =>
      `Start one: enrollkit cert rollover ${authority} (with the same --dir), with --group ID for each enrollment group.`,
    startIncomplete: (authority: string) => `Phase 1 of the rollover of the ${authority} CA is not complete.`,
    runAgain: (authority: string) =>
      `Run it again: enrollkit cert rollover ${authority} (with the same --dir).`,
    emulator: 'the emulator',
    otherTarget: (expected: string, actual: string) =>
      `The enrollment groups of this rollover are in ${expected}, not in ${actual}.`,
    sameTarget: 'Use the same --target and names as in phase 1.',
    notReissued: (count: number, authority: string, names: readonly string[]) =>
      `${count} certificates in the folder are still issued by the old ${authority} CA: ${names.join(', ')}${names.length < count ? ', ...' : ''}.`,
    reissueFirst: (authority: string) =>
      `Reissue them: enrollkit cert rollover ${authority} --reissue (with the same --dir). To lock these devices out, add --force.`,
    keysElsewhere: (count: number, names: readonly string[]) =>
      `The private keys of ${count} devices are not in the folder, so --new-key cannot replace them: ${names.join(', ')}${names.length < count ? ', ...' : ''}.`,
    signRequests:
      'Omit --new-key, or first sign a certificate signing request from each of these devices: enrollkit cert sign REQUEST',
    reissued: (count: number) => (count === 1 ? 'reissued 1 certificate' : `reissued ${count} certificates`),
    endsWithIssuer: (role: string, notAfter: string) =>
      `The new ${role} CA expires on ${notAfter}, no later than the old one, because the CA above it expires then.`,
    groupUnchanged: (id: string, primary: string, authority: string) =>
      `The enrollment group ${id} uses a CA above (${primary}). It accepts devices of the old ${authority} CA as long as their certificates are valid, even after the rollover.`,
    uploadInPortal:
      'You have no access to Azure Resource Manager. If the old CA is uploaded, upload the new one in the portal too, and verify it there.',
    deleteInPortal:
      'You have no access to Azure Resource Manager. If the old CA is uploaded, delete it in the portal.',
    nameTaken: (subject: string, name: string) =>
      `Another certificate (${subject}) is already uploaded as ${name}.`,
    deleteOther: (name: string) =>
      `Delete that certificate: enrollkit ca delete ${name} (with the same --dir).`,
    uploadNotReadBack: (name: string) => `The certificate was uploaded as ${name}, but DPS does not show it.`,
    uploaded: (role: string, name: string) => `uploaded the new ${role} CA as ${name}`,
    notVerified: (name: string) => `DPS does not show ${name} as verified.`,
    verified: (name: string) => `verified ${name}`,
    keptForGroup: (name: string, id: string) =>
      `The old CA remains uploaded as ${name}, because the enrollment group ${id} uses it.`,
    keptAsForeign: (name: string, command: string) =>
      `The old CA remains uploaded as ${name}, because enrollkit did not upload it from this folder. To delete it: ${command}`,
    notDeleted: (name: string) => `The certificate ${name} was deleted, but DPS still shows it.`,
    deleted: (name: string) => `deleted the old CA, ${name}`,
  },

  /** src/workspace/ */
  workspace: {
    notAName: 'it is not a name',
    outsideFolder: 'it is outside the certificate folder',
    noFile: (path: string) => `There is no file ${path}.`,
    tooLarge: (path: string, size: number, maximum: number) =>
      `${path} has ${size} bytes; files of more than ${maximum} bytes are not read.`,
    checkFile: 'Check that it is the right file.',
    unreadable: (path: string, reason: string) => `Cannot read ${path}${reason}.`,
    unwritable: (path: string, reason: string) => `Cannot write ${path}${reason}.`,
    notRegular: (path: string) => `${path} is not a regular file.`,
    pipeWithoutWriter: (path: string) => `${path} is a pipe that no program writes to.`,
    pipeSilent: (path: string, seconds: number) =>
      `${path} is a pipe, and nothing arrived for ${seconds} seconds.`,
    writeToPipe: 'Write the contents to the pipe, or name a file.',
    raiseOpenFiles:
      'Raise the limit of open files, for example with "ulimit -n 1024", or close other programs, then run the command again.',
    replaceOrMove: 'Put a file in its place, or move it away, then run the command again.',
    exists: (path: string) => `${path} already exists.`,
    aFile: 'a file',
    reason: (reason: string) => `: ${reason}`,
    reasons: {
      EACCES: 'permission denied',
      EPERM: 'permission denied',
      EROFS: 'the file system is read-only',
      ENOSPC: 'the disk is full',
      EDQUOT: 'the disk quota is exceeded',
      EFBIG: 'the file is too large for this file system',
      ENAMETOOLONG: 'the name is too long',
      EISDIR: 'it is a folder',
      ENOTDIR: 'part of the path is a file',
      EEXIST: 'a file of that name exists',
      ENOENT: 'the file or its folder does not exist',
      ELOOP: 'its symbolic links form a loop',
      EBUSY: 'it is in use',
      ESTALE: 'the network share no longer has it',
      EIO: 'the disk reports an error',
      EMFILE: 'this process has too many open files',
      ENFILE: 'this computer has too many open files',
    },
    journal: {
      outside: {
        problem: (line: number, path: string) =>
          `Line ${line} of the journal ${path} names a file outside the certificate folder. Nothing was changed.`,
        next: 'Someone edited the journal; enrollkit does not write such lines. Remove the line, check the others, then run the command again.',
      },
      unknown: {
        problem: (line: number, path: string) =>
          `Line ${line} of the journal ${path} records something that this version of enrollkit does not know. Nothing was changed.`,
        next: 'If a newer version of enrollkit worked in this folder, update enrollkit. If not, restore the journal from a backup.',
      },
      noRecord: {
        problem: (line: number, path: string) =>
          `Line ${line} of the journal ${path} is not a record of enrollkit. Nothing was changed.`,
        next: 'Restore the journal from a backup, or remove the line. "enrollkit clean" then keeps what the line recorded.',
      },
      name: (path: string) => `the journal ${path}`,
      empty: (journal: string, folder: string, files: readonly string[], more: number) =>
        `The journal ${journal} is empty, but there are files in ${folder}: ${firstOf(files, more)}. Nothing was changed.`,
      restore: 'Restore the journal from a backup, or use an empty or new folder: --dir FOLDER.',
    },
    notAFile: (path: string) => `${path} is not a file, but enrollkit keeps a file there.`,
    notAFolder: (path: string) => `${path} is not a folder, but enrollkit keeps a folder there.`,
    moveAway: 'Move it away, then run the command again.',
    otherFiles: (folder: string, files: readonly string[], more: number) =>
      `The folder ${folder} contains files that are not from a quickstart: ${firstOf(files, more)}.`,
    isFile: (path: string) => `${path} is a file or is below one, not a folder.`,
    locked: (process: string, since: string, folder: string) =>
      `Another enrollkit process is using ${folder} (process ${process}, since ${since}).`,
    notALock: (path: string) => `${path} exists but is not a lock file of enrollkit.`,
    moveThatAway: (path: string) => `Move ${path} away, then run the command again.`,
    changed: (path: string) => `${path} was changed after enrollkit wrote it, and is not overwritten.`,
    notOverwritten: (path: string) => `${path} already exists, and is not overwritten.`,
    rollover: {
      unreadable: (path: string) => `Cannot read the record of the roll-over, ${path}.`,
      restore:
        'Restore it from a backup. Without it, finish the roll-over by hand: "enrollkit group show ID" shows the certificates of the group.',
      underway: (authority: string, folder: string) =>
        `A roll-over of the ${authority} CA is in progress in ${folder}.`,
      finish: (command: string) => `Finish it first: ${command} (with the same --dir)`,
    },
    stored: {
      empty: (path: string) => `${path} is empty.`,
      restore: (folder: string) => `Restore it from a backup, or move ${folder} away.`,
      otherChain: (chain: string, certificate: string) =>
        `${chain} does not begin with the certificate in ${certificate}.`,
      strayInChain: (chain: string, subject: string) =>
        `${chain} contains a certificate (${subject}) that issued none of the certificates before it.`,
      moveToRestore: (path: string) => `Move ${path} away, then run the command again to restore it.`,
      moveOutdated:
        'Move the outdated file away, then run the command again: the file is restored from the other one.',
      noKey: (path: string, certificate: string) =>
        `There is no file ${path}, the private key of ${certificate}.`,
      keyMismatch: (path: string, certificate: string) =>
        `The key in ${path} does not belong to ${certificate}.`,
      restoreBoth: (folder: string) =>
        `Restore the key and the certificate that belong together, or move ${folder} away.`,
    },
    symbolicLink: (path: string) =>
      `${path} is a symbolic link. enrollkit does not write through symbolic links inside its folder.`,
    replaceLink: 'Replace it with a real file or folder, or use another folder: --dir FOLDER.',
    changes: {
      notAList: (list: string, folder: string) =>
        `${list}, left by an interrupted command, is not a list of changes in ${folder}.`,
      moveWork: (work: string) =>
        `Move ${work} away. Files that the command had already replaced are in its subfolder "former".`,
      halfway: (folder: string, path: string, reason: string, work: string) =>
        `Only some files in ${folder} are new. Cannot write ${path}${reason}. The other new files are in ${work}.`,
      unchanged: (path: string, reason: string) => `Cannot write ${path}${reason}. Nothing was changed.`,
      finish: 'Free up disk space or check the permissions, then run the command again to write the rest.',
      needsFolder: (path: string) => `${path} is not a folder, but enrollkit needs a folder there.`,
      targetExists: (path: string) =>
        `${path} already exists, where a new file must be written. Nothing was changed.`,
    },
  },

  /** src/dps/contract/ */
  dpsContract: {
    /** For each kind of ID: a character that it must not have, its first and its last character. */
    illegalCharacter: (kind: 'registration' | 'group', id: string, character: string) =>
      `The ${kind === 'group' ? 'enrollment group' : 'registration'} ID "${id}" contains ${character}. Use only letters, digits, and - . _ : characters.`,
    wrongStart: (kind: 'registration' | 'group', id: string) =>
      `The ${kind === 'group' ? 'enrollment group' : 'registration'} ID "${id}" must begin with a letter or a digit.`,
    wrongEnd: (kind: 'registration' | 'group', id: string) =>
      `The ${kind === 'group' ? 'enrollment group' : 'registration'} ID "${id}" must end with a letter, a digit or a hyphen.`,
    invalidCertificateName: (name: string) =>
      `The certificate name "${name}" is invalid. Use 1 to 256 letters, digits, or - . _ characters.`,
    invalidHubName: (name: string) =>
      `The hub name "${name}" is invalid. Use 3 to 50 letters, digits and hyphens, without a hyphen at either end.`,
    invalidServiceName: (name: string) =>
      `The provisioning service name "${name}" is invalid. Use 3 to 64 letters, digits and hyphens, without a hyphen at either end, and not "global".`,
    invalidPolicyName: (name: string) =>
      `The credential policy name "${name}" is invalid. Use 1 to 63 letters, digits, or - . _ characters.`,
    invalidRegistryName: (name: string) =>
      `The name "${name}" is invalid. Use 3 to 63 letters, digits and hyphens, beginning with a letter or digit.`,
    invalidNamespaceName: (name: string) =>
      `The namespace name "${name}" is invalid. Use 3 to 64 lowercase letters, digits and hyphens, without a hyphen at either end.`,
    unknownPart: 'it has a part other than HostName, SharedAccessKeyName and SharedAccessKey',
    partTwice: (name: string) => `it has ${name} twice`,
    partMissing: (name: string) => `${name} is missing`,
    notAHostName: 'HostName is not a host name',
    notBase64: 'SharedAccessKey is not base64; check that you copied all of it',
    invalidConnectionString: (why: string) => `The connection string is invalid: ${why}.`,
    noRegistrationId: 'The registration ID is missing.',
    registrationIdTooLong: (id: string, length: number, maximum: number) =>
      `The registration ID "${id}" has ${length} characters. It is also the common name of the certificate, which can have at most ${maximum}.`,
    registrationIdTooLongForAll: (id: string, length: number, maximum: number) =>
      `The registration ID "${id}" has ${length} characters. The maximum is ${maximum}.`,
    moduleIdentityTooLong: (id: string, length: number, maximum: number) =>
      `The module identity "${id}" has ${length} characters. It is also the common name of the certificate, which can have at most ${maximum}.`,
    invalidModuleIdentity: (id: string) =>
      `The module identity "${id}" is invalid. Use deviceId/moduleId, each with letters, digits and - . % _ * ? ! ( ) , : = @ $ '.`,
    invalidMessageId: (id: string) =>
      `The message ID "${id}" is invalid. Use 1 to 128 letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '.`,
    noGroupId: 'The enrollment group ID is missing.',
    groupIdTooLong: (id: string, length: number, maximum: number) =>
      `The enrollment group ID "${id}" has ${length} characters. The maximum is ${maximum}.`,
    noCertificateName: 'The certificate name is missing.',
    noCommonName: 'The common name is missing.',
    commonNameTooLong: (length: number, maximum: number) =>
      `The common name has ${length} characters. The maximum is ${maximum}.`,
    commonNameControl: 'The common name contains control characters.',
    moduleIdentityNext: 'Specify the device ID and the module ID in IoT Hub, separated by one slash.',
    registrationIdRule: (maximum: number) =>
      `Use 1 to ${maximum} letters, digits, or - . _ : characters. Begin with a letter or digit, and end with a letter, digit or hyphen.`,
    invalidDeviceId: (id: string) => `The device ID "${id}" is invalid.`,
    deviceIdRule: "Use 1 to 128 letters, digits, or - . % _ * ? ! ( ) , : = @ $ ' characters.",
  },

  /** src/dps/client/ */
  dpsClient: {
    checkServiceAddress: 'Check that this is the address of a provisioning service.',
    twinStatus: (status: number) => `status ${status}`,
    /** Who answered; by plane. */
    planes: { arm: 'Azure Resource Manager', service: 'DPS', device: 'DPS', hub: 'The IoT hub' },
    /** A request that a service refused, with the reason it gave; by error code, REFUSED for any other. */
    refusals: {
      NO_CREDENTIALS: (service: string, subject: string, reason: string) =>
        `${service} did not accept the credentials for ${subject}: ${reason}.`,
      FORBIDDEN: (service: string, subject: string, reason: string) =>
        `${service} does not allow this identity to access ${subject}: ${reason}.`,
      NOT_FOUND: (service: string, subject: string, reason: string) =>
        `${service} did not find ${subject}: ${reason}.`,
      CONFLICT: (service: string, subject: string, reason: string) =>
        `${service} reported a conflict for ${subject}: ${reason}.`,
      PRECONDITION_FAILED: (service: string, subject: string, reason: string) =>
        `${service} reported that ${subject} was changed in the meantime: ${reason}.`,
      SERVICE_FAILED: (service: string, subject: string, reason: string) =>
        `${service} failed to process the request for ${subject}: ${reason}.`,
      THROTTLED: (service: string, subject: string, reason: string) =>
        `${service} is throttling requests for ${subject}: ${reason}.`,
      REFUSED: (service: string, subject: string, reason: string) =>
        `${service} refused the request for ${subject}: ${reason}.`,
    },
    assignRole: (role: string, command: string, orInPortal: boolean) =>
      `You need the role "${role}". Someone who can assign roles can run: ${command}${orInPortal ? '. Or verify the certificate in the portal: --proof-of-possession portal.' : ''}`,
    notActiveYet: (dpsName: string, state: string | undefined) =>
      `The provisioning service ${dpsName} is still being created: its state is ${state ?? 'unknown'}, and it has no ID scope yet.`,
    noEntraCredentials: (tried: readonly string[]) =>
      `No Microsoft Entra credentials were found. Tried: ${tried.length === 0 ? 'every source of credentials' : tried.join(', ')}.`,
    noCredentials: 'none',
    identityMissing: (variable: string) =>
      `${variable} is set, but signing in with it requires the package @azure/identity, which is not installed.`,
    installIdentity:
      'Install it beside enrollkit: npm install @azure/identity@4 (with --global for a global installation). Or unset the variable, and sign in with az login.',
    loginOrInstallIdentity:
      'Sign in with az login. To sign in with a service principal, a managed identity or another tool, install @azure/identity beside enrollkit: npm install @azure/identity@4 (with --global for a global installation).',
    betweenSentences: ' ',
    atMember: (path: string, problem: string) => `at ${path === '' ? 'the top level' : path}, ${problem}`,
    enrollmentDisabled: (registrationId: string, message: string | undefined) =>
      `The enrollment of the device ${registrationId} is disabled${message === undefined ? '' : `: ${message}`}.`,
    notRegistered: (registrationId: string, message: string | undefined, code: number | undefined) =>
      `DPS did not register the device ${registrationId}${message === undefined ? '' : `: ${message}`} (${code ?? 'no code'}).`,
    mqttConnection: 'the connection',
    mqttCertificate: 'the certificate',
    mqttSubscription: (filter: string) => `the subscription to ${filter}`,
    mqttRefusedDevice: (host: string, what: string, deviceId: string) =>
      `${host} refused ${what} of the device ${deviceId}.`,
    waitedForConnection: (host: string, seconds: number) =>
      `${host} did not accept the connection within ${seconds} seconds.`,
    waitedForSubscription: (host: string, filter: string, seconds: number) =>
      `${host} did not grant the subscription to ${filter} within ${seconds} seconds.`,
    waitedForAcknowledgment: (host: string, seconds: number) =>
      `${host} did not acknowledge a message within ${seconds} seconds.`,
    goneFromAzure: (subject: string) => `Azure no longer has ${subject}.`,
    certificateDates: (host: string, hasExpired: boolean, now: string) =>
      `The TLS certificate of ${host}, or one above it, ${hasExpired ? 'has expired' : 'is not valid yet'}. The clock of this computer is set to ${now}.`,
    connectionFailed: (code: string | undefined) =>
      `the connection failed${code === undefined ? '' : ` (${code})`}`,
    service: (dpsName: string) => `the provisioning service ${dpsName}`,
    noSuchService: (dpsName: string, resourceGroup: string) =>
      `The resource group ${resourceGroup} of this subscription has no provisioning service ${dpsName}.`,
    lookAtService: (dpsName: string) =>
      `Check the provisioning service (enrollkit dps show ${dpsName} --target azure, or the portal), then run the command again.`,
    permissions: 'the permissions of this identity',
    serviceKeys: 'the keys of the provisioning service',
    policyKeys: (keyName: string) => `the keys of the policy ${keyName}`,
    certificates: 'the CA certificates',
    unknownScope: (dpsName: string) =>
      `The subscription and resource group of ${dpsName} are required to use Azure Resource Manager.`,
    giveScope: 'Specify --subscription ID and --resource-group NAME.',
    certificate: (name: string) => `the CA certificate ${name}`,
    noToken: (scope: string) => `The credentials did not return a token for ${scope}.`,
    entraRefused: (message: string) => `Microsoft Entra rejected the credentials: ${message}`,
    correctEntra:
      'Correct the value that it names (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, or the account of "az login"), then run the command again.',
    goOnline:
      'Connect to the internet, or set HTTPS_PROXY if this network requires a proxy. Then run the command again.',
    entraUnreachable: 'Microsoft Entra (login.microsoftonline.com) cannot be reached.',
    environmentVariables: 'environment variables',
    workloadIdentity: 'workload identity',
    managedIdentity: 'managed identity',
    notInstalled: 'not installed',
    notSignedIn: 'not signed in',
    notReachable: 'not reachable',
    keyMismatch: 'The device’s private key does not match its certificate.',
    device: (registrationId: string) => `the device ${registrationId}`,
    notAssignedInTime: (registrationId: string, seconds: number) =>
      `DPS did not assign the device ${registrationId} to a hub within ${seconds} seconds.`,
    checkAssignment: (registrationId: string) =>
      `The hub is busy or unreachable, or the webhook of a custom allocation policy is slow. Run the command again; to see the status: enrollkit registration show ${registrationId}`,
    stillFailing: (registrationId: string, status: number, seconds: number) =>
      `DPS failed (${status}) each time: the device ${registrationId} was not registered within ${seconds} seconds.`,
    stillThrottled: (registrationId: string, seconds: number) =>
      `DPS is throttling requests (429): the device ${registrationId} was not registered within ${seconds} seconds.`,
    stillAssigning: (registrationId: string, seconds: number) =>
      `DPS is still assigning the device ${registrationId} after ${seconds} seconds.`,
    noOperation: 'it has no operation ID',
    noHub: 'it does not name the hub that the device is assigned to',
    notJson: 'it is not JSON',
    unexpectedRegistration: (registrationId: string, why: string) =>
      `The answer of DPS to the registration of ${registrationId} is invalid: ${why}.`,
    checkEndpoint: 'Check the global device endpoint, and whether a proxy answers in its place.',
    enableEnrollment: (registrationId: string) =>
      `Enable its enrollment, then run the command again. A group: enrollkit group create ID --update --provisioning-status enabled. An individual enrollment: enrollkit enrollment create ${registrationId} --update --provisioning-status enabled`,
    serviceClock: (time: string) => `The clock of DPS is set to ${time}.`,
    notJsonProxy: 'it is not JSON; a proxy may have answered instead',
    unexpectedAnswer: (host: string, subject: string, why: string) =>
      `The answer of ${host} about ${subject} is invalid: ${why}.`,
    checkAddress:
      'Check that this is the address of a provisioning service, and that no proxy changes its answers.',
    clockSkew: (local: string, host: string, server: string, minutes: number) =>
      `The clock of this computer is set to ${local}, that of ${host} to ${server}: they are ${minutes} minutes apart, and certificates and tokens are refused.`,
    proxyNotUrl: 'The environment variable HTTPS_PROXY or ALL_PROXY is not a URL.',
    setProxy: 'Set it to http://HOST:PORT, or unset it.',
    httpStatus: (status: number) => `HTTP status ${status}`,
    waitSeconds: (seconds: number) => `Wait ${seconds} seconds, then run the command again.`,
    copyServicePolicy:
      'Copy the connection string of a policy with the permissions EnrollmentWrite and RegistrationStatusWrite again, or ask for the role "Device Provisioning Service Data Contributor".',
    copyHubPolicy:
      'Copy the connection string of a policy of the hub with the permissions RegistryRead and RegistryWrite again.',
    answerTooLong: (host: string, bytes: number) => `The answer of ${host} is longer than ${bytes} bytes.`,
    noAnswerInTime: (host: string, seconds: number) => `${host} did not answer within ${seconds} seconds.`,
    notATwin: (hub: string) => `The answer of ${hub} is not a device twin.`,
    twinRefused: (hub: string, deviceId: string, reason: string) =>
      `${hub} refused a twin request of the device ${deviceId}: ${reason}`,
    mqttRefused: (host: string, code: number) => `${host} refused the MQTT connection (return code ${code}).`,
    mayBeIdScope: 'Check the ID scope: DPS also answers this for an unknown one. Then run the command again.',
    mayBeFirewall: (port: number) =>
      `Check the network and the host name. If a firewall blocks port ${port}, devices can register over HTTPS: --protocol https.`,
    connectionClosed: (host: string) => `The connection to ${host} is closed.`,
    packetTooLong: (host: string, bytes: number) =>
      `${host} sent a packet that is longer than ${bytes} bytes.`,
    checkMqttAddress: 'Check that this is the address of a provisioning service or a hub.',
    waitedForLinks: (host: string, seconds: number) =>
      `${host} did not open the AMQP links within ${seconds} seconds.`,
    notAmqp: (host: string) => `${host} does not respond over AMQP as a provisioning service does.`,
    notBlocked: (registrationId: string) =>
      `DPS accepted the disabled enrollment of ${registrationId}, but does not show it.`,
    notUnblocked: (registrationId: string) =>
      `DPS accepted the change, but still shows a disabled enrollment of ${registrationId}.`,
    statusNotSet: (hub: string, deviceId: string, status: string) =>
      `${hub} accepted the new status of the device ${deviceId}, but still shows ${status}.`,
    amqpLink: 'the links',
    amqpEnded: (host: string, condition: string) =>
      `${host} ended the AMQP connection${condition === '' ? '' : ` (${condition})`}.`,
    messageRefused: (hub: string, deviceId: string, condition: string) =>
      `${hub} did not accept a message of the device ${deviceId}: ${condition}.`,
    certificateRefused: (hub: string, deviceId: string, reason: string) =>
      `${hub} refused to issue a certificate to the device ${deviceId}: ${reason}`,
    noCertificates: (hub: string) => `${hub} answered a certificate request without certificates.`,
    noAnswer: 'no answer',
    subscriptions: 'the subscriptions',
    resourceGroups: 'the resource groups',
    services: 'the provisioning services',
    noHostName: (name: string) => `The IoT hub ${name} has no host name yet.`,
    noHubPolicy: (hub: string, policy: string) => `The IoT hub ${hub} has no shared access policy ${policy}.`,
    createHubPolicy:
      'Create this policy in the portal: your IoT hub > Security settings > Shared access policies.',
    hubs: 'the IoT hubs',
    hub: (name: string) => `the IoT hub ${name}`,
    hubKeys: (name: string) => `the keys of the IoT hub ${name}`,
    azureFailed: (subject: string, state: string) =>
      `Azure could not create or change ${subject}: its state is ${state}.`,
    lookAtActivityLog: 'Check its activity log in the portal. Then delete it, and run the command again.',
    azureStillWorking: (subject: string, minutes: number) =>
      `Azure is still working on ${subject} after ${minutes} minutes.`,
    keepsWaiting: 'Check it in the portal, then run the command again to continue waiting.',
    resourceName: (name: string) => `the name ${name}`,
    nameTaken: 'The name is taken.',
    resourceGroup: (name: string) => `the resource group ${name}`,
    enrollmentGroups: 'the enrollment groups',
    enrollments: 'the individual enrollments',
    someEnrollments: (count: number) => `${count} individual enrollments`,
    registrationsOfGroup: (groupId: string) => `the registration records of the group ${groupId}`,
    enrollmentGroup: (groupId: string) => `the enrollment group ${groupId}`,
    enrollment: (registrationId: string) => `the individual enrollment ${registrationId}`,
    registration: (registrationId: string) => `the registration record of ${registrationId}`,
    untrusted: (host: string, code: string) =>
      `The TLS certificate of ${host} does not lead to a root certificate that this computer trusts (${code}).`,
    serverMustRenew: 'If that clock is right, the operator of the server must renew its certificate.',
    otherServerName: (host: string) => `The TLS certificate of ${host} was issued for a different name.`,
    handshakeFailed: (host: string, code: string) =>
      `The TLS handshake with ${host} failed (${code}): the server does not use TLS, or refused this client.`,
    unreachable: (host: string, why: string) => `${host} cannot be reached: ${why}.`,
    throughProxy: (host: string, proxy: string) => `${host} (through the proxy ${proxy})`,
    hostNotFound:
      'no host with that name was found, because the name is mistyped or this computer is offline',
    lookupFailed:
      'the name could not be looked up, because this computer is offline or its DNS server does not answer',
    checkName:
      'Check the name and the network, then run the command again. To tell them apart: enrollkit doctor',
    connectionRefused: 'nothing listens there, or a firewall rejected the connection',
    connectionCut: 'the connection was interrupted',
    answerCut: 'the connection was interrupted during the answer',
    connectTimeout: 'the connection attempt timed out',
    noRoute: 'there is no route to the host',
  },

  /** src/dps/client/diagnosis/ */
  diagnosis: {
    listed: (names: readonly string[], more: number) => firstOf(names, more),
    unknownThumbprint: 'unknown',
    useRegistrationId: (registrationId: string) =>
      `Register with the common name as the registration ID, or issue a certificate for this one: enrollkit cert device ${registrationId}`,
    fixChain:
      'Give the device a chain without this problem, then run the command again. To check a chain: enrollkit cert verify CHAIN_FILE',
    renew: 'Renew the certificate, then run the command again: enrollkit cert renew --help',
    checkMakersClock:
      'Check the clock of the computer that created the certificate, or wait until it is valid.',
    matchingCa:
      'Give the device the CA certificate that belongs to the key it was signed with. To check a chain: enrollkit cert verify CHAIN_FILE',
    acceptedAlgorithms:
      'Reissue the certificate with EC P-256, or RSA 2048 or longer, and SHA-256: enrollkit cert renew FILE --new-key --key-algorithm ec-p256',
    wrongIdScope: (used: string, actual: string) =>
      `The device registered with the ID scope ${used}, but that of the provisioning service is ${actual}.`,
    useIdScope: (idScope: string) =>
      `Register with the ID scope of the provisioning service: --id-scope ${idScope}`,
    onlyLeaf: 'The chain has only the device’s certificate',
    issuerNotSent: (sent: string, issuer: string) =>
      `${sent}; the certificate of its issuer "${issuer}" is missing.`,
    sendWholeChain: (issuer: string, subject: string) =>
      `Have the device send the whole chain: the certificate of "${issuer}" after that of "${subject}".`,
    selfSigned: (name: string) =>
      `The certificate is self-signed, so it does not lead to a CA, and there is no individual enrollment ${name} with it.`,
    enrollCertificate: (name: string) =>
      `Create an individual enrollment with this certificate: enrollkit enrollment create ${name} --certificate FILE`,
    individual: (registrationId: string) => `individual enrollment ${registrationId}`,
    group: (id: string) => `enrollment group ${id}`,
    deleteIndividual: (registrationId: string) =>
      `Delete the individual enrollment, so that the enrollment groups apply (enrollkit enrollment delete ${registrationId}), or add the device’s certificate to it: enrollkit enrollment create ${registrationId} --update --certificate FILE`,
    otherEnrolled: (enrollment: string, thumbprints: string, own: string) =>
      `The ${enrollment} takes precedence and has a different certificate: ${thumbprints}. The device’s is ${own} (SHA-256).`,
    enrollThis: (registrationId: string) =>
      `Enroll the device’s certificate (enrollkit enrollment create ${registrationId} --update --certificate FILE), or give the device the enrolled one.`,
    individualWithoutCa: (what: string) => `The ${what} has no CA`,
    noGroup:
      'The provisioning service has no enrollment group for certificates, and no individual enrollment for this device.',
    createGroup: 'Create an enrollment group: enrollkit group create ID',
    groupsWithoutCa: 'No enrollment group has a CA',
    notVerified: (subject: string, name: string) =>
      `The CA "${subject}", uploaded as ${name}, is not verified.`,
    verify: (name: string) => `Verify it: enrollkit ca verify ${name} --certificate FILE --key FILE`,
    uploadSigner:
      'Upload and verify the CA that signed the device (enrollkit ca upload FILE --ca-name NAME, then enrollkit ca verify NAME), or reissue the device’s certificate with the uploaded one: enrollkit cert renew FILE --new-issuer --ca FILE --ca-key FILE',
    upload:
      'Upload the CA, then verify it: enrollkit ca upload FILE --ca-name NAME, and enrollkit ca verify NAME --certificate FILE --key FILE',
    otherCaEnrolled: (what: string, name: string, thumbprint: string, sha256: string, sha1: string) =>
      `The ${what} has a CA named ${name}, but it is a different certificate: ${thumbprint}. The one in the device’s chain is ${sha256} (SHA-256), ${sha1} (SHA-1).`,
    enrollSigner:
      'Use the CA that signed the device in the enrollment (enrollkit group create ID --update --certificate FILE), or reissue the device’s certificate with the enrollment’s CA: enrollkit cert renew FILE --new-issuer --ca FILE --ca-key FILE',
    createGroupOrReissue:
      'Create an enrollment group with a CA from this chain (enrollkit group create ID --certificate FILE), or reissue the device’s certificate with the CA of an enrollment: enrollkit cert renew FILE --new-issuer --ca FILE --ca-key FILE',
    disabled: (enrollment: string) => `The ${enrollment} is disabled.`,
    enable: (enrollment: string, command: string) =>
      `Enable the ${enrollment}, then run the command again: ${command}`,
    commonName: (commonName: string | undefined, registrationId: string) =>
      `${commonName === undefined ? 'The certificate has no common name' : `The certificate’s common name is "${commonName}"`}, but the registration ID is "${registrationId}". They must be the same.`,
    unrelated: (top: string, others: readonly string[]) =>
      `The chain ends at ${top}; ${others.join(', ')} ${others.length === 1 ? 'was sent as well but has' : 'were sent as well but have'} not signed it`,
    otherKind: (enrollment: string, isTpm: boolean) =>
      `The ${enrollment} takes precedence and is for ${isTpm ? 'a TPM' : 'a symmetric key'}, not for a certificate.`,
    namesake: (name: string, uploadedAs: string, thumbprint: string, own: string | undefined) =>
      `The CA named "${name}" that is uploaded as ${uploadedAs} is a different certificate: its SHA-1 thumbprint is ${thumbprint}${own === undefined ? ', and its key did not sign what the device sent' : `, that of the device’s CA is ${own}`}.`,
    notUploaded: (
      name: string,
      thumbprint: string | undefined,
      notSent: string | undefined,
      uploaded: string | undefined,
    ) =>
      `No CA of the chain is uploaded: the chain leads to ${name}${thumbprint === undefined ? '' : ` (SHA-1 ${thumbprint})`}${notSent === undefined ? '' : `, whose issuer ${notSent} was not sent`}. ${uploaded === undefined ? 'No CA is uploaded.' : `Uploaded: ${uploaded}.`}`,
    notEnrolled: (none: string, inChain: string | undefined, enrollments: string) =>
      `${none} from this chain${inChain === undefined ? '' : ` (${inChain})`}. Existing: ${enrollments}.`,
  },

  /** src/emulator/: starting it and its log; what it answers clients is English, as in Azure. */
  emulator: {
    /** A problem, at its place in a seed. */
    problemAt: (place: string, problem: string) => `${place}: ${problem}.`,
    /** Why a registration was refused: English in the log, and in the language of the emulator's page there. */
    reasons: {
      failures: (messages: readonly string[]) =>
        messages.length === 0 ? 'the chain is not valid' : messages.join('; '),
      endsUnverified: (name: string) =>
        `the chain ends at the uploaded certificate "${name}", which is not verified`,
      caNotSent: (name: string) =>
        `the verified CA "${name}" is not in the chain that was presented, and --full-chain asks for it`,
      caNotInEnrollment: 'no CA of the chain is one that the individual enrollment has',
      caNotInGroup: 'no CA of the chain backs an enrollment group',
      wantsKey: (registrationId: string) =>
        `the individual enrollment "${registrationId}" asks for a symmetric key`,
      noKey: 'the individual enrollment has no symmetric key',
      otherSignature: 'the signature does not match the individual enrollment',
      noMatchingGroup: 'the signature matches no enrollment group',
      noCertificate: 'no client certificate was presented',
      unreadable: (problem: string) => `the certificate cannot be read: ${problem}`,
      otherCommonName: (commonName: string) =>
        `the certificate's common name is ${commonName}, not the registration ID`,
      noToken: 'the authorization holds no shared access signature',
      otherKeyName: 'skn is neither "registration" nor empty',
      tokenExpired: 'the token has expired',
      tokenOfOther: 'the token is for another registration',
      notEnrolled: 'the certificate is not one of those that the individual enrollment has',
      notYetValid: (from: string) => `the certificate is not valid before ${from}`,
      expired: (to: string) => `the certificate expired at ${to}`,
      registering: 'the device is registering already',
      otherIdentity: 'another identity began this operation',
      unknownIdScope: (idScope: string) =>
        `the ID scope "${idScope}" is not that of a provisioning service here`,
    },
    noSuchHub: (name: string) => `there is no hub "${name}"`,
    faultTransports: (transports: readonly string[]) =>
      `a fault of this type is for ${transports.join(', ')} only`,
    errorCodeRange: (status: number) =>
      `it must be from ${status}000 to ${status}999: the status times 1000, plus a detail`,
    rangeBackwards: 'the range must begin with the smaller number',
    stateDamaged: (path: string, reason: string) => `The emulator state ${path} is damaged (${reason}).`,
    stateNotWritten: (path: string, why: 'full' | 'io' | 'read-only' | 'open') =>
      `Cannot write the emulator state ${path}: ${
        {
          full: 'the disk is full',
          io: 'the disk is full or reports an error',
          'read-only': 'it is read-only',
          open: 'it, or a file next to it, cannot be opened',
        }[why]
      }.`,
    portInUse: (port: number, address: string, protocol: string) =>
      `Port ${port} of ${address}, for ${protocol}, is in use.`,
    portNotPermitted: (port: number, address: string, protocol: string) =>
      `You do not have permission to open port ${port} of ${address}, for ${protocol}.`,
    permitOrOtherPort: (permit: string, flag: string) =>
      `${permit} Or choose another port, 1024 or higher, with ${flag} PORT.`,
    noResponse: (address: string, reason: string) =>
      `The emulator at ${address} does not respond: ${reason}.`,
    timedOut: 'the request timed out',
    stateCutOff: (path: string, size: number) =>
      `The emulator state ${path} has ${size} bytes: it was emptied or truncated.`,
    restoreOrEmpty: (folder: string) =>
      `Restore the file from a backup. To start with an empty state, move ${folder} away.`,
    logMissing: (path: string) =>
      `The file ${path} is missing. It has the latest changes of the emulator state.`,
    stateListMissing: (path: string) =>
      `The file ${path} is missing. It lists the other files of the emulator state.`,
    restoreOrDeleteIndex: (path: string) =>
      `Restore the file from a backup. To continue without those changes, delete ${path}.`,
    logDamaged: (path: string) =>
      `The file ${path}, which has the latest changes of the emulator state, is damaged.`,
    restoreOrDelete: (path: string) =>
      `Restore the file from a backup. To continue without those changes, delete it and ${path}.`,
    stateUnreadable: (path: string) => `Cannot read the emulator state ${path}.`,
    olderState: (path: string) =>
      `The emulator state ${path} was written by a version of enrollkit from before its first release. This version cannot read it.`,
    olderStateNext:
      'Delete it with "enrollkit emulator reset --new-identity --dir FOLDER", or move the folder away. The emulator then creates a new state.',
    newerState: (path: string, version: number, newest: number) =>
      `The emulator state ${path} was written by a newer version of enrollkit (schema version ${version}; this one supports ${newest}).`,
    newerStateNext: 'Update enrollkit, or move the folder away. The emulator then creates a new one.',
    stateInUse: (folder: string, pid: number, since: string) =>
      `An emulator is already running on ${folder} (process ${pid}, since ${since}).`,
    stateNotCopied: (path: string) => `Cannot copy the emulator state to ${path}.`,
    databaseMissing: (platform: string) =>
      `Cannot load the database of the emulator (libsql): its package for this platform (${platform}) is missing or damaged.`,
    installAgain:
      'Reinstall enrollkit with its optional dependencies (npm install --include=optional), or use Node.js 22.13 or later, which includes a database.',
    platformUnsupported: (platform: string) =>
      `The emulator does not support this version of Node.js on this platform (${platform}): its database (libsql) is not available for it.`,
    stopOrOtherPort: (flag: string) =>
      `Stop the program that uses it (another emulator: enrollkit emulator stop --dir FOLDER), or choose another port with ${flag} PORT. To use any free ports: --port 0 --mqtt-port 0.`,
    cannotListen: (address: string, reason: string) => `The emulator cannot listen on ${address}: ${reason}.`,
    permitOnLinux: (node: string) =>
      `Allow it for everyone: sudo sysctl net.ipv4.ip_unprivileged_port_start=443. Or for Node.js only: sudo setcap cap_net_bind_service=+ep "${node}". Or run this command with sudo or authbind.`,
    permitOnWindows:
      'Another program or a reservation uses it. To find out which, run: netsh http show servicestate and netsh interface ipv4 show excludedportrange protocol=tcp.',
    useSudo: 'Run this command with sudo.',
    noLoopbackAddress: (address: string, name: string) =>
      `This computer has neither the address ${address} nor the name ${name}, which another service or hub needs.`,
    addAddress: (address: string) => `Add the address. On macOS: sudo ifconfig lo0 alias ${address} up`,
    listedTwice: 'it is listed twice (names are case-insensitive)',
    noSuchService: (name: string) => `there is no provisioning service "${name}"`,
    notACa: 'It is not a CA certificate.',
    invalidFaultSeed: (maximum: number) => `The fault seed must be a whole number from 0 to ${maximum}.`,
    waitForms: 'it must be a whole number, or a range of two such as [100, 500]',
    ruleIdRule: 'use 1 to 64 letters, digits, dots, hyphens and underscores',
    notATime: 'use a time such as 2027-01-31T12:00:00Z',
    notInHandshake: 'it is not known during a TLS handshake; match this fault by transport only',
    webSocketListener: 'WebSockets use the https listener',
    ruleListedTwice: 'another rule has this ID',
  },

  /** src/emulator/console/: the emulator's page. */
  console: {
    product: 'enrollkit emulator',
    skipToContent: 'Skip to content',
    pages: 'Pages',
    menu: 'Menu',
    language: 'Language',
    overview: 'Overview',
    certificates: 'Certificates',
    enrollments: 'Enrollments',
    registrations: 'Registrations',
    linkedHubs: 'Linked hubs',
    devices: 'Devices',
    log: 'Log',
    faults: 'Faults',
    clock: 'Clock',
    api: 'API',
    opening: 'Opening the emulator’s page…',
    continueTo: 'Continue to the page',
    /** Errors of the whole page. */
    problems: {
      tokenTitle: 'Open this page with its link',
      token:
        'The address must end in the token of this emulator. The link is printed by "enrollkit emulator start", and "enrollkit emulator env" shows it again as ENROLLKIT_CONSOLE_URL.',
      hostTitle: 'Wrong host name',
      host: 'Open the page as localhost, as an IP address, or under the host name of the emulator.',
      originTitle: 'The request was refused',
      origin: 'It came from another site, or the form is out of date. Open the page again with its link.',
      notFoundTitle: 'Not found',
      notFound: 'It does not exist, or it was deleted.',
      tooLargeTitle: 'The upload is too large',
      tooLarge: 'A certificate file can have at most 1 MB.',
      failedTitle: 'The page failed',
      failed: 'This is a bug in enrollkit. The log of the emulator has the details.',
    },
    /** At the top of a page while its live connection is lost. */
    stopped:
      'The emulator has stopped. What you typed is kept on this page, which reconnects when the emulator runs again.',
    locked:
      'The emulator was reset and has a new identity: open its page again with the new link, which "enrollkit emulator env" shows as ENROLLKIT_CONSOLE_URL.',
    wasReset: 'The emulator was reset or restarted. Its data is now different: reload the page.',
    reload: 'Reload',
    /** Refusals of a form. */
    refused: 'Nothing was changed.',
    refusedAtField: 'Correct the marked field.',
    stale:
      'It was changed in the meantime, so nothing was saved. What you typed is kept. To overwrite the other change, save again; to see it, reload the page.',
    gone: 'It was deleted in the meantime.',
    notJson: (line: number, column: number) => `This is not valid JSON (line ${line}, column ${column}).`,
    required: 'Fill in this field.',
    fileRequired: 'Choose a file.',
    /** After an action. */
    done: {
      uploaded: 'The certificate was uploaded. Verify it next.',
      code: 'The verification code was generated.',
      verified: 'The certificate is verified.',
      deleted: 'Deleted.',
      saved: 'Saved.',
      linked: 'The hub is linked.',
      unlinked: 'The hub is no longer linked. Its devices stay there.',
      created: 'Created.',
      sent: 'The message was queued for the device.',
      purged: 'The queued messages were deleted.',
      faultsSet: 'The faults are on.',
      faultsCleared: 'The faults are off.',
      clockSet: 'The clock was set.',
      registrationDeleted:
        'The registration was deleted. The device stays in its hub until you delete it there.',
    },
    save: 'Save',
    create: 'Create',
    remove: 'Delete…',
    confirmRemove: (name: string) => `Delete ${name}? This cannot be undone.`,
    confirm: 'Delete',
    enable: 'Enable',
    disable: 'Disable',
    copy: 'Copy',
    copied: 'Copied',
    show: 'Show',
    search: 'Search',
    searchPrefix: 'ID begins with',
    next: 'Next page',
    first: 'First page',
    none: 'None.',
    noMatch: (prefix: string) => `No ID begins with "${prefix}".`,
    name: 'Name',
    status: 'Status',
    actions: 'Actions',
    created: 'Created',
    updated: 'Last updated',
    expires: 'Expires',
    thumbprint: 'Thumbprint',
    subject: 'Subject',
    enabled: 'Enabled',
    disabled: 'Disabled',
    /** The page Overview. */
    overviewPage: {
      service: 'Provisioning service',
      idScope: 'ID scope',
      hostName: 'Host name',
      allHubs: 'IoT hubs',
      hub: 'IoT hub',
      connectionString: 'Connection string',
      connectionStringOf: (name: string) => `Connection string of ${name}`,
      armEndpoint: 'Azure Resource Manager endpoint',
      tlsRoot: 'TLS root (file)',
      connectSdk: 'Connect an SDK',
      connectSdkText:
        'These programs register device-001 with its certificate chain in chain.pem and its key in key.pem.',
      moreSamples:
        'For the devices of your certificate folder, and for programs that send telemetry or create enrollment groups:',
      environment: 'The environment variables for these clients and others:',
    },
    /** The page Linked hubs. */
    linkedHubsPage: {
      intro: 'The provisioning service assigns devices to the IoT hubs that are linked to it.',
      empty: 'No hub is linked: devices cannot be assigned.',
      accessPolicy: 'Access policy',
      accessPolicyHint: 'The service creates devices in the hub with the rights of this policy.',
      weight: 'Allocation weight',
      weightHint:
        '1 to 1000. With evenly weighted distribution, a hub with weight 2 gets twice as many devices.',
      assigns: 'Devices are assigned',
      yes: 'Yes',
      no: 'No',
      apply: 'Apply the allocation policy: assign devices to this hub',
      policyHint: 'For enrollments without their own allocation policy.',
      link: 'Link an IoT hub',
      linkNow: 'Link',
      noneLeft:
        'All hubs of the emulator are linked. Start the emulator with "--hub NAME" to create another one.',
      linkOf: (hub: string) => `Linked hub ${hub}`,
      unlink: 'Unlink…',
      confirmUnlink: (hub: string) =>
        `Unlink ${hub}? The provisioning service no longer assigns devices to it.`,
      unlinkNow: 'Unlink',
    },
    /** The page Certificates. */
    certificatesPage: {
      intro:
        'Upload the CA certificates that sign your devices. To verify one, prove that you have its key: sign a certificate with the verification code as its common name.',
      upload: 'Upload a certificate',
      uploadNew: 'Upload',
      exists: (name: string) =>
        `A certificate named ${name} already exists. Choose another name, or delete that one first.`,
      nameHint: 'Letters, digits, hyphens, dots and underscores.',
      file: 'Certificate file',
      fileHint: '.pem or .cer',
      verified: 'Verified',
      unverified: 'Not verified',
      verifyTitle: 'Proof of possession',
      stepCode: 'Generate a verification code.',
      stepSign: 'Create a certificate with this code as its common name, signed by the key of the CA.',
      stepUpload: 'Upload that certificate.',
      generate: 'Generate verification code',
      generateAgain: 'Generate another code',
      code: 'Verification code',
      proofFile: 'Verification certificate file',
      submitProof: 'Verify',
      signWith: 'With enrollkit:',
      back: 'All certificates',
    },
    /** The page Enrollments. */
    enrollmentsPage: {
      groups: 'Enrollment groups',
      individuals: 'Individual enrollments',
      exists: (id: string) => `An enrollment named ${id} already exists.`,
      addGroup: 'Add enrollment group',
      addIndividual: 'Add individual enrollment',
      editGroup: (id: string) => `Enrollment group ${id}`,
      editIndividual: (id: string) => `Individual enrollment ${id}`,
      groupId: 'Group name',
      registrationId: 'Registration ID',
      deviceId: 'IoT Hub device ID',
      deviceIdHint: 'Empty: the registration ID.',
      attestation: 'Attestation',
      kinds: {
        caReferences: 'X.509 CA: uploaded certificate',
        signingCertificates: 'X.509 CA: certificate file',
        clientCertificates: 'X.509 client certificate',
        symmetricKey: 'Symmetric key',
        tpm: 'TPM',
      },
      primary: 'Primary certificate',
      secondary: 'Secondary certificate',
      primaryFile: 'Primary certificate file',
      secondaryFile: 'Secondary certificate file',
      keepFile: 'Leave empty to keep the current certificate.',
      keysHint: 'Keys are generated unless you enter them.',
      primaryKey: 'Primary key',
      secondaryKey: 'Secondary key',
      enabled: 'Allow devices to register',
      iotEdge: 'IoT Edge device',
      allocation: 'Allocation policy',
      policies: {
        default: 'That of the provisioning service',
        hashed: 'Evenly weighted distribution',
        geoLatency: 'Lowest latency',
        static: 'Static configuration',
        custom: 'Custom (webhook)',
      },
      hubs: 'IoT hubs',
      hubsHint: 'None: all linked hubs. Choose an allocation policy as well.',
      webhook: 'Webhook URL',
      reprovisioning: 'Re-provisioning policy',
      reprovisionings: {
        migrate: 'Re-provision and migrate data',
        reset: 'Re-provision and reset to the initial twin',
        never: 'Never re-provision',
      },
      initialTwin: 'Initial twin (JSON)',
      noGroups: 'There are no enrollment groups.',
      noIndividuals: 'There are no individual enrollments.',
      notUploaded: 'No certificate is uploaded.',
      viewRegistrations: 'Registrations',
    },
    /** The page Registrations. */
    registrationsPage: {
      ofGroup: (id: string) => `Registrations of ${id}`,
      enrollment: 'Enrollment',
      individual: 'Individual enrollment',
      hub: 'IoT hub',
      states: { assigned: 'Assigned', failed: 'Failed', disabled: 'Disabled' },
      empty: 'No device has registered.',
    },
    /** The pages of devices. */
    devicesPage: {
      hub: 'IoT hub',
      deviceId: 'Device ID',
      connection: 'Connection',
      connected: 'Connected',
      disconnected: 'Disconnected',
      authentication: 'Authentication',
      authentications: {
        sas: 'Symmetric key',
        selfSigned: 'X.509 thumbprint',
        certificateAuthority: 'X.509 CA',
      },
      lastActivity: 'Last activity',
      queued: 'Queued messages',
      empty: 'The hub has no devices.',
      twin: 'Twin',
      tags: 'Tags (JSON)',
      desired: 'Desired properties (JSON)',
      reported: 'Reported properties',
      saveTwin: 'Save the twin',
      method: 'Direct method',
      methodName: 'Method name',
      payload: 'Payload (JSON)',
      timeout: 'Timeout in seconds',
      invoke: 'Invoke',
      responded: (status: number) => `The device responded with status ${status}.`,
      message: 'Message to the device',
      messageBody: 'Message',
      send: 'Send',
      purge: 'Delete queued messages',
      telemetry: 'Messages from the device',
      noTelemetry: 'The device has not sent a message.',
      enqueued: 'Received',
      body: 'Body',
      properties: 'Properties',
      binary: (bytes: number) => `${bytes} bytes, not text`,
      shortened: (bytes: number) => `… ${bytes} bytes in total`,
      mustBeObject: 'This must be a JSON object.',
    },
    /** The page Log. */
    logPage: {
      verdicts: 'Registrations',
      verdictsText: 'The newest first: what each device presented, and how DPS decided.',
      noVerdicts: 'No device has asked to register since the emulator started.',
      requests: 'Requests',
      noRequests: 'There were no requests since the emulator started.',
      time: 'Time',
      plane: 'Plane',
      transport: 'Transport',
      operation: 'Operation',
      id: 'ID',
      reason: 'Reason',
      refusedWith: (code: number) => `Refused: ${code}`,
      assignedTo: (hub: string) => `Assigned to ${hub}`,
      assignmentFailed: 'Not assigned',
      wasDisabled: 'The enrollment is disabled',
      noCertificate: 'The device presented neither a certificate nor a token.',
      token: 'The device presented a shared access signature.',
      chain: 'Chain of certificates, from the device upward',
      links: {
        device: 'Device',
        intermediate: 'Intermediate CA',
        root: 'Root CA',
        unreadable: 'Not a certificate',
      },
      signedBy: 'signed by',
      broken: 'The chain breaks here',
      notSent: 'not sent by the device',
      knownToDps: (name: string) => `verified in DPS as ${name}`,
      unverifiedInDps: (name: string) => `uploaded as ${name}, but not verified`,
      unknownToDps: 'unknown to DPS',
      validity: (from: string, to: string) => `Valid from ${from} to ${to}`,
      missing: (issuer: string) => `${issuer}: not sent, and not uploaded to DPS`,
      unrelated: 'Also sent, but not part of the chain:',
      enrollmentGroup: (id: string) => `Enrollment group ${id}`,
      individual: (id: string) => `Individual enrollment ${id}`,
      noEnrollment: 'No enrollment',
      explanation: 'What this means',
    },
    /** The page Faults. */
    faultsPage: {
      intro: 'Faults disturb what clients send, but never this page.',
      off: 'No faults are on.',
      on: (seed: number) => `Faults are on, with seed ${seed}.`,
      rule: 'Rule',
      injected: 'Injected',
      preset: 'Rules',
      presets: {
        mild: 'mild: about 5 % of requests',
        wild: 'wild: about 30 % of requests',
        own: 'own rules (JSON)',
      },
      rules: 'Own rules (JSON)',
      seed: 'Seed',
      seedHint: 'Empty: a random one.',
      turnOn: 'Turn on',
      turnOff: 'Turn off',
    },
    /** The page API. */
    apiPage: {
      intro:
        'The emulator answers these operations over HTTPS. As an OpenAPI document, which needs no token:',
      planes: {
        arm: 'Azure Resource Manager',
        service: 'Service plane of DPS',
        device: 'Device plane of DPS',
        hub: 'IoT Hub',
      },
      operation: 'Operation',
      method: 'Method',
      path: 'Path',
      supported: 'Supported',
      yes: 'Yes',
      no: 'No, 501',
    },
    /** The page Clock. */
    clockPage: {
      intro: 'The emulator validates certificates and tokens, and dates its records, by this clock.',
      now: 'The emulator’s clock',
      same: 'It is that of this computer.',
      ahead: (days: number) => `It is ${days} days ahead of this computer.`,
      behind: (days: number) => `It is ${days} days behind this computer.`,
      at: 'Set to (UTC)',
      set: 'Set',
      advance: 'Move by',
      back1d: '1 day back',
      forward1d: '1 day forward',
      forward30d: '30 days forward',
      forward365d: '365 days forward',
      reset: 'Return to the present',
    },
  },

  /** src/quickstart/plan/ */
  quickstartPlan: {
    andMore: (count: number) => `and ${count} more`,
    unknownFields: (names: readonly string[]) =>
      `unknown ${names.length === 1 ? 'field' : 'fields'} ${names.map((name) => `"${name}"`).join(', ')}`,
    missing: (kind: string) => `it is missing; ${kind} is required`,
    wrongType: (kind: string) => `it must be ${kind}`,
    notOneOf: (values: readonly string[]) =>
      `it must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`,
    noForm: 'it has none of the allowed forms',
    listTooShort: 'the list is too short',
    listTooLong: (maximum: number) => `the list can have at most ${maximum} entries`,
    tooSmall: (minimum: number) => `it must be at least ${minimum}`,
    tooBig: (maximum: number) => `it must be at most ${maximum}`,
    /** By the names that zod gives types. */
    invalidName: 'its name is empty, too long or not allowed',
    kinds: {
      object: 'an object',
      record: 'an object',
      array: 'a list',
      string: 'text',
      number: 'a number',
      int: 'a whole number',
      boolean: 'true or false',
    },
    invalidVersion: 'it must be a whole number, 1 or greater',
    newer: (version: number, supported: number) =>
      `this plan was written by a newer enrollkit (version ${version}); this one supports ${supported === 1 ? 'version 1' : `versions 1 to ${supported}`}`,
    newerNext: 'Update enrollkit, or use another folder (--dir FOLDER) or another plan.',
    notAPlan: (source: string, problems: readonly string[]) =>
      `${source} is not a valid plan: ${problems.join('; ')}.`,
    emulatorSummary: 'the built-in emulator, on this computer',
    azureSummary: (name: string, resourceGroup: string | undefined, subscription: string | undefined) =>
      `${name} in Azure${resourceGroup === undefined ? '' : `, resource group ${resourceGroup}`}${subscription === undefined ? '' : `, subscription ${subscription}`}`,
    existingIntermediateSummary: (folder: string) => `in ${folder}: existing intermediate CA`,
    certificatesSummary: (
      folder: string,
      hasExistingRoot: boolean,
      root: string | undefined,
      hasIntermediate: boolean,
      intermediate: string | undefined,
    ) =>
      `in ${folder}: ${hasExistingRoot ? 'existing root CA' : 'root CA'}${root === undefined ? '' : ` "${root}"`}${hasIntermediate ? ` and intermediate CA${intermediate === undefined ? '' : ` "${intermediate}"`}` : ', no intermediate CA'}`,
    keysSummary: (algorithm: string, areEncrypted: boolean) =>
      `${algorithm} keys, ${areEncrypted ? 'encrypted with your passphrase' : 'not encrypted'}`,
    uploadedSummary: (role: 'root' | 'intermediate', name: string) => `the ${role} CA, as ${name}`,
    proofSummary: (how: 'automatic' | 'portal') =>
      how === 'portal' ? 'verified manually' : 'verified automatically',
    attestationSummary: (attestation: 'caReference' | 'certificate') =>
      attestation === 'caReference'
        ? 'attestation by the uploaded CA'
        : 'attestation by the certificate of the signing CA',
    allHubsSummary: (policy: string) => `${policy} allocation to all linked hubs`,
    hubsSummary: (policy: string, hubs: readonly string[]) => `${policy} allocation to ${hubs.join(', ')}`,
    hubsHelp: (isEmulator: boolean) =>
      `Host names of linked hubs, separated by commas, or all for every linked hub.${isEmulator ? ' The emulator has one hub: leave it at all.' : ''}`,
    devicesSummary: (count: number, areGateways: boolean, names: readonly string[], days: number) =>
      `${count} ${areGateways ? (count === 1 ? 'IoT Edge gateway' : 'IoT Edge gateways') : count === 1 ? 'device' : 'devices'}: ${names.join(', ')}; valid for ${days === 1 ? '1 day' : `${days} days`}`,
    protocolFlag: 'the protocol that the devices register with',
    neededUnlessPortal: 'It is required unless proofOfPossession is portal.',
    uniqueName: 'a unique name',
    emulatorLabel: 'In the built-in emulator',
    emulatorHelp: 'A provisioning service on this computer: no account, no network, no cost.',
    azureLabel: 'In Azure',
    azureHelp: 'Your Device Provisioning Service, with your IoT hubs.',
    targetFlag: 'where to enroll: the emulator or Azure',
    targetQuestion: 'Where do you want to enroll your devices?',
    dpsNameFlag: 'Azure: the name of the provisioning service',
    dpsNameQuestion: 'Name of the provisioning service:',
    dpsNameHelp: (isNew: boolean) =>
      isNew
        ? '3 to 64 letters, digits and hyphens, unique in Azure.'
        : 'As shown in the portal, or by enrollkit dps list --target azure.',
    subscriptionProblem: 'A subscription ID is a GUID.',
    subscriptionFlag: 'Azure: the subscription of the provisioning service',
    subscriptionOptional: 'Subscription ID (optional):',
    subscriptionQuestion: 'Subscription ID:',
    subscriptionHelp: 'On the overview page of the provisioning service, or from az account show.',
    resourceGroupProblem: 'The resource group is missing.',
    resourceGroupFlag: 'Azure: the resource group of the provisioning service',
    resourceGroupOptional: 'Resource group (optional):',
    resourceGroupQuestion: 'Resource group:',
    resourceGroupHelp: (isNew: boolean) =>
      isNew
        ? 'An existing one, or a new name: it is created if it does not exist.'
        : 'The resource group that contains the provisioning service.',
    idScopeProblem: 'An ID scope begins with 0ne. Copy it from the portal.',
    idScopeFlag: 'Azure: the ID scope, if you have no access to Azure Resource Manager',
    idScopeQuestion: 'ID scope:',
    idScopeHelp: 'On the overview page of the provisioning service. It begins with 0ne.',
    createConflict:
      'Creating resources requires access to Azure Resource Manager, so proofOfPossession must be automatic.',
    createFlag:
      'Azure: create the resource group, the provisioning service and a linked hub if they do not exist',
    createQuestion: 'Create the resource group, the provisioning service and a hub if they do not exist?',
    createHelp:
      'Azure bills an S1 hub per day until you delete it. Run enrollkit clean to delete what was created.',
    createSummary: 'missing resources are created and billed',
    regionProblem: 'A region consists of letters and digits, for example westeurope.',
    regionFlag: 'with --create: the Azure region (default: that of the resource group)',
    regionQuestion: 'Azure region:',
    regionHelp: 'For example westeurope or eastus. To list all regions: az account list-locations',
    hubNameFlag:
      'with --create: the name of the hub, if none is linked yet (default: derived from the provisioning service)',
    hubNameQuestion: 'Name of the IoT hub:',
    hubNameHelp: '3 to 50 letters, digits and hyphens, unique in Azure.',
    hubSkuS1: 'Standard: 400,000 messages per day, billed per day.',
    hubSkuF1: 'Free: 8,000 messages per day, one per subscription.',
    hubSkuFlag: 'with --create: the SKU of a new hub; F1 is free',
    hubSkuQuestion: 'SKU of the IoT hub:',
    keyP256: 'Small and fast, supported by every Azure SDK. Recommended.',
    keyP384: 'A larger curve, if your policy requires one.',
    keyRsa2048: 'For devices whose TLS stack does not support elliptic curves.',
    keyRsa3072: 'Like RSA 2048, for certificates that are valid beyond 2030.',
    keyRsa4096: 'Slow to create, and too large for some small devices.',
    keyFlag: 'the algorithm of all keys',
    keyQuestion: 'Which key algorithm?',
    newCasLabel: 'Create new CAs',
    newCasHelp: 'enrollkit creates a root CA for your devices.',
    existingRootLabel: 'An existing root CA',
    existingRootHelp: 'It signs the intermediate CA, or the devices.',
    existingIntermediateLabel: 'An existing intermediate CA',
    existingIntermediateHelp: 'It signs the devices.',
    existingCaConflict:
      'An existing intermediate CA signs the devices, so certificates.intermediate must be true.',
    byCaLabel: 'Signed by your CA',
    byCaHelp: 'enrollkit creates the keys; the CA in the folder signs the certificates.',
    selfSignedLabel: 'Self-signed',
    selfSignedHelp: 'Without a CA: DPS has the certificate of each device.',
    csrLabel: 'From certificate signing requests (CSRs)',
    csrHelp: 'Devices keep their private keys; the CA signs what they request.',
    selfSignedWithoutCa: 'Self-signed certificates need no CA, so certificates.existingCa must be none.',
    selfSignedInGroup:
      'A group recognizes devices by their CA. Self-signed certificates need devices.enrollment individual.',
    deviceCertificatesFlag:
      'how devices get their certificates: from the CA, self-signed, or for CSRs (--csr)',
    deviceCertificatesQuestion: 'How do the devices get their certificates?',
    selfSignedSummary: (folder: string) => `in ${folder}: self-signed, without a CA`,
    /** What shares a row of the summary. */
    summaryRow: (texts: readonly string[]) => texts.join('; '),
    enrollmentSummary: (what: string, status: string) => `${what}, ${status}`,
    individualRow: 'Enrollments',
    individualSummary: 'an individual one for each device',
    iotEdgeNeedsCa:
      'The CA in the folder must sign the certificates of IoT Edge gateways (deviceCertificates ca).',
    enrollmentGroupLabel: 'With an enrollment group',
    enrollmentGroupHelp: 'One entry in DPS for all devices that your CA signs, now and later.',
    individualLabel: 'Individually',
    individualHelp: 'One entry in DPS per device, with its own certificate and device ID.',
    enrollmentFlag: 'enroll the devices with an enrollment group, or each with an individual enrollment',
    enrollmentQuestion: 'How do you want to enroll the devices?',
    detailsInGroup:
      'Device IDs and tags need individual enrollments (devices.enrollment individual). In a group, the registration ID is the device ID, and all devices have the same initial twin.',
    detailsOfNone: (id: string) => `"${id}" is not one of the registration IDs.`,
    devicesFlag:
      'a CSV file of devices: registrationId and, for individual enrollments, deviceId and tags.NAME; or one registration ID per line',
    requestWithoutKey:
      'The devices keep their private keys, so enrollkit cannot register them and request certificates.',
    requestFlag:
      'each device sends a CSR when it registers, and connects with the certificate that Azure issues (preview)',
    requestQuestion: 'Should Azure issue the certificates that devices connect with?',
    requestHelp: 'Each device sends a CSR when it registers. In Azure, this is in preview.',
    requestSummary: 'Azure issues the certificates that they connect with',
    policyNeeded: 'In Azure, certificates are issued by a credential policy: its name is missing.',
    policyFlag:
      'with --request-certificates: the credential policy that issues them (default: that of the emulator)',
    policyQuestion: 'Credential policy that issues them:',
    policyHelp: 'Its name in Azure Device Registry. The emulator has one named default.',
    existingCaFlag: 'which CA of the folder is an existing one; see --ca',
    existingCaQuestion: 'Which CA issues the certificates of your devices?',
    rootNameFlag: 'the common name of the root CA; "" generates a unique name',
    rootNameQuestion: 'Common name of the root CA:',
    commonNameHelp: 'Up to 64 characters. By default, a unique name is generated.',
    intermediateFlag: 'sign devices with an intermediate CA',
    intermediateQuestion: 'Sign devices with an intermediate CA?',
    intermediateHelp: 'The private key of the root CA can then be kept offline.',
    intermediateNameFlag: 'the common name of the intermediate CA; "" generates a unique name',
    intermediateNameQuestion: 'Common name of the intermediate CA:',
    validityFlag: 'how many days a device certificate is valid',
    validityQuestion: 'Validity of device certificates, in days:',
    validityHelp: 'A device certificate never outlives the CA that signs it.',
    encryptFlag: 'encrypt the private keys with a passphrase',
    encryptQuestion: 'Encrypt the private keys with a passphrase?',
    encryptHelp: 'Without a passphrase, anyone who can read your disk can use them.',
    uploadRootLabel: 'The root CA',
    uploadRootHelp: 'Every device in its chain can be enrolled.',
    uploadIntermediateLabel: 'The intermediate CA',
    uploadIntermediateHelp: 'Only devices that it signs can be enrolled. DPS does not need the root CA.',
    noIntermediate: 'This plan has no intermediate CA.',
    rootKeyMissing: 'The root CA cannot be verified without its private key. Upload the intermediate CA.',
    uploadFlag: 'the CA to upload to DPS',
    uploadQuestion: 'Which CA do you want to upload to DPS?',
    caNameFlag: 'the name of the uploaded CA in DPS',
    caNameQuestion: 'Name of the CA in DPS:',
    caNameHelp: 'Shown under Certificates. Use 1 to 256 letters, digits, or - . _ characters.',
    automaticLabel: 'Automatically',
    automaticHelp: 'enrollkit does it for you; in Azure, with your az login.',
    byHandLabel: 'Manually',
    byHandHelp: 'You upload two files when prompted: in the portal, or with commands.',
    proofFlag: 'how to verify the CA: automatically, or manually (portal)',
    proofQuestion: 'How do you want to verify the CA (proof of possession)?',
    groupFlag: 'the ID of the enrollment group',
    groupQuestion: 'Enrollment group ID:',
    groupHelp: 'The group enrolls every device that your CA signs.',
    attestationCaReference: 'By the uploaded CA',
    attestationCaReferenceHelp: 'The group refers to the uploaded and verified CA.',
    attestationCertificate: 'By a CA certificate in the group',
    attestationCertificateHelp: 'The group contains the certificate of the CA that signs the devices.',
    attestationFlag:
      'how the group recognizes devices: by the uploaded CA, or by the certificate that signs them',
    attestationQuestion: 'How does the group recognize its devices (attestation)?',
    hashedLabel: 'Evenly',
    hashedHelp: 'hashed: devices are distributed over the hubs by a hash of their IDs.',
    geoLatencyLabel: 'The nearest hub',
    geoLatencyHelp: 'geoLatency: the hub with the lowest latency to the device.',
    staticLabel: 'Always the same hub',
    staticHelp: 'static: one hub, specified in the group.',
    customLabel: 'A webhook decides',
    customHelp: 'custom: DPS asks a webhook, such as an Azure function, for each device.',
    webhookFlag:
      'custom allocation: URL of the webhook; the key of a function comes from ENROLLKIT_WEBHOOK_KEY',
    webhookQuestion: 'Which webhook assigns devices to hubs?',
    webhookHelp:
      'A URL with https, or with http on this computer. Leave out the key of an Azure function, and set ENROLLKIT_WEBHOOK_KEY.',
    webhookSummary: (url: string) => `webhook ${url}`,
    webhookMissing: 'the allocation policy custom requires the URL of a webhook',
    webhookWithoutCustom: 'a webhook requires the allocation policy custom',
    notWebhookUrl:
      'The webhook must be a URL with https; http is accepted for this computer only (localhost, 127.0.0.1, [::1]).',
    secretInWebhook:
      'The URL contains a key, and a plan has no secrets. Remove the key, and set ENROLLKIT_WEBHOOK_KEY.',
    webhookApiVersionFlag: (version: string) =>
      `custom allocation: api-version in which the webhook gets the enrollment (default: ${version})`,
    webhookApiVersionQuestion: 'In which api-version does the webhook get the enrollment?',
    webhookApiVersionHelp: 'Leave it empty for the usual one.',
    notWebhookApiVersion: (versions: readonly string[]) =>
      `The api-version is not one of ${versions.join(', ')}.`,
    allocationFlag: 'how devices are assigned to hubs (allocation policy)',
    allocationQuestion: 'How are devices assigned to hubs (allocation policy)?',
    hubMissing: 'The host name of the hub is missing.',
    noHub: 'Specify at least one hub.',
    oneHub: 'The static policy requires exactly one hub.',
    hubFlag: 'a linked hub to assign devices to (default: all)',
    hubQuestion: 'IoT hub:',
    hubsQuestion: 'IoT hubs:',
    twinFlag: 'a JSON file with the initial tags and desired properties',
    twinQuestion: 'Initial twin:',
    twinHelp:
      'Tags and desired properties of each new device, as JSON on one line: {"tags":{"site":"A"},"properties":{"desired":{"rate":5}}}',
    twinLabel: 'Initial twin',
    migrateLabel: 'Migrate its data',
    migrateHelp: 'migrate: if the hub changes, the twin moves to the new hub.',
    resetLabel: 'Reset to the initial twin',
    resetHelp: 'reset: the twin is reset, even if the hub stays the same.',
    neverLabel: 'Keep the current hub',
    neverHelp: 'never: the device keeps the hub that it was first assigned to.',
    reprovisionFlag: 'what happens to the data of a device when it re-registers',
    reprovisionQuestion: 'When a device re-registers (re-provisioning):',
    iotEdgeFlag: 'the devices are IoT Edge gateways',
    iotEdgeQuestion: 'Are the devices IoT Edge gateways?',
    iotEdgeHelp: 'Each gateway also gets a CA certificate for the devices behind it.',
    enabledLabel: 'Yes',
    enabledHelp: 'enabled: devices with a valid certificate are assigned to a hub.',
    disabledLabel: 'Not yet',
    disabledHelp: 'disabled: DPS rejects the devices until you enable their enrollment.',
    statusFlag: 'whether devices can register',
    statusQuestion: 'Can devices register?',
    registrationIdMissing: 'Specify at least one registration ID.',
    deviceFlag: 'the registration ID of a device; repeat for more devices',
    registrationIdsQuestion: 'Registration IDs:',
    registrationIdsHelp: 'Separate them with commas. Each becomes the common name of a certificate.',
    mqttHelp: 'MQTT over TLS, port 8883. Most devices use it.',
    amqpHelp: 'AMQP 1.0 over TLS, port 5671.',
    httpsHelp: 'Port 443, for networks whose firewall blocks other ports.',
    protocolQuestion: 'Which protocol do the devices register with?',
    telemetryFlag: 'each device sends a message to its hub and reads its twin',
    telemetryQuestion: 'Send a message from each device, and read its twin?',
    telemetryHelp: 'This verifies that the device can use its hub.',
    telemetrySummary: 'each sends a message and reads its twin',
    certificatesLabel: 'Certificates',
    uploadedCaLabel: 'Uploaded CA',
    groupLabel: 'Group',
    devicesLabel: 'Devices',
    whereLabel: 'Where',
    whereHeading: 'Where:',
    certificatesHeading: 'Certificates:',
    caHeading: 'Certificate authority in DPS:',
    groupHeading: 'Enrollment group:',
    devicesHeading: 'Devices:',
    notHostName: (value: string) => `${value} is not a host name.`,
    sameId: (id: string, same: string) =>
      `"${id}" is the same registration ID as "${same}" (IDs are case-insensitive).`,
    protocolSummary: (protocol: string) => `registered over ${protocol}`,
    reprovisionSummary: (policy: string) => `re-provisioning: ${policy}`,
  },

  /** src/quickstart/steps/ */
  quickstartSteps: {
    creatingRoot: 'creating the root CA',
    creatingIntermediate: 'creating the intermediate CA',
    certificateProblem: (path: string, problem: string) => `${path} ${problem}.`,
    /** A CA certificate that someone has to verify manually. */
    notVerifiedYet: (todo: string) => `The CA certificate is not verified yet. ${todo}.`,
    codeFromPortal:
      'Generate a verification code in the portal, then run the command again with --verification-code CODE.',
    codeFromCommand: (path: string, name: string) =>
      `Upload it with "enrollkit ca upload ${path} --ca-name ${name}" and show the code with "enrollkit ca code ${name}" (both with the same --dir). Then run the command again with --verification-code CODE.`,
    confirmInPortal:
      'When the portal shows it as verified, run the command again without --verification-code.',
    confirmByCommand: (name: string) =>
      `Send it with "enrollkit ca verify ${name} --verification-certificate FILE" (with the same --dir). Then run the command again without --verification-code.`,
    someNotRegistered: (failed: number, total: number, first: readonly string[], reason: string) =>
      `${failed} of ${total} devices were not registered: ${firstOf(first, failed - first.length)}. ${reason}`,
    groupIfMissing: (name: string) => `resource group ${name}, if it does not exist`,
    serviceIfMissing: (name: string) => `provisioning service ${name}, if it does not exist`,
    hubIfNoneLinked: (name: string) => `IoT hub ${name}, linked to the service, if no hub is linked`,
    ifNoHubLinked: 'if no hub is linked',
    linkedTo: (dpsName: string, hubs: readonly string[]) => `${dpsName}, linked to ${hubs.join(', ')}`,
    noResourceGroup: (name: string) => `The resource group ${name} does not exist.`,
    giveLocation:
      'To create it, specify its region with --location REGION, for example --location westeurope.',
    resourceGroup: (name: string) => `resource group ${name}`,
    service: (name: string) => `provisioning service ${name}`,
    waitingForService: 'provisioning service',
    waitingForHub: 'IoT hub',
    waitingForLink: 'link',
    link: (hub: string) => `link to ${hub}`,
    hub: (name: string) => `IoT hub ${name}`,
    serviceNameTaken: (name: string, why: string) => `No provisioning service can be named ${name}: ${why}`,
    chooseServiceName: 'Choose another name with --dps-name NAME. Names must be unique in Azure.',
    hubNameTaken: (name: string, why: string) => `No IoT hub can be named ${name}: ${why}`,
    chooseHubName: 'Choose another name with --hub-name NAME. Names must be unique in Azure.',
    scopeNeeded: 'The subscription and the resource group are required to create resources.',
    giveScope: 'Specify --subscription ID and --resource-group NAME.',
    notValidYet: (path: string, notBefore: string, owner: string, now: string) =>
      `${path} is not valid before ${notBefore}, and the clock of ${owner} is set to ${now}.`,
    otherKeyAlgorithm: (actual: string | undefined, wanted: string) =>
      `its key is ${actual ?? 'of another kind'}, but the plan uses ${wanted}`,
    restoreOrMove: (gone: string, folder: string) =>
      `Restore ${gone} from a backup, or move ${folder} away to create a new one.`,
    notIssuedBy: (why: string) => `cannot be reused: it was not issued by ${why}`,
    missingSigner: (folder: string) => `exists, but its CA in ${folder} is missing`,
    deviceNotIssuedBy: (why: string) => `it was not issued by ${why}`,
    deviceCommonName: (commonName: string) => `its common name is "${commonName}"`,
    uploadCa: (path: string, name: string) => `upload ${path} as "${name}"`,
    uploadVerification: (path: string) => `upload ${path} as the verification certificate`,
    notShownAsVerified: (name: string) => `DPS does not show "${name}" as verified.`,
    uploadInPortal: (path: string) => `Upload ${path} in the portal, then run the command again.`,
    sendVerification: (path: string, name: string) =>
      `Send ${path} with "enrollkit ca verify ${name} --verification-certificate FILE" (with the same --dir), then run the command again.`,
    inPortal: (dpsName: string, todo: string) =>
      `In the portal, in the provisioning service ${dpsName} > Settings > Certificates: ${todo}`,
    manually: (todo: string) => `Manually: ${todo}`,
    whereHubConnectionString: 'if ENROLLKIT_HUB_CONNECTION_STRING is set',
    doneOf: (done: number, total: number) => `${done} of ${total}`,
    createService: (name: string) => `Create the provisioning service ${name} with a hub`,
    ifMissing: 'if it does not exist',
    copyIntermediate: 'Copy your intermediate CA',
    copyRootCreateIntermediate: 'Copy your root CA and create the intermediate CA',
    copyRoot: 'Copy your root CA',
    createBoth: 'Create the root CA and the intermediate CA',
    createRoot: 'Create the root CA',
    cannotReuse: (path: string, reason: string) => `${path} cannot be reused: ${reason}.`,
    changePlanOrMove: (folder: string) =>
      `Change the plan, move ${folder} away, or use another folder with --dir FOLDER.`,
    otherCommonName: (actual: string, wanted: string) =>
      `its common name is "${actual}", but the plan has "${wanted}"`,
    otherCa: (path: string) => `it is a different CA than the one in ${path}`,
    missingRoot: (folder: string) => `exists, but the root CA in ${folder} is missing`,
    sendOne: 'Send a message to the hub and read the twin',
    sendEach: 'Send a message from each device and read its twin',
    notRepeated: 'accepted in an earlier run, not repeated',
    signedBy: (name: string) => `signed by ${name}`,
    chainHasNoEnd: (chain: string) =>
      `${chain} was changed after enrollkit wrote it, and does not end with a root CA certificate.`,
    giveCaAgain: (chain: string) =>
      `Restore ${chain} from a backup, or run the command with the CA again: --ca FILE --ca-key FILE.`,
    otherPfx: (pfx: string, certificate: string) =>
      `${pfx} contains another key than that of ${certificate}.`,
    movePfx: (pfx: string) =>
      `Move ${pfx} away, then run the command again to create it from the certificate and its key.`,
    moveAndRerun: (folder: string) => `Move ${folder} away, then run the command again to create a new one.`,
    createEnrollments: (count: number) =>
      count === 1 ? 'Create 1 individual enrollment' : `Create ${count} individual enrollments`,
    individualEnrollment: (id: string) => `individual enrollment ${id}`,
    enrollmentDiffers: (id: string, members: readonly string[]) =>
      `The individual enrollment ${id} already exists, was not created by this folder, and differs: ${members.join(', ')}.`,
    otherEnrollment: (id: string) =>
      `Choose another registration ID, or delete the existing enrollment: enrollkit enrollment delete ${id} (with the same --dir).`,
    selfSigned: 'self-signed',
    notSelfSigned: 'it is not self-signed',
    otherRequestedKey: 'its public key is not the one in the certificate signing request',
    notIssued: (id: string) => `DPS assigned ${id} to a hub, but did not issue a certificate.`,
    checkPolicy:
      'Check that the enrollment names a credential policy (--credential-policy NAME), and that the provisioning service is linked to Azure Device Registry (enrollkit namespace link --help). Or leave out --request-certificates or --csr.',
    issuedForOtherKey: (id: string) =>
      `DPS issued ${id} a certificate for another key than the requested one.`,
    createGroup: (id: string) => `Create the enrollment group ${id}`,
    enrollmentGroup: (id: string) => `enrollment group ${id}`,
    groupDiffers: (id: string, members: readonly string[]) =>
      `The enrollment group ${id} already exists, was not created by this folder, and differs: ${members.join(', ')}.`,
    otherGroup:
      'Choose another ID with --group ID, or delete the existing group: enrollkit group delete ID (with the same --dir).',
    passphraseNeeded: 'The plan encrypts the private keys, but there is no passphrase.',
    idScope: (idScope: string, hubs: string) => `ID scope ${idScope}${hubs}`,
    noAccess: (name: string) => `There are no credentials for ${name}.`,
    giveConnectionString:
      'Provide the connection string of a shared access policy of the provisioning service with the permissions EnrollmentWrite and RegistrationStatusWrite: in ENROLLKIT_SERVICE_CONNECTION_STRING or with --connection-string-file FILE.',
    idScopeNeeded: 'Without access to Azure Resource Manager, the ID scope is required.',
    giveIdScope: 'Set --id-scope. The portal shows it on the overview page of the provisioning service.',
    notReadable: ', its certificates and hubs not readable',
    rightsMissing: (name: string, permissions: readonly string[]) =>
      `These permissions on ${name} are missing: ${permissions.join(', ')}.`,
    noLinkedHub: (name: string) => `No IoT hub is linked to ${name}, so devices cannot be assigned.`,
    hubNotLinked: (hub: string, name: string, linked: readonly string[]) =>
      `${hub} is not linked to ${name}. Linked hubs: ${linked.join(', ')}.`,
    verified: 'verified',
    verifiedAsYouSay: 'verified, as you say',
    takenAsVerified: 'assumed to be verified: without permission to check, the first registration will show',
    certificateByHand: (name: string) => `CA certificate ${name} in DPS, manually`,
    askingForCode: 'requesting a verification code',
    signingVerification: 'signing the verification certificate',
    answering: 'uploading it',
    proofRefused: (name: string, reason: string) =>
      `DPS refused the proof of possession of ${name}: ${reason}`,
    registrationRecord: (id: string) => `registration record ${id}`,
    deviceInHub: (id: string) => `device ${id} in its hub`,
    forEachPage: 'for each page',
    untilAssigned: 'until it is assigned',
    assignedTo: (hubs: readonly string[]) => `assigned to ${hubs.join(', ')}`,
    byRecords: (assigned: string) => `${assigned} according to their records, not repeated`,
    /** The status and the allocation policy of an enrollment, in Azure’s words. */
    enrolled: (parts: readonly string[]) => parts.join(', '),
    caInDps: (name: string) => `CA certificate ${name} in DPS`,
    otherUploaded: (subject: string, name: string) =>
      `Another certificate (${subject}) is already uploaded as ${name}.`,
    otherName:
      'Choose another name with --ca-name NAME, or delete the existing one: enrollkit ca delete NAME (with the same --dir).',
    otherUploadedAs: (subject: string, name: string) =>
      `Another certificate (${subject}) is uploaded as ${name}.`,
    chooseName: 'Choose another name with --ca-name NAME.',
    moveThenRerun: (path: string) => `Move ${path} away, then run the command again.`,
    accepted: (twice: number) =>
      `accepted, read${twice === 0 ? '' : `; ${twice} possibly twice, with the same message ID`}`,
    acceptedNow: (now: number, before: number, twice: number) =>
      `${now} accepted, read; ${before} in an earlier run, not repeated${twice === 0 ? '' : `; ${twice} possibly twice, with the same message ID`}`,
    checkService: (name: string | undefined) =>
      `Check the provisioning service${name === undefined ? '' : ` ${name}`}`,
    verifyByHand: (authority: 'root' | 'intermediate', inPortal: boolean) =>
      `Verify the ${authority} CA certificate ${inPortal ? 'in the portal' : 'manually'} (proof of possession)`,
    verify: (authority: 'root' | 'intermediate') =>
      `Verify the ${authority} CA certificate (proof of possession)`,
    upload: (authority: 'root' | 'intermediate') => `Upload the ${authority} CA certificate`,
    createDevices: (count: number) =>
      count === 1 ? 'Create 1 device certificate' : `Create ${count} device certificates`,
    register: (count: number, protocol: string) =>
      `Register ${count === 1 ? '1 device' : `${count} devices`} over ${protocol}`,
    oneHub: (name: string) => `, hub ${name}`,
    hubs: (count: number) => `, ${count} hubs`,
  },

  /** The files directly in src/quickstart/ */
  quickstart: {
    otherKindOfCa: (actual: 'none' | 'root' | 'intermediate', expected: 'none' | 'root' | 'intermediate') =>
      `This is ${kindOfCa(actual)}, but the plan expects ${kindOfCa(expected)}.`,
    giveThisKindOfCa: (expected: 'none' | 'root' | 'intermediate') =>
      expected === 'none'
        ? 'Omit --ca, or omit --existing-ca none.'
        : `Omit --existing-ca, or specify ${kindOfCa(expected)}.`,
    signRequestOrMove: (request: string, certificate: string, folder: string) =>
      `Sign its request, then run the command again: enrollkit cert sign ${request} --out ${certificate} (with the same --dir). Or move ${folder} away to create new ones.`,
    restoreCertificateOrMove: (folder: string) =>
      `Restore certificate.pem or chain.pem from a backup, then run the command again. Or move ${folder} away to create new ones.`,
    /** Whose clock. */
    emulator: 'the emulator',
    thisComputer: 'this computer',
    expired: (notAfter: string, owner: string, now: string) =>
      `it expired on ${notAfter}, and the clock of ${owner} is set to ${now}`,
    journalStillHas:
      'The journal still lists resources in the provisioning service, so the local files were not deleted.',
    cleanFirst: 'Delete them first: enrollkit clean',
    linkByHand: (path: string) => `${path} is a symbolic link; delete it manually`,
    foreignFile: 'enrollkit does not write files there; delete it manually',
    notAFile: 'it is not a readable file; delete it manually',
    fileChanged: 'it was changed after enrollkit wrote it; delete it manually',
    cannotDelete: (reason: string) => `it cannot be deleted${reason}`,
    otherCertificate: (name: string) => `A different certificate is now uploaded as ${name}.`,
    noHubConnectionString: (host: string, deviceId: string) =>
      `There is no connection string for the hub ${host} (ENROLLKIT_HUB_CONNECTION_STRING), so the device was not deleted. Delete it with: az iot hub device-identity delete --device-id ${deviceId}`,
    giveAnotherCa: 'Specify another CA with --ca FILE, or omit --ca to create new ones.',
    keepsItsName: (flag: string) => `Omit ${flag}: an existing CA keeps its name.`,
    otherCaName: (actual: string, wanted: string) =>
      `The common name of this CA is "${actual}", but the plan expects "${wanted}".`,
    noRequest: (id: string, path: string) =>
      `There is no certificate signing request for ${id}: it was not specified, and ${path} does not exist.`,
    giveRequest:
      'Specify the request of each device with --csr FILE; its common name is the registration ID. To create one on the device: enrollkit cert csr ID',
    requestOfOther: (path: string, name: string, id: string) =>
      `${path}: This request is for "${name}", not for ${id}.`,
    otherRequest: (path: string) => `${path} already exists and is another request than the one specified.`,
    moveRequest: (path: string) =>
      `Move ${path} and the certificate beside it away, or specify the same request again.`,
    keepPlan: 'Save the plan, the journal and the program',
    noExistingCa: (folder: string) => `The plan uses an existing CA, but ${folder} does not contain one.`,
    giveCa: 'Specify the CA with --ca FILE and --ca-key FILE.',
    keyWithoutCertificate: (path: string) =>
      `The folder of ${path} has no certificate, and enrollkit does not overwrite private keys.`,
    leftByInterruptedRun: (path: string, why: string) => `${path} was left by an interrupted run and ${why}.`,
    moveKeyOrChangePlan: (path: string) =>
      `Move ${path} away or change the plan, then run the command again.`,
    keyNotEncrypted: 'is not encrypted, but the plan encrypts keys',
    keyEncrypted: 'is encrypted, but the plan does not encrypt keys',
    otherKeyKind: (algorithm: string) => `does not have the key algorithm of the plan, ${algorithm}`,
    scopeUnknown: 'The subscription and the resource group are missing.',
    giveScope: 'Specify --subscription ID and --resource-group NAME.',
    hub: (name: string) => `IoT hub ${name}`,
    service: (name: string) => `provisioning service ${name}`,
    resourceGroup: (name: string) => `resource group ${name}`,
    hasOtherResources: (count: number, names: readonly string[]) =>
      `it has ${count} resources that enrollkit did not create, or could not delete: ${names.join(', ')}`,
    notTagged: (what: string, tag: string, run: string) =>
      `the ${what} does not have the tag ${tag}=${run}, so it is not the one that was created here`,
    resultNotFound: (title: string) => `"${title}" completed, but its result cannot be found.`,
    installationDamaged: (file: string) =>
      `The installation of enrollkit is damaged: ${file} is missing or incomplete.`,
    reinstall: 'Reinstall enrollkit.',
    unexpectedError: (message: string) => `Unexpected error: ${message}`,
    folderUsed: (folder: string) => `The folder ${folder} already contains another run.`,
    newFolder: 'Use --dir FOLDER to specify a new folder.',
  },

  /** src/quickstart/recording/ */
  recording: {
    newerVersion: (version: number, supported: number) =>
      `this recording was written by a newer enrollkit (version ${version}); this one reads version ${supported}.`,
    /** The end of a problem at its place in the file. */
    problem: (problem: string) => `${problem}.`,
    notRecorded: (method: string, url: string, clientId: string | undefined, wasUsed: boolean) =>
      `The recording ${wasUsed ? 'has no further answer to' : 'does not contain'} the request${clientId === undefined ? '' : ` of ${clientId}`} ${method} ${url}.`,
    notAUrl: 'it must begin with https://, mqtts:// or amqps://',
    notAStep: 'it must be the ID of a step',
    notHttps: 'it must begin with https://',
    notAFile: 'it is not a file of a certificate folder',
    notHexadecimal: (digits: number) => `it must be ${digits} hexadecimal digits`,
    notShownAsVerified: 'In the recorded run, the portal did not show the CA certificate as verified.',
    update: 'Update enrollkit.',

    unreadable: (path: string, reason: string) => `${path} cannot be read${reason}.`,
    textTooLong: (length: number, maximum: number) =>
      `this text has ${length} characters; the maximum is ${maximum}`,
    controlCharacter: (code: string) => `this text contains U+${code}, which cannot be shown`,
    tooDeep: 'this is nested too deeply',
    endedBeforeAnswer: 'The run ended before there was an answer.',
  },

  /** src/fleet/ */
  fleet: {
    manifestLine: (path: string, line: number, problem: string) => `${path}, line ${line}: ${problem}`,
    moreNames: 'There are more such devices.',
    deviceName: (id: string, problem: string) => `The device ${id} has the name ${problem}.`,
    correctNames:
      'Correct the names, or sign with a CA that allows them. If you are sure that those who verify these devices accept the names, add --force.',
    andMore: '\nand more',
    /** A registration ID of a list, in a line, that an earlier line has, spelled like `other` there. */
    listedTwice: (id: string, line: number, other: string | undefined) =>
      `The registration ID "${id}" is already listed in line ${line}${other === undefined ? '' : `, as "${other}"`}.`,
    noIdColumn: (columns: readonly string[]) =>
      `the first line must have the column registrationId, but has ${columns.join(', ')}`,
    unknownColumn: (name: string, columns: readonly string[]) =>
      `the column ${name} is not one of ${columns.join(', ')} or tags.NAME`,
    changedSize: (path: string, size: number, expected: number) =>
      `${path} has changed: it has ${size} bytes, but the interrupted run wrote ${expected}.`,
    changedLink: (path: string) => `${path} has changed: it is a symbolic link.`,
    changedRows: (path: string, devices: number) =>
      `${path} has changed: it does not list the ${devices} devices that the interrupted run recorded.`,
    changedBehind: (path: string, length: number) =>
      `${path} has changed: what follows byte ${length} was not written by the interrupted run.`,
    lineTooLong: (path: string, line: number, maximum: number) =>
      `${path}, line ${line}: lines of more than ${maximum} characters are not read.`,
    changedContents: (path: string) =>
      `${path} has changed: it does not contain what the interrupted run wrote.`,
    idTwice: (place: string, id: string, other: string) =>
      `${place}: The registration ID ${id} is already listed in ${other}.`,
    serialNumberTwice: (place: string, serialNumber: string, other: string) =>
      `${place}: The serial number ${serialNumber} is already listed in ${other}.`,
    enrollmentExists: (id: string, different: readonly string[]) =>
      `The enrollment ${id} already exists with a different ${different.join(', ')}.`,
    readBackDifferent: (id: string, different: readonly string[]) =>
      `DPS accepted the enrollment ${id}, but it reads back with a different ${different.join(', ')}.`,
    notReadBack: (id: string) => `DPS accepted the enrollment ${id}, but it cannot be found.`,
    deviceMissing: (out: string, id: string, manifest: string) =>
      `${out} lacks ${id}, which is listed in ${manifest}.`,
    otherDevice: (out: string, found: string, id: string, manifest: string) =>
      `${out} has ${found} where ${manifest} lists ${id}.`,
    enrollmentNotDeleted: (id: string, status: string, code: number) =>
      `DPS did not delete the enrollment of ${id}: ${status} (${code}).`,
    enrollmentsNotDeleted: (first: string, last: string) =>
      `DPS did not delete all enrollments from ${first} to ${last}, and gave no reason.`,
    enrollmentsNotDeletedNext:
      'Run the same command again. If it fails again, check the enrollments in the portal.',
    noHubConnectionString: 'The connection string of the hub is missing.',
    noHubConnectionStringNext:
      'Set ENROLLKIT_HUB_CONNECTION_STRING to the connection string of a policy of the hub with RegistryRead and RegistryWrite, or run the command without --hub-devices.',
    emptyList: (path: string) => `${path}: the list has no devices`,
    controlCharacters: (tag: string) => `The tag ${tag} contains control characters.`,
    tooManyTags: (maximum: number) =>
      `A list can have at most ${maximum} tag names, and this line adds another one.`,
    notAFile: (path: string) => `${path} is not a regular file.`,
    writeToFile: 'Use a regular file: it is read more than once, so a pipe or a device does not work.',
    changedWhileRead: (path: string) => `${path} changed while it was being read.`,
    invalidShard: (text: string) => `--shard must be I/N, with I from 1 to N, not ${text}.`,
    shardExample: 'For example, use 1/3, 2/3 or 3/3.',
    countMissing: 'Specify how many devices to create with --count.',
    countMissingNext: (pattern: string) =>
      `Use --count N, or put the last number into the pattern, such as --pattern '${pattern}'.`,
    patternBackwards: (pattern: string) =>
      `The last number of the pattern ${pattern} is smaller than the first.`,
    patternTooLarge: (pattern: string, size: number, maximum: number) =>
      `The pattern ${pattern} is for ${size} devices. A fleet can have at most ${maximum}.`,
    patternOrCount: (pattern: string, size: number, count: number) =>
      `The pattern ${pattern} is for ${size} devices, but --count is ${count}.`,
    patternOrCountNext: 'Remove either --count or the last number in the pattern.',
    invalidPattern: (pattern: string) => `The pattern ${pattern} is invalid.`,
    patternWithoutNumber: (pattern: string) => `The pattern ${pattern} has no number in braces.`,
    patternExample: "Put the first number in braces, once: --pattern 'sensor-{000001..}'.",
    notCsv: (reason: string) => `invalid CSV: ${reason}`,
    columnTwice: (name: string) => `the column ${name} is listed twice`,
    fieldCount: (actual: number, expected: number) =>
      `the line has ${actual} fields, but the header has ${expected}`,
    notJson: (reason: string) => `invalid JSON: ${reason}`,
    folderOfOthers: (folder: string) => `${folder} already exists and is not part of this fleet.`,
    moveAndResume: 'Move it away, then run the same command again to resume.',
    notAFleet: (out: string) => `${out} is not a fleet: it is not a folder, lines of JSON or a tar archive.`,
    nameOutput: 'Specify the output of fleet issue.',
    notAnObject: (out: string, line: number) => `${out}, line ${line}: not a JSON object.`,
    lacksMembers: (out: string, line: number) =>
      `${out}, line ${line}: registrationId, chain or privateKey is missing.`,
    notReadable: (path: string, reason: string) => `Cannot read ${path}: ${reason}.`,
    lacksFiles: (out: string, name: string) => `${out} lacks chain.pem or key.pem of ${name}.`,
    fileOfOthers: (path: string) => `${path} already exists and is not part of this fleet.`,
    chooseOut: 'Choose another path with --out, or move it away.',
    issueAgain:
      'Restore it. Otherwise, move it away together with its .journal and its manifest, then issue the fleet again.',
    waitOrChooseOut: 'Wait until it ends, or choose another path with --out.',
    symbolicLink: (path: string) => `${path} is a symbolic link.`,
    otherRun: (path: string) => `${path} belongs to an unfinished run with another fleet or other arguments.`,
    otherRunNext:
      'Run the interrupted command again with the same arguments, or choose another path with --out.',
    otherPassphrase: 'The passphrase is not the one that the interrupted run encrypted keys with.',
    otherPassphraseNext: 'Enter the passphrase of the interrupted run, or choose another path with --out.',
    notAJournal: (line: number, path: string) => `Line ${line} of ${path} is not a line of a fleet journal.`,
    notAJournalNext:
      'Choose another path with --out, or delete that file with the output that it belongs to.',
    caExpiresFirst: (ca: string, date: string, days: number) =>
      `The CA ${ca} expires on ${date}, before certificates that are valid for ${days} days.`,
    renewCa: 'Renew the CA first: enrollkit cert renew CA_FILE',
    fewerDays: (days: number) =>
      `Use --days ${days} or fewer, or renew the CA first: enrollkit cert renew CA_FILE`,
    folderNeeded: (format: string) => `The format ${format} must be written to a folder, not to a stream.`,
    makeRoom: 'Free disk space or fix the permissions, then run the same command again to resume.',
    notAManifest: (path: string, column: string) =>
      `${path}:1: This is not a manifest of a fleet: the columns do not begin with ${column}.`,
    otherColumns: (path: string, other: string) =>
      `${path}:1: The tag columns are different from those of ${other}.`,
    otherColumnsNext: 'Merge only manifests of the same fleet. All shards of a list have the same tags.',
    notARow: (path: string, line: number) => `${path}:${line}: This is not a row of a manifest.`,
    emptyChain: 'A chain of the fleet contains no certificate.',
    deleteOrUpdate: (registrationId: string) =>
      `Delete it (enrollkit enrollment delete ${registrationId}), or add --update to set the certificate, the tags and the settings you specify with flags.`,
    enrollmentRefused: (id: string, reason: string, code: number) =>
      `DPS refused the enrollment ${id}: ${reason} (${code}).`,
    manifestUnreadable: (path: string, reason: string) => `${path} is not a manifest: ${reason}.`,
    noManifest: (path: string) => `The list of devices ${path} does not exist.`,
    noManifestNext: 'Specify the output of fleet issue, or its list with --manifest FILE.',
    manifestLacks: (path: string, column: string) =>
      `${path} is not a manifest: the column ${column} is missing.`,
    issueOrManifest:
      'If fleet issue was interrupted, run it again. Otherwise, specify the manifest of this fleet with --manifest FILE.',
    notAResult: (path: string, line: number) => `${path}, line ${line}: not a result of a device.`,
    chooseResults: 'Specify another file with --results FILE, or move this one away.',
    noFile: (path: string) => `File not found: ${path}.`,
  },

  /** src/cli/kernel/ */
  cliKernel: {
    /** Before what is wrong, and before what to do next. */
    labels: { error: 'error: ', next: 'next: ' },
    /** Between the two: what usually causes such an error. */
    likelyCauses: {
      title: 'Possible causes, most likely first:',
      cause: (cause: string, check: string) => `${cause} (${check})`,
    },
    /** The last line of an error. */
    learnMore: (code: string) => `Learn more: enrollkit explain ${code}`,
    emptyFolder: '--dir is empty.',
    nameFolder: 'Specify a folder: --dir FOLDER.',
    notAChoice: (flag: string, value: string, choices: readonly string[]) =>
      `--${flag} must be one of ${choices.join(', ')}, not "${value}".`,
    notANumber: (flag: string, value: string, minimum: number, maximum: number) =>
      `--${flag} must be a whole number from ${minimum} to ${maximum}, not "${value}".`,
    unknownLanguage: (source: string, name: string) => `${source}: there is no language "${name}".`,
    knownLanguages: (tags: readonly string[]) => `Use one of: ${tags.join(', ')}.`,
    outputNotWritten: (reason: string) => `Cannot write to standard output${reason}.`,
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
      ENROLLKIT_WEBHOOK_KEY:
        'The key of the Azure function that is the webhook of a custom allocation policy.',
      ENROLLKIT_LANG:
        'The language of messages (en, zh-CN), instead of your locale. To add a language, see CONTRIBUTING.md.',
      DEFAULT_VALIDITY_DAYS: 'certgen --edge: days that certificates are valid, instead of 30.',
      AZURE_TENANT_ID: 'Azure: the tenant of a service principal.',
      AZURE_CLIENT_ID: 'Azure: the client ID of the service principal.',
      AZURE_CLIENT_SECRET: 'Azure: its client secret.',
      HTTPS_PROXY: 'The proxy for HTTPS. NO_PROXY lists the exceptions.',
      NODE_EXTRA_CA_CERTS: 'A file of additional CA certificates to trust.',
      CI: 'If set, enrollkit never asks questions.',
      ENROLLKIT_MESSAGE_IDS: 'If 1, messages and questions begin with their IDs, for scripts.',
      ENROLLKIT_PLAIN: 'If 1, questions and progress are plain lines, for screen readers.',
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
        interrupted: 'Interrupted. Completed work is kept.',
      },
    },
  },

  /** src/cli/terminal/ */
  cliTerminal: {
    /** A step that is done, with what it found. */
    stepOutcome: (title: string, outcome: string) => `${title}: ${outcome}`,
    notAccepted: (problem: string) => `Not accepted: ${problem}`,
    typeMore: (count: number) => `${count} in total. Type + for more, or part of a name to search.`,
    typeNumber: 'type a number.',
    typeNumberTo: (count: number) => `type a number from 1 to ${count}.`,
    yesOrNoYes: 'y or n [y]: ',
    yesOrNoNo: 'y or n [n]: ',
    answerYesOrNo: 'answer y or n.',
    answerSecret: 'Answer (not shown): ',
    cancelled: 'Canceled.',
    rerun: 'Run the command again when you are ready.',
    /** A choice of a numbered list, and what it means. */
    choice: (name: string, why: string) => `${name}: ${why}`,
    nothingMatches: 'No matches. Delete your search to see all.',
    matching: (found: number, count: number) => `${found} of ${count}; type to search`,
    answerYOrN: 'Answer y or n.',
    yes: 'Yes',
    no: 'No',
    enterNext: 'Enter: next',
    escBack: 'Esc: back',
    askForHelp: '? for help',
    goBack: '< to go back',
    counter: (number: number, total: number) => `${number} of ${total}`,
    plainCounter: (number: number, total: number) => `Question ${number} of ${total}. `,
    keyChooses: (key: string) => `${key}: choose`,
    keyHelps: (key: string) => `${key}: help`,
    plainKeys: (ways: readonly string[]) => `Type ${ways.join(', ')}.`,
    numberPrompt: (standard: number | undefined) =>
      `Number${standard === undefined ? '' : ` [${standard}]`}: `,
    answerPrompt: (standard: string | undefined) =>
      `Answer${standard === undefined ? '' : ` [${standard}]`}: `,
    confirm: {
      noTerminal: (question: string) => `${question} There is no terminal to ask in.`,
      addYes: 'Add --yes.',
      warning: 'This cannot be undone.',
      declined: 'Canceled. Nothing was deleted.',
      nothingToDo: 'There is nothing else to do.',
    },
    enrollment: {
      heads: {
        id: 'REGISTRATION ID',
        status: 'STATUS',
        allocation: 'ALLOCATION',
        attestation: 'ATTESTATION',
      },
      rows: {
        attestation: 'Attestation',
        allocation: 'Allocation',
        reprovisioning: 'Re-provisioning',
        status: 'Status',
        certificatePolicy: 'Certificate policy',
        credentialPolicy: 'Credential policy',
      },
      allHubs: 'all linked hubs',
      serviceDefault: 'service default',
      allocation: (policy: string, hubs: string) => `${policy}, among ${hubs}`,
      yes: 'yes',
      symmetricKey: 'symmetric key',
      uploadedCa: (name: string) => `X.509, uploaded CA ${name}`,
      certificate: (thumbprint: string, subject: string) => `X.509, certificate ${thumbprint}… ${subject}`,
      never: 'never: keep the current hub',
      migrate: 're-provision and migrate data',
      reset: 're-provision and reset to the initial twin',
    },
    progress: { ok: 'ok', done: 'done', failed: 'failed', halted: 'halted' },
    registration: {
      registrationId: 'Registration ID',
      status: 'Status',
      hub: 'Hub',
      deviceId: 'Device ID',
      error: 'Error',
      created: 'Created',
      updated: 'Last updated',
      heads: {
        id: 'REGISTRATION ID',
        status: 'STATUS',
        device: 'DEVICE ID',
        updated: 'LAST UPDATED',
        hub: 'HUB',
      },
    },
    asksFirst: 'asks for confirmation first',
    withoutAsking: 'without asking',
    ofLastRun: 'in the provisioning service of the last run',
    asJson: 'as JSON',
    listCut: (limit: number) => `Only the first ${limit} are listed; there are more.`,
  },

  /** src/cli/input/ */
  cliInput: {
    passphraseTooShort: (minimum: number) => `The passphrase must have at least ${minimum} characters.`,
    noPassphraseFor: (what: string) => `A passphrase is required to encrypt ${what}.`,
    newPassphraseFor: (what: string) => `New passphrase for ${what}:`,
    passphraseWhy: (minimum: number) => `At least ${minimum} characters. It is neither displayed nor stored.`,
    passphraseHelp:
      'The passphrase encrypts private keys in their files. Without it, nobody can use these keys, including you. Choose several words that are easy to remember, and keep them in a password manager.',
    typeAtLeast: (minimum: number) => `Enter at least ${minimum} characters.`,
    repeatPassphrase: 'Enter the passphrase again:',
    catchTypo: 'To catch a typo.',
    repeatHelp: 'If the first one may have a typo, go back and enter it again.',
    passphraseMismatch: 'The passphrases do not match. Enter it again, or go back to change the first one.',
    passphraseShort: (minimum: number) =>
      `warning: The passphrase has fewer than ${minimum} characters and is easy to guess.`,
    noCertificateInFolder: (folder: string) => `There is no certificate in the folder ${folder}.`,
    certificateExtensions: (extensions: readonly string[]) =>
      `File names of certificates end in ${extensions.join(' ')}.`,
    folderUnreadable: (folder: string) => `Cannot read the folder ${folder}.`,
    certificateFlags: {
      signer: 'Signing CA:',
      ca: 'CA that signs, with the CAs above it: PEM, DER, PKCS#7 or PKCS#12',
      caKey: 'private key of the CA, if it is not in that file',
      withoutCa: (folder: string) => `without --ca: ${folder}`,
      certificate: 'Certificate:',
      keyAlgorithm: 'algorithm of the new key (default: ec-p256)',
      days: 'days of validity (default: set by the profile); ends no later than the CA',
      pathLength: 'how many levels of CAs are allowed below it (default: set by the profile)',
      profile: 'custom profile (JSON), instead of the built-in one',
      subject: (attribute: string) => `${attribute} of the subject`,
      country: 'C of the subject, two letters',
      dns: 'DNS name (subject alternative name)',
      ip: 'IP address (subject alternative name)',
      uri: 'URI (subject alternative name)',
      email: 'email address (subject alternative name)',
      destination: 'Output:',
      force: 'replace existing files; issue a certificate even if it cannot be valid under its CA',
      outFolder: (otherwise: string) => `output folder (default: ${otherwise})`,
      outFile: 'output file (default: standard output)',
      encryptKey: 'encrypt the new private key with the passphrase',
      passphraseFile:
        'file whose first line is the passphrase (or set ENROLLKIT_PASSPHRASE, or enter it when asked)',
      key: 'use an existing private key; it stays where it is',
    },
    notForDps: (problem: string) =>
      `warning: ${problem} DPS will refuse an enrollment with this certificate.`,
    endsWithIssuer: (date: string) => `note: The certificate expires together with its issuer, on ${date}.`,
    keyFlags: {
      conflict: '--key uses an existing key; --key-algorithm and --encrypt-key apply to a new one.',
      omitOne: 'Omit one of them.',
      omitKey: 'Omit --key to create a new key.',
    },
    keyOwner: {
      notFirst: (key: string, subject: string, path: string) =>
        `The private key in ${key} belongs to ${subject}, which is not the first certificate in ${path}.`,
      giveOther:
        'Specify the private key of the first certificate, or a file with only the certificate of this key.',
      notOf: (key: string, subject: string, path: string) =>
        `The private key in ${key} does not belong to the certificate ${subject} in ${path}.`,
      notOfAny: (key: string, count: number, path: string) =>
        `The private key in ${key} does not belong to any of the ${count} certificates in ${path}.`,
    },
    material: {
      trustSettings: (path: string) =>
        `note: The OpenSSL trust settings in ${path} are ignored; only its certificate is used.`,
      pfxWithoutKey: 'This PKCS#12 file contains no private key.',
      pfxWithoutCertificate: 'This PKCS#12 file contains no certificate.',
      pfxProtected: 'This PKCS#12 file is protected by a passphrase, but none was specified.',
      signRequest: 'To get a certificate for a request, run: enrollkit cert sign REQUEST',
      giveCertificate: 'Specify the file of the certificate.',
      holds: (contents: string) => `It contains ${contents}, but no certificate.`,
    },
    chainTooLong: (count: number, maximum: number) =>
      `There are ${count} certificates, but a chain has at most ${maximum}.`,
    oneChain: 'Specify the certificates of one chain only.',
    passphrase: {
      emptyLine: (path: string) => `The first line of ${path} is empty; it must be the passphrase.`,
      writeIt: 'Write the passphrase in the first line of that file.',
      question: 'Passphrase of the private keys:',
      why: 'The passphrase that the keys were encrypted with. It is not shown.',
      missing: 'Enter the passphrase.',
    },
    plan: {
      count: 'number of devices, with numbered names, instead of --device',
      prefix: 'text before the number (default: device-)',
      azureNames: 'Names of a provisioning service in Azure cannot be used with the emulator.',
      addTarget: 'Add --target azure, or omit them.',
      noDpsName: 'The name of the provisioning service is missing.',
      giveDpsName: (others: readonly string[]) =>
        `Specify --dps-name NAME${others.length > 0 ? ` and ${others.join(' and ')}` : ''}.`,
      namedOrNumbered: '--device and --count cannot be used together.',
      omitOne: 'Omit one of them.',
      fileAndFlags: (path: string) => `${path}, with the flags,`,
      flags: 'The combination of flags',
      correctFlags: 'Correct the flags. To see what each does, run: enrollkit quickstart --help',
      standardInput: 'standard input',
      target: (field: string, problem: string) => `Target, ${field}: ${problem}.`,
      initialTwin: (path: string, problem: string) => `The initial twin ${path}, ${problem}.`,
      twinExample: 'Use a file like {"tags":{"site":"A"},"properties":{"desired":{"interval":30}}}.',
    },
    profile: {
      notACa: (role: string) => `--path-length applies to CAs only, not to the role ${role}.`,
      shallower: (length: string) => `note: The path length is ${length}, because the issuer allows no more.`,
      otherRole: (place: string, role: string, expected: string) =>
        `${place}: this profile is for the role ${role}, but ${expected} is required.`,
      correct: 'Correct the profile at that place. Its schema is templates/profiles/profile.schema.json.',
    },
    request: {
      commonNames: (count: number, subject: string) =>
        `Its subject has ${count} common names (${subject}); a device has one, its registration ID.`,
      oneName: 'Use a request with one common name.',
      strongerKey: 'Create a request for a stronger key: enrollkit cert csr NAME',
    },
    signingCa: {
      keyWithoutCa: '--ca-key requires --ca.',
      giveCa: 'Specify the CA certificate that the key belongs to: --ca FILE.',
      noKey: (path: string) => `${path} contains the certificate of the CA, but not its private key.`,
      giveKey: 'Specify --ca-key FILE.',
      none: (folder: string) => `There is no CA in the certificate folder ${folder}.`,
      choose:
        'Specify the CA with --ca FILE and --ca-key FILE, or its folder with --dir FOLDER, or create one: enrollkit cert root NAME',
      cannotBeValid: (problem: string) => `warning: The certificate cannot be valid. ${problem}`,
    },
    notATime: (flag: string, text: string) =>
      `--${flag} must be a time such as 2027-01-31 or 2027-01-31T12:00:00Z, not "${text}".`,
    notADuration: (flag: string, text: string) =>
      `--${flag} is a time such as 500ms, 30s, 10m or 2h, from 100ms to 100d, not "${text}".`,
    notASpan: (flag: string, text: string) =>
      `--${flag} must be days, hours or percent, such as 30, 36h or 25%, not "${text}".`,
    output: {
      exists: (path: string) => `${path} already exists.`,
      isLink: (path: string) => `${path} is a symbolic link.`,
      isNoFile: (path: string) => `${path} is a folder, or not a regular file.`,
      choosePlace: 'Choose another place with --out.',
      chooseOrReplace: 'Choose another place with --out, or replace it with --force.',
      completed:
        'This command was interrupted earlier while writing its files. They are now complete; nothing else was created.',
      keyKept: (path: string, keptAs: string) => `The previous private key of ${path} is now in ${keptAs}.`,
    },
  },

  /** src/cli/target/ */
  cliTarget: {
    noService: (name: string, resourceGroup: string | undefined) =>
      `You do not have a provisioning service named ${name}${resourceGroup === undefined ? '' : ` in the resource group ${resourceGroup}`}.`,
    subscriptionSummary: 'its subscription (default: all that you have access to)',
    resourceGroupSummary: 'its resource group (default: all)',
    dpsNameSummary: 'the provisioning service (default: that of the last run, or the emulator’s)',
    locationSummary: 'the Azure region, for example westeurope (default: that of the resource group)',
    tagSummary: 'a tag of the resource; repeat for several',
    invalidTag: (text: string) => `--tag: "${text}" is not NAME=VALUE.`,
    tagRule:
      'Use a name of 1 to 512 characters without < > % & \\ ? / and a value of at most 256: --tag owner=me',
    subscriptionId: 'Specify its ID, as shown by "az account list" and in the portal.',
    noSubscription: 'You do not have access to an Azure subscription.',
    signInElsewhere:
      'Sign in with an account that has a subscription ("az login"), or ask the owner of a subscription for the role Reader or Contributor.',
    severalSubscriptions: (names: readonly string[]) =>
      `You have several subscriptions: ${names.join(', ')}.`,
    chooseSubscription: 'Choose one with --subscription ID.',
    whichService: 'The name of the provisioning service is missing.',
    nameService: (list: string) => `Specify it with --dps-name NAME. To list yours: ${list}`,
    listServices: (list: string) => `To list yours: ${list}`,
    noHub: (name: string) => `You do not have an IoT hub named ${name}.`,
    notAHubId: (id: string) => `${id} is not the resource ID of an IoT hub.`,
    hubIdRule:
      'Specify the name of the hub, or its resource ID: /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Devices/IotHubs/NAME',
    whichResourceGroup: 'The resource group is missing.',
    nameResourceGroup: 'Specify it with --resource-group NAME. It is created if it does not exist.',
    createdResourceGroup: (name: string, location: string) =>
      `Created the resource group ${name} in ${location}.`,
    ofHub: (source: string, host: string) =>
      `${source} is the connection string of an IoT hub (${host}), not of a provisioning service.`,
    ofOtherService: (source: string, name: string, expected: string) =>
      `${source} is the connection string of the provisioning service ${name}, not of ${expected}.`,
    ofService: (source: string, host: string) =>
      `${source} is the connection string of a provisioning service (${host}), not of an IoT hub.`,
    copyHubString:
      'Copy the connection string of the hub from the portal (your hub > Security settings > Shared access policies).',
    noIdScope: 'The ID scope of the provisioning service is unknown.',
    giveIdScope: 'Specify --id-scope. The portal shows it on the overview page of the provisioning service.',
    emulatorClock: (folder: string, time: string) =>
      `note: Dates follow the clock of the emulator in ${folder}: ${time}.`,
    withLog: (message: string, log: string) =>
      `${message} For the reason, see the log of the emulator: ${log}`,
    withReason: (message: string, log: string, line: number, reason: string) =>
      `${message} The emulator’s log says why (${log}:${line}): ${reason}`,
    seeLog: (log: string) => `For the reason, see the log of the emulator: ${log}`,
    stateFolder: (folder: string) =>
      `state folder, or certificate folder (default: ${folder}, as in a quickstart)`,
    connectionStringFile: 'Azure: file with the connection string of a shared access policy',
    globalEndpoint:
      'endpoint where devices register (default: global.azure-devices-provisioning.net, or the emulator)',
    sharedEmulator: 'use the running emulator of this folder, which other folders may share',
    sharedEmulatorStopped: (folder: string) => `No emulator is running in ${folder}.`,
    sharedEmulatorGone: (folder: string, emulator: string) =>
      `The runs in ${folder} use the emulator in ${emulator}, but there is no emulator in that folder.`,
    startShared: (folder: string) => `Start it: enrollkit emulator start --detach --dir ${folder}`,
    anotherEmulator: (folder: string, emulator: string) =>
      `The folder ${folder} already uses another emulator, in ${emulator}.`,
    newFolderForShared: 'Use a new folder for the runs on the shared emulator: --dir FOLDER.',
    emulatorOrAzure: '--emulator and --target azure exclude each other.',
    omitEmulator: 'Leave out one of them.',
    noEmulator: (folder: string) => `There is no emulator in ${folder}.`,
    emulatorEnded: 'The emulator stopped while this command was using it; it was started by another process.',
    keepRunning: (dir: string) =>
      `Run the command again. To keep an emulator running for several commands: enrollkit emulator start --detach --dir ${dir}`,
    startFirst:
      'Run "enrollkit quickstart" first, specify the folder with --dir FOLDER, or use --target azure.',
  },

  /** src/cli/quickstart/ */
  cliQuickstart: {
    deviceLineProblem: (line: number, problem: string) => `Line ${line}: ${problem}.`,
    differences: (count: number) => `${countOf(count, 'difference')}:`,
    differenceLabels: { recorded: 'recorded', now: 'now' },
    runsOutcome: (outcome: 'done' | 'failed' | 'interrupted', isReplay: boolean) =>
      isReplay ? `${outcome} (replay)` : outcome,
    runsTarget: (target: 'emulator' | 'azure') => ({ emulator: 'emulator', azure: 'Azure' })[target],
    runsDevices: (count: number) => countOf(count, 'device'),
    cleanWouldDelete: 'This would be deleted:',
    /** What happened to a resource; the two are aligned. */
    cleanRemoved: (what: string) => `removed  ${what}`,
    cleanKept: (what: string, why: string) => `kept     ${what}: ${why}`,
    cleanCounts: (
      devices: number,
      registrations: number,
      groups: number,
      certificates: number,
      azure: number,
    ) =>
      [
        countOf(devices, 'device'),
        countOf(registrations, 'registration record'),
        countOf(groups, 'enrollment group'),
        countOf(certificates, 'CA certificate'),
        ...(azure > 0 ? [countOf(azure, 'Azure resource or link', 'Azure resources and links')] : []),
      ].join(', '),
    cleanInService: (dpsName: string) => ` in ${dpsName}`,
    /** What a step does, in a dry run. */
    previewLabels: { keeps: 'keeps', makes: 'creates', sends: 'sends' },
    previewNothing: 'Nothing was created, and nothing was sent.',
    cleanCaCertificate: (name: string, where: string) => `CA certificate ${name}${where}`,
    cleanEnrollmentGroup: (id: string, where: string) => `enrollment group ${id}${where}`,
    cleanRegistration: (id: string, where: string) => `registration record ${id}${where}`,
    cleanHubLink: (hub: string, where: string) => `link to the IoT hub ${hub}${where}`,
    cleanInEmulator: ' in the emulator',
    runsRecorded: 'a recording, or a certificate folder for its last run',
    replaySendsNothing: '  This step sends no requests.',
    cleanDescription:
      'Deletes the devices, the enrollment group and the CA certificate that were created for a folder, according to its journal. With --certificates, also deletes the local files; certificates and keys cannot be recovered.',
    cleanCertificates: 'also delete the local files: certificates, keys and the emulator’s state',
    cleanDryRun: 'list what would be deleted, without deleting it',
    cleanExampleRemote: 'delete what was created in the provisioning service, after asking',
    cleanExampleDryRun: 'what would be deleted, as JSON',
    cleanExampleAll: 'delete everything, without asking',
    cleanNothingWould: (folder: string) => `Nothing would be deleted for ${folder}.`,
    cleanNothing: (folder: string) => `There is nothing to delete for ${folder}.`,
    cleanQuestion: 'Delete all of these?',
    cleanRemovedFiles: (count: number, folder: string) => `deleted  ${count} files in ${folder}`,
    cleanKeptEmulator: (state: string) => `kept     the emulator in ${state}`,
    cleanLeft: (path: string) => `kept     ${path}: it is not from a quickstart`,
    cleanLeftMore: (count: number) => `kept     ${count} more that are not from a quickstart`,
    cleanPartial: (kept: number, all: number) => `${kept} of ${all} items were not deleted.`,
    cleanPartialNext: 'Fix the problem shown for each item, then run the same command again.',
    cleanAndMore: (count: number) => `and ${count} more in the provisioning service`,
    cleanLocalFiles: (count: number) => `${count} files on this computer, including certificates and keys`,
    cleanResourceGroup: (name: string) => `resource group ${name}`,
    cleanProvisioningService: (name: string) => `provisioning service ${name}`,
    cleanIotHub: (name: string) => `IoT hub ${name}`,
    cleanFile: (path: string) => `file ${path}`,
    cleanEnrollment: (id: string, where: string) => `individual enrollment ${id}${where}`,
    cleanHubDevice: (id: string, hub: string) => `device ${id} in the hub ${hub}`,
    findFlag: 'find what a quickstart created in Azure, or in the emulator, without its folder',
    findRunFlag: 'with --find: only this run; once for each',
    findExample: 'find and delete what a lost folder created, after asking',
    findExampleRun: 'delete what one run created, without asking',
    findSubscription: 'with --find: its subscription (default: all that you can read)',
    findResourceGroup: 'with --find: its resource group (default: all)',
    findDpsName: 'with --find: only this provisioning service and its hubs',
    findTarget: 'with --find: where to look: emulator or azure (default: where the last run went)',
    findOnlyWith: (flags: readonly string[]) => `${flags.join(', ')}: only with --find.`,
    findOmit: 'Add --find, or leave it out: clean deletes what the journal of the folder lists.',
    findNotWith: '--find does not delete local files.',
    findNotWithNext: 'Leave out --certificates.',
    findSearching: (what: string) => `searching ${what}`,
    findRun: (run: string, day: string | undefined) =>
      day === undefined ? `Run ${run}` : `Run ${run}, created on ${day}`,
    findRunByName: (run: string, day: string | undefined) =>
      `Only its name suggests a quickstart (${run}${day === undefined ? '' : `, created on ${day}`}); deleted only with --run ${run}:`,
    findByName: (what: string, run: string) =>
      `note: The name of the ${what} suggests that a quickstart created it. To delete it too, add --run ${run}.`,
    findNothing: 'Nothing was found that a quickstart created.',
    findNoSuchRun: (run: string) => `Nothing was found that the run ${run} created.`,
    findListRuns: 'List all runs: enrollkit clean --find --dry-run',
    findKnownRun: (folder: string) =>
      `note: What was created for ${folder} is not included. Delete it with "enrollkit clean".`,
    findNotSearched: (what: string, why: string) => `warning: Could not search ${what}: ${why}`,
    findIncomplete: (count: number) =>
      count === 1 ? 'One place could not be searched.' : `${count} places could not be searched.`,
    findIncompleteNext: 'Fix the problem shown for each of them, then run the same command again.',
    findQuestion: (runs: number) =>
      runs === 1 ? 'Delete all of these?' : `Delete all of these, of ${runs} runs?`,
    findOthersInside: (names: readonly string[]) =>
      `It contains what these runs did not create: ${names.slice(0, 3).join(', ')}${names.length > 3 ? `, and ${names.length - 3} more` : ''}.`,
    findStillThere: 'It still exists after it was deleted.',
    findNoHubKey: (hub: string) => `There is no shared access policy iothubowner in the IoT hub ${hub}.`,
    cleanTelemetry: (id: string) => `record of the message from ${id}`,
    replayInterrupted: 'note: The recorded run was interrupted. Anything after that point is not compared.',
    replayCompared: (recorded: string, now: string) => `Compared ${recorded} with ${now}.`,
    replayEndedWithError: (message: string) => `The replay ended with an error: ${message}`,
    replayStepNeedsTerminal: '--step waits for Enter, but there is no terminal.',
    replayStepNext: 'Run it in a terminal, with CI unset, or leave out --step.',
    replayOfflineTarget: '--offline does not use a provisioning service.',
    replayOfflineNext: 'Leave out --offline, or leave out --target and its related flags.',
    replayRestarted: (folder: string) =>
      `An earlier run of this replay was interrupted. What it created in ${folder} is removed, and the replay starts over.`,
    replayEncrypts: 'The recorded run encrypts its private keys.',
    replayEarlierSteps:
      'note: Some steps were already done when the run was recorded. The replay does them first. They are not compared.',
    replayDescription:
      'Runs a recorded quickstart again, in a new folder, and compares it with the recording step by step: outcomes, statuses, shapes, names and counts. Without --target azure, it runs on an embedded emulator, even if the recording is of Azure. It asks no questions.',
    replayRecording: 'a recording, or a certificate folder to use its last run',
    replayDir: (folder: string) => `a new or empty folder for the replay (default: ${folder})`,
    replayCheck: 'exit with 13 if the runs differ, and with 0 if they do not',
    replayOffline: 'answer each request from the recording, without connecting to anything',
    replayStep: 'before each step, show what it sends and wait for Enter',
    replayNamePrefix: 'add TEXT before the names of the group, the uploaded CA and the devices',
    replayExampleLast: 'repeat the last run of the folder certs',
    replayExampleOffline: 'another person’s run, without a service, as JSON',
    replayExampleClass: 'in a class: step by step, with your own names',
    replayEnter: 'Press Enter to continue',
    replayCtrlC: 'Press Ctrl-C to stop the replay.',
    runsNoDifference: 'No differences.',
    runsTheRun: 'the run',
    runsVersions: (before: string, after: string) => `Recorded with ${before}; now ${after}.`,
    runsNothing: 'nothing',
    runsNoRecording: (folder: string) => `There is no recording in ${folder}.`,
    runsStillGoing: (folder: string, pid: number) =>
      `Process ${pid} is working in ${folder}. A run is recorded when it ends.`,
    runsStillGoingNext:
      'Wait until it ends, or specify the file of an earlier run: enrollkit runs --dir FOLDER',
    runsNoRecordingNext: 'Run enrollkit quickstart in that folder first, or specify a file.',
    runsCompareDescription:
      'Compares two recorded runs step by step, as replay does, and exits with 13 if they differ. Names that you changed for a replay do not count as differences.',
    runsToCompare: 'the recording or folder to compare with it',
    runsExampleFolders: 'the last runs of two folders',
    runsExampleFiles: 'two files, as JSON',
    runsDescription: 'Lists the recordings of quickstarts and replays in a certificate folder, oldest first.',
    runsExampleFolder: 'the runs of the folder certs',
    runsExampleOther: 'the runs of another folder, as JSON',
    runsUnreadable: 'unreadable',
    runsRecordedIn: (path: string) => `This run is recorded in ${path}.`,
    commandExisting: 'Use an existing CA:',
    commandDescription:
      'Creates a certificate chain, uploads the CA certificate to DPS and verifies it, creates an enrollment group and device certificates, registers the devices and connects them to their hub. Safe to run again: it resumes after a failure.',
    commandYes: 'ask no questions and use the defaults for all other answers',
    commandPlan: 'the plan of an earlier run; flags override it',
    commandDryRun: 'list what would be created and every request that would be sent',
    commandCa:
      'a root or intermediate CA with its issuers (PEM, DER, PKCS#7 or PKCS#12), which is copied to the folder',
    commandExampleYes: 'three devices on the embedded emulator',
    commandExampleCount: 'twenty devices, in a separate folder',
    commandExampleDryRun: 'what a run on Azure would send',
    commandExampleCa: 'devices signed by an existing CA',
    commandExamplePlan: 'the same run again, as JSON',
    commandVerificationCode: 'the verification code from the portal, if you verify the CA certificate there',
    commandSomeAnswers: 'Some answers are missing, and there is no terminal to ask for them.',
    commandNoTerminal: 'There is no terminal to ask questions in.',
    commandAddYes: 'Add --yes to use the defaults for the other answers.',
    commandYesOrPlan:
      'Run enrollkit quickstart --yes to use the defaults, or enrollkit quickstart --plan FILE.',
    commandNoPassphrase: 'The plan encrypts the private keys, but there is no passphrase.',
    andMore: (count: number) => `and ${count} more`,
    plan: 'Plan:',
    createNew: 'Create a new one',
    createNewWhat: 'Creates a provisioning service and an IoT hub, after asking you to confirm.',
    price:
      'Azure bills the provisioning service by its operations, and an S1 hub by the day, until you delete them. An F1 hub is free.',
    createHelp:
      'A resource group, a provisioning service, an IoT hub and the link between them are created if they do not exist. You choose their names next, and see them in the plan before anything is created. Everything that a run creates is tagged, and enrollkit clean deletes it again. Your account needs the role Contributor on the subscription or the resource group.',
    closing: {
      toInstall: (count: number, service: string | undefined, time: string) =>
        `${count} ${count === 1 ? 'certificate is' : 'certificates are'} issued and can register on ${service ?? 'the emulator'}, in ${time}.`,
      install: 'install it on the device, which has the key',
      request: 'the certificate signing request of the device',
      operational: 'issued at registration: certificate, chain and key for IoT Hub',
      enrollmentsReadBack: 'Individual enrollments, read back from the service',
      disabledEnrollments: (service: string | undefined) =>
        `The individual enrollments are created on ${service ?? 'the emulator'}. They are disabled, so no device is registered.`,
      disabled: (service: string | undefined) =>
        `The enrollment group is created on ${service ?? 'the emulator'}. It is disabled, so no device is registered.`,
      enrolled: (count: number, service: string | undefined, time: string) =>
        `${count} ${count === 1 ? 'device is' : 'devices are'} enrolled on ${service ?? 'the emulator'}, in ${time}.`,
      until: (day: string) => `until ${day}`,
      root: (nameInDps: string | undefined) =>
        nameInDps === undefined ? 'the root CA' : `the root CA, in DPS as ${nameInDps}`,
      intermediate: (nameInDps: string | undefined) =>
        nameInDps === undefined
          ? 'signs device certificates'
          : `signs device certificates, in DPS as ${nameInDps}`,
      keepSafe: 'its private key; keep it safe',
      chain: (hasIssuers: boolean) =>
        `sent by the device: its certificate${hasIssuers ? ' and issuers' : ''}`,
      edgeCa: 'the gateway’s CA certificate for the devices behind it',
      oneCertificateEach: 'X.509, a separate certificate for each device',
      deviceKey: 'its private key',
      pfx: 'both in one file, PKCS#12',
      programKept: 'kept, because you changed it',
      program: 'creates the enrollment group, in Python',
      plan: 'to run this again: quickstart --plan FILE',
      recording: 'recordings of runs, for report and replay',
      idScope: 'ID scope',
      sendAgain: 'Send another message as the first device',
      keepEmulator: 'Keep the emulator running with these resources, for any Azure SDK',
      emulatorEnv: 'In another shell: set its addresses and keys for your programs',
      byHand: 'Create the enrollment group in Python; the connection string is in the portal',
      clean: 'Delete everything created in the provisioning service',
      certificates: 'Certificates',
      filesIn: (folder: string) => `Files in ${folder}`,
      groupReadBack: 'Enrollment group, as read back from the service',
      devices: 'Devices',
      next: 'Next',
    },
    picture: {
      device: (isGateway: boolean, days: number) =>
        `${isGateway ? 'a gateway' : 'a device'}: its own key and certificate, valid for ${days} days`,
      intermediate: (name: string | undefined) =>
        name === undefined ? 'Intermediate CA' : `Intermediate CA "${name}"`,
      root: (name: string | undefined) => (name === undefined ? 'Root CA' : `Root CA "${name}"`),
      folder: (folder: string) => `Folder ${folder}`,
      folderMeaning: (algorithm: string, isEncrypted: boolean) =>
        `certificates and private keys on this computer; ${algorithm} keys, ${isEncrypted ? 'encrypted with your passphrase' : 'not encrypted'}`,
      devices: (count: number) => (count === 1 ? '1 device' : `${count} devices`),
      registering: (count: number, protocol: string, sendsTelemetry: boolean) =>
        count === 1
          ? `registers over ${protocol}${sendsTelemetry ? ', then sends a message and reads its twin' : ''}`
          : `register over ${protocol}${sendsTelemetry ? ', then send a message and read their twins' : ''}`,
      hubs: (names: readonly string[] | undefined) =>
        names === undefined ? 'IoT hubs: all linked' : `IoT hub ${names.join(', ')}`,
      uploaded: (role: 'root' | 'intermediate', proof: 'automatic' | 'portal') =>
        `the ${role} CA, uploaded; ${proof === 'portal' ? 'you verify it manually' : 'enrollkit verifies it'}`,
      allows: (byCa: boolean) =>
        byCa
          ? 'allows every device whose chain leads to that CA'
          : 'allows every device signed by the CA certificate in the group',
      reprovisioning: (policy: string) => `Re-provisioning: ${policy}`,
      service: (name: string) => `DPS ${name}`,
      subscription: (id: string) => `Subscription ${id}`,
      upTo: (id: string) => `up to ${id}`,
      yourIntermediate: 'Your intermediate CA',
      signsDevices: 'signs device certificates',
      signsDevicesRootAway: 'signs device certificates, so the root key can stay offline',
      yourRoot: 'Your root CA',
      rootAboveIntermediate: 'where trust begins: signs the intermediate CA',
      rootAboveDevices: 'where trust begins: signs device certificates',
      emulator: 'DPS: the emulator',
      emulatorMeaning: 'Device Provisioning Service on this computer: no account, no cost',
      azureMeaning: 'your Device Provisioning Service in Azure: devices contact it first',
      ownCertificate: (isGateway: boolean, days: number) =>
        `${isGateway ? 'a gateway' : 'a device'}: its own key and self-signed certificate, valid for ${days} days`,
      requested: (days: number) =>
        `a device: keeps its key; certificate for its request, valid for ${days} days`,
      individual: (count: number) =>
        count === 1 ? 'Individual enrollment' : `${count} individual enrollments`,
      individualMeaning: (count: number) =>
        `${count === 1 ? '' : 'each '}allows one device, by its certificate`,
      details: (count: number) =>
        count === 1 ? 'Device ID, tags: 1 device' : `Device IDs, tags: ${count} devices`,
      detailsMeaning: (first: string) => `for example ${first}`,
      operational: (policy: string | undefined) =>
        policy === undefined ? 'Certificates issued by DPS' : `Credential policy ${policy}`,
      operationalMeaning: 'each device sends a CSR when it registers, and connects with what is issued',
      registerThemselves: (count: number) =>
        count === 1
          ? 'registers when its certificate is installed'
          : 'register when their certificates are installed',
      caCertificate: (name: string) => `CA certificate ${name}`,
      group: (id: string) => `Enrollment group ${id}`,
      disabled: 'prepared, but rejects all devices for now',
      initialTwin: 'Initial twin',
      twinMeaning: (json: string) => `settings of a new device: ${json}`,
      subscriptionMeaning: 'what Azure bills',
      resourceGroup: (name: string) => `Resource group ${name}`,
      resourceGroupMeaning: 'contains the service in Azure',
      resetMeaning: 'a device that registers again gets the initial twin again',
      neverMeaning: 'a device that registers again keeps its hub',
      hashed: 'where devices send their messages; devices are spread evenly',
      geoLatency: 'where devices send their messages; the nearest hub',
      staticHub: 'where devices send their messages; always this hub',
      webhook: (host: string) => `Webhook ${host}`,
      webhookMeaning: (url: string) => `assigns devices to hubs: ${url}`,
      customHub: 'where devices send their messages; the webhook decides which',
      created:
        'your Device Provisioning Service in Azure, created if it does not exist; Azure bills its operations',
      newHub: (name: string) => `IoT hub ${name}`,
      newHubMeaning: (sku: string, region: string | undefined) =>
        `created if no hub is linked: ${sku}, ${sku === 'F1' ? 'free' : 'billed per day'}${region === undefined ? '' : `, in ${region}`}`,
    },
    createConfirm: 'Create a provisioning service and an IoT hub in this subscription?',
    serviceFacts: (location: string, resourceGroup: string, hubs: number) =>
      `${location}, resource group ${resourceGroup}, ${hubs === 0 ? 'no linked hub: devices cannot be assigned' : hubs === 1 ? '1 linked hub' : `${hubs} linked hubs`}`,
    noService: 'This subscription has no provisioning service that you can read.',
    rolesNeeded:
      'Your account needs the role Reader on the subscription to list its provisioning services, and Contributor on the provisioning service to upload and verify CA certificates. An owner assigns them in the portal, under Access control (IAM). Without them, type the names and verify the CA certificate manually.',
    renew: (count: number) => `Renew ${count} device ${count === 1 ? 'certificate' : 'certificates'}`,
    hubNotLinked: (hub: string, service: string, linked: readonly string[]) =>
      `${hub} is not linked to ${service}. Linked hubs: ${linked.join(', ')}.`,
    welcome: 'Enroll X.509 devices in Azure IoT Hub Device Provisioning Service.',
    pressEnter: 'Press Enter at every question for three devices on the emulator. Press Ctrl-C to quit.',
    installRenewed: (command: string) =>
      `Install the new certificates on the devices. IoT Hub accepts a new certificate after the device has registered again: ${command}`,
    authority: (role: 'root' | 'intermediate', commonName: string, day: string, endsSoon: boolean) =>
      `${role} CA "${commonName}", valid until ${day}${endsSoon ? ': expires soon' : ''}`,
    deviceCertificates: (count: number, day: string, due: number) =>
      `${count === 1 ? '1 device certificate' : `${count} device certificates`}, the first valid until ${day}${due === 0 ? '' : `: ${due} due for renewal`}`,
    /** Without a group, the devices have individual enrollments. */
    planOnEmulator: (count: number, group: string | undefined) =>
      `a plan for ${count} ${count === 1 ? 'device' : 'devices'} on the emulator, ${group === undefined ? 'individual enrollments' : `enrollment group ${group}`}`,
    planInAzure: (count: number, service: string, group: string | undefined) =>
      `a plan for ${count} ${count === 1 ? 'device' : 'devices'} in Azure, on ${service}, ${group === undefined ? 'individual enrollments' : `enrollment group ${group}`}`,
    lastRun: (day: string, outcome: 'done' | 'failed' | 'interrupted', failure: string | undefined) =>
      `last run on ${day}: ${outcome === 'done' ? 'completed' : outcome}${failure ? `: ${failure}` : ''}`,
    uploadToEmulator: (page: string, name: string, file: string, upload: string, code: string) => `
Proof of possession, in the emulator’s page:
  1. Open the certificates of the provisioning service:
     ${page}
  2. Under "Upload a certificate", enter the name ${name}
     and choose the file ${file}
     Select "Upload".
  3. Select "Generate verification code". Copy the code.

Or in another terminal:
  ${upload}
  ${code}
`,
    answerEmulator: (file: string, verify: string) => `
The verification certificate is ready. On the same page:
  4. Under "Upload that certificate", choose the file
     ${file}
     Select "Verify".

Or in the other terminal:
  ${verify}
`,
    uploadInPortal: (service: string, url: string, name: string, file: string) => `
Proof of possession, in the portal:
  1. Open the provisioning service ${service}:
     ${url}
  2. Select Settings, Certificates, Add. Name: ${name}
     File: ${file}
     Leave "Set certificate status to verified on upload" cleared. Save.
  3. Select the new certificate, then "Generate verification code". Copy the code.
`,
    answerInPortal: (file: string, name: string) => `
The verification certificate is ready. In the portal, on the same page:
  4. Under "Verification certificate", choose
     ${file}
  5. Select "Verify". The list then shows ${name} as verified.
`,
    help: {
      'quickstart.folder':
        'Everything that is created on this computer goes into this folder: certificates, private keys, the plan and a journal. Use one folder per project. Never put it into a shared folder or a Git repository: anyone who has the private key of a CA can create devices that your service trusts.',
      'quickstart.existing':
        'enrollkit has been used in this folder before. It never overwrites a private key. It is safe to run again after a failure: only what is missing is created.',
      'quickstart.more':
        'The defaults suit a first try and most projects. Answer yes to be asked for the details one by one. Press Enter to keep a default.',
      'quickstart.run':
        'The plan above is everything that will be created. It is saved in the folder, so that you can run it again or give it to someone else; it contains no secrets. The command enrollkit clean deletes what a run created.',
      'quickstart.change':
        'Choose the question whose answer is wrong. It is asked again, along with any question that depends on the new answer.',
      'target.kind':
        'Device Provisioning Service (DPS) is the Azure service that a device contacts first: DPS checks its certificate and assigns it to an IoT hub. The emulator is the same service on your computer. It costs nothing, needs no account and is the place to learn and to test. Choose Azure if real devices are to connect.',
      'target.dpsName':
        'The name of your provisioning service, for example contoso-dps. In the portal, search for "Device Provisioning Services"; the command enrollkit dps list --target azure shows it too.',
      'target.subscriptionId':
        'A subscription contains your provisioning service, and is what Azure bills. A subscription ID is a GUID, such as 11111111-2222-3333-4444-555555555555. It is on the overview page of the provisioning service; az account show shows the current one.',
      'target.resourceGroup':
        'A resource group is a folder for resources in Azure. The overview page of the provisioning service shows its resource group.',
      'target.idScope':
        'The ID scope identifies your provisioning service to devices: all devices contact the same address, and the ID scope says which service they belong to. It begins with 0ne and is shown on the overview page. It is not a secret.',
      'target.create':
        'Choose yes if you have no provisioning service yet. enrollkit then creates the resource group, the provisioning service, an IoT hub and the link between the two, unless they already exist, and tags them. Azure bills an S1 hub by the day, and the operations of the provisioning service. enrollkit clean deletes what was created, and nothing else.',
      'target.location':
        'The Azure region where the resources are created, for example westeurope or eastus. Choose one near your devices. It cannot be changed later.',
      'target.hubName':
        'The IoT hub is the service that devices send their messages to. Its name becomes part of its address, NAME.azure-devices.net, so no one else in Azure can have the same one.',
      'target.hubSku':
        'S1 is the usual tier, billed by the day. F1 is free, allows 8,000 messages a day, and each subscription can have one. A free hub cannot be turned into another tier later.',
      'certificates.keyAlgorithm':
        'Each CA and each device gets a key pair. EC P-256 is small, fast and accepted by Azure and by all Azure SDKs. Choose RSA only if a device or a rule requires it. All keys are of the same type. To change it later, you need new certificates.',
      'certificates.deviceCertificates':
        'A device proves who it is with a certificate and its private key. Signed by your CA: enrollkit creates both for each device. Self-signed: the same without a CA, for a few devices. From CSRs: the key was created on the device and never leaves it; you have a certificate signing request (CSR) of each device, and get back a certificate to install.',
      'certificates.existingCa':
        'If your company already has a root or intermediate CA, it can sign the certificates of your devices. Otherwise, enrollkit creates new CAs.',
      'certificates.rootCommonName':
        'The name in the certificate of the root CA, which people see in tools and in the portal. Leave it blank to get a unique name, since two roots with the same name are easily confused.',
      'certificates.intermediate':
        'A certificate authority (CA) signs certificates with its private key. With an intermediate CA, the root signs only the intermediate, and the intermediate signs devices. The root key can then stay offline, and if the intermediate key is lost or stolen, you replace only the intermediate. Choose no only for small tests.',
      'certificates.intermediateCommonName':
        'The name in the certificate of the intermediate CA. Leave it blank to get a unique name.',
      'certificates.deviceValidityDays':
        'A device certificate must be replaced before it expires, or the device can no longer connect. A year suits devices that you can reach; shorter is safer if renewal is automatic. It never expires later than the CA that signs it.',
      'certificates.encryptKeys':
        'Without a passphrase, anyone who can read the key files can use the keys. With one, they need the passphrase too. Choose yes for CAs that real devices depend on. On most devices, nobody can enter a passphrase, so device keys are often left unencrypted.',
      'certificateAuthority.uploaded':
        'DPS trusts devices whose certificate chain leads to the CA that you upload. If you upload the root, DPS also accepts devices of intermediates that you add later. If you upload the intermediate, DPS accepts only its devices.',
      'certificateAuthority.name':
        'DPS lists uploaded CA certificates by this name. It is only a label; choose one that tells you which CA it is.',
      'certificateAuthority.proofOfPossession':
        'A CA certificate is public, so anyone could upload yours. DPS therefore shows a verification code and asks for a certificate with that code, signed by the CA. Only the owner of the private key can create it. enrollkit does this for you if your account can change the provisioning service. If not, or to learn how it works, choose Manually.',
      'enrollmentGroup.id':
        'An enrollment group is an entry in DPS that lets devices register if this CA signed their certificates, and says how they are set up. One group is enough for any number of devices. You choose the ID.',
      'enrollmentGroup.attestation':
        'Attestation is how DPS recognizes a device. With an uploaded CA, the group refers to it by name, and several groups can share it. With a certificate in the group, the certificate of the CA that signs the devices is stored in the group itself; it is accepted without proof of possession.',
      'enrollmentGroup.allocationPolicy':
        'DPS assigns each device to one of the linked IoT hubs. hashed spreads devices evenly, geoLatency takes the nearest hub, static always takes the hub that you name. With a single hub, they are all the same.',
      'enrollmentGroup.webhookUrl':
        'A webhook is a small web service that you run, often an Azure function. DPS sends it each device that registers, with its payload and the list of linked hubs, and the answer names the hub. Azure accepts https only; the emulator also accepts http on this computer. enrollkit sample node allocation-webhook is one to start from; other languages have it, too.',
      'enrollmentGroup.webhookApiVersion':
        'The enrollment that the webhook gets is written in one api-version of the service. Keep the usual one unless your webhook was written for another.',
      'enrollmentGroup.iotHubs':
        'An IoT hub is the service that devices send their messages to. Devices can be assigned to all hubs that are linked to the provisioning service, or only to those that you name here.',
      'enrollmentGroup.initialTwin':
        'A device twin is a JSON document that IoT Hub keeps for each device. Tags are for you (location, customer); desired properties are settings that the device reads. These values are set when a device registers for the first time.',
      'enrollmentGroup.reprovisionPolicy':
        'A device that registers again can be assigned to another hub. Migrate: its twin moves to the new hub. Reset: it starts with the initial twin again. Keep: it stays in its current hub. With a single hub, keep the default.',
      'enrollmentGroup.iotEdge':
        'An IoT Edge device is a gateway that runs modules and lets other devices connect through it. It needs an additional CA certificate for those. Answer no for ordinary devices.',
      'enrollmentGroup.provisioningStatus':
        'DPS rejects devices whose enrollment is disabled. Choose this to prepare everything now and let devices register later.',
      'devices.enrollment':
        'An enrollment is the entry in DPS that allows a device to register. With an enrollment group, one entry allows every device whose certificate your CA signed: choose it for many devices, and if you are not sure. With individual enrollments, each device has its own entry: choose them if devices need different settings, a device ID other than the registration ID, or certificates without a common CA. No CA is uploaded then.',
      'devices.details':
        'A CSV file can have a column deviceId, with the ID of each device in IoT Hub, and columns such as tags.site, with tags of its device twin.',
      'devices.requestCertificates':
        'With certificate management, Azure issues the certificate that a device connects to IoT Hub with. The device registers with its own certificate as before, and sends a certificate signing request (CSR) along. In Azure this is in preview: the provisioning service must be linked to Azure Device Registry. The emulator does it too.',
      'devices.credentialPolicy':
        'A credential policy in Azure Device Registry says which CA issues the certificates, and for how long they are valid. The emulator has one for each name.',
      'devices.naming':
        'Each device has a registration ID, by which DPS knows it; it becomes the device ID in IoT Hub. Number your devices if any name will do. Use a list or a file if they have names already, such as serial numbers.',
      'devices.count':
        'For each device, a key and a certificate are created on this computer, and it is registered. At most 1000 at once; use the fleet commands for more.',
      'devices.prefix':
        'With the prefix line4- the devices are called line4-001, line4-002, and so on. Letters, digits and - . _ : are allowed.',
      'devices.file':
        'A file that a spreadsheet or a database has exported: CSV with a column registrationId in its first line, or a text file with one registration ID per line. With individual enrollments, it can also have a column deviceId (the ID in IoT Hub) and columns such as tags.site (tags of the device twin). The whole file is checked before anything is created; an invalid line is reported by its number.',
      'devices.requests':
        'Each device, or its maker, creates a private key and a certificate signing request (CSR) and gives you the request. Its common name is the registration ID. List the files, or name a folder that contains them: names that end in .csr, .pem, .req, .p10 or .der. To create one with enrollkit, run on the device: enrollkit cert csr ID',
      'devices.registrationIds':
        'Letters, digits and the characters - . _ : are allowed, at most 64 of them for certificates. IDs are case-insensitive. Each ID is also the common name in the certificate of the device, since DPS compares the two.',
      'devices.protocol':
        'Devices can register over MQTT (port 8883), AMQP (port 5671) or HTTPS (port 443). Most devices use MQTT. Choose HTTPS if only port 443 is open.',
      'devices.sendTelemetry':
        'After registering, each device connects to its hub, sends one message and reads its twin. This proves that everything works from end to end.',
    },
    signInHelp:
      'enrollkit uses the account of "az login", or a service principal in AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET. It lists what this account can read, so you do not have to type names and IDs. Nothing is changed. You can always type the names instead.',
    lookingUpSubscriptions: 'Looking up your subscriptions...',
    noSubscription:
      'Your account has no subscription. Sign in with another account (az login --tenant TENANT), or type the names.',
    whichSubscription: 'Which subscription?',
    subscriptionHelp: (signIn: string) =>
      `A subscription contains your resources, and is what Azure bills. ${signIn}`,
    subscriptionId: (id: string) => `Subscription ID ${id}`,
    typeInstead: 'Type the names instead',
    typeInsteadNeeds: 'You need the name, the subscription ID and the resource group.',
    lookingUpServices: 'Looking up the provisioning services of this subscription...',
    howToContinue: 'How do you want to continue?',
    whichService: 'Which provisioning service?',
    serviceHelp: (signIn: string) =>
      `Device Provisioning Service (DPS) is the service that your devices contact first. ${signIn}`,
    lookAgain: 'Refresh the list',
    lookAgainWhen: 'Use this after you create one or get permission.',
    tryAgain: 'Try again',
    tryAgainAfterLogin: 'For example, after az login in another terminal.',
    signInAgain:
      'Sign in with "az login" in another terminal, then try again. Your answers are kept. Without access to Azure Resource Manager, type the names and verify the CA manually.',
    checkNetwork:
      'Check the network and the proxy (HTTPS_PROXY), then try again. Your answers are kept. You can also type the names.',
    typeNames: 'Type the names',
    typeNamesWithoutRights: 'Also works without permissions in Azure Resource Manager.',
    runAgain: 'Run again',
    runAgainEffect: 'Creates what is missing and changes nothing else.',
    resume: 'Resume',
    resumeEffect: 'Continues where the last run stopped.',
    addDevices: 'Add devices',
    addDevicesEffect: 'Keeps the CAs and the enrollment group, and adds devices.',
    whatToDoWith: (folder: string) => `What do you want to do with ${folder}?`,
    renewEffect: 'Renews certificates that expire soon or have expired.',
    changeAnswers: 'Change answers',
    keepsLastAnswers: 'Press Enter to keep an answer from the last run.',
    answerForFolder: 'Answer the questions for this folder.',
    newFolderInstead: 'Start over in a new folder',
    leavesFolder: (folder: string) => `Does not change ${folder}.`,
    deleteCreated: 'Delete what enrollkit created here',
    deleteCreatedEffect: 'Deletes devices, enrollments and CAs in DPS, after asking you to confirm.',
    atMost: (maximum: number) => `Enter at most ${maximum}.`,
    notJsonYet: 'Enter a complete JSON object, or none.',
    theTwin: 'The twin',
    wholeNumber: (minimum: number, maximum: number) => `Enter a whole number from ${minimum} to ${maximum}.`,
    folderQuestion: 'Folder for certificates and keys:',
    folderIsCreated: 'It is created if it does not exist.',
    newFolderQuestion: 'New folder for certificates and keys:',
    folderStays: (folder: string) => `Nothing in ${folder} is changed.`,
    folderUsed: 'enrollkit already uses this folder.',
    /** After the sentence that says what is wrong with a folder. */
    enterAnotherFolder: (problem: string, free: string) => `${problem} Enter another one, such as ${free}.`,
    passphraseQuestion: 'Passphrase for the private keys:',
    moreQuestion: 'Change more settings?',
    moreSettings: 'CA names, validity, attestation, hubs, initial twin, IoT Edge and protocol.',
    yourAnswers: 'Your answers',
    runQuestion: 'Run this plan?',
    run: 'Run',
    runEffect: 'Saves the plan and runs it without further questions.',
    changeAnAnswer: 'Change an answer',
    othersKept: 'All other answers are kept.',
    quitWithoutRunning: 'Quit without running',
    quitEffect: 'Creates nothing and saves nothing.',
    cancelled: 'Canceled. Nothing was created.',
    runWhenReady: 'Run the same command again when you are ready.',
    whichAnswer: 'Which answer do you want to change?',
    asksAgain: 'Asks this question again; all other answers are kept.',
    groupExists: (service: string, id: string) =>
      `${service} already has an enrollment group ${id}. Choose another ID.`,
    certificateExists: (service: string, name: string) =>
      `${service} already has a CA certificate named ${name}. Choose another name.`,
    whatNext: 'What do you want to do?',
    afterFailureHelp:
      'Everything created before the error is kept and used when you try again. Change an answer if a name is taken or a value is wrong. Try again if a connection was lost or you have fixed something elsewhere.',
    tryAgainEffect: 'Continues where it stopped. Completed steps are kept.',
    quit: 'Quit',
    quitToContinue: 'Run the same command again later to continue.',
    howNewNamed: 'How do you want to name the new devices?',
    howNamed: 'How do you want to name the devices?',
    numbered: 'Numbered',
    numberedEffect: 'device-001, device-002, and so on, with a prefix of your choice.',
    fromList: 'From a list',
    fromListEffect: 'Registration IDs that you type or paste.',
    fromFile: 'From a file',
    fileFormat: 'CSV with the column registrationId, or one ID per line.',
    fileFormatWithDetails: 'CSV with registrationId, deviceId and tags.NAME, or one ID per line.',
    requestsQuestion: 'Files with the certificate signing requests:',
    requestsFormat: 'Separated by commas, or a folder that contains them.',
    requestsKept: (count: number) =>
      `Press Enter to keep ${count === 1 ? 'the request' : `the ${count} requests`} in the folder.`,
    devicesTwice: '--devices cannot be used together with --device, --count or --device-prefix.',
    deviceFileNext:
      'Use a CSV file whose first line has the column registrationId (and optionally deviceId and tags.NAME), or one registration ID per line.',
    csrNotUsed: '--csr is for devices that keep their keys, but the plan creates the keys.',
    csrNotUsedNext: 'Leave out --csr, or use --device-certificates csr.',
    csrOfNoDevice: (id: string) => `--csr has a request for ${id}, which is not one of the devices.`,
    csrOfNoDeviceNext: (id: string) => `Add --device ${id}, or leave out its request.`,
    csrTwice: (id: string, one: string, other: string) => `${one} and ${other} are both requests for ${id}.`,
    noCsrIn: (folder: string, endings: readonly string[]) =>
      `${folder} contains no certificate signing request in a file whose name ends in ${endings.join(', ')}.`,
    commandCsr:
      'a certificate signing request of a device that keeps its key, or a folder of them; repeat for more',
    commandExampleDevices: 'the devices of a list, each with an individual enrollment',
    commandExampleCsr: 'devices that keep their private keys',
    commandExampleRequest: 'devices that connect with certificates issued at registration',
    howManyNew: 'How many new devices?',
    howMany: 'How many devices?',
    countEffect: 'Each device gets its own key and certificate, and is registered.',
    prefixQuestion: 'Name prefix:',
    numberingContinues: 'Numbering continues after the existing devices.',
    numberFollows: 'The number is added after it.',
    newIdsQuestion: 'Registration IDs of the new devices:',
    separated: 'Separated by commas or spaces.',
    fileQuestion: 'File with the registration IDs:',
    nameFile: 'Enter the name of a file.',
    noFile: (path: string) => `The file ${path} does not exist.`,
    notAFile: (path: string) => `${path} is not a file.`,
    fileTooLarge: (path: string) => `${path} is too large. Use enrollkit fleet issue for long lists.`,
    tooManyDevices: (count: number, maximum: number) =>
      `The file lists ${count} devices; quickstart accepts at most ${maximum}. Use enrollkit fleet issue.`,
    lineProblem: (line: number, problem: string) => `Line ${line}: ${problem}`,
    nameFolder: 'Enter the name of a folder.',
    fileNotFolder: (place: string) => `${place} is a file, not a folder.`,
    mayNotWrite: (place: string) => `You do not have permission to write to ${place}.`,
    folderInUse: (pid: number) => `Another enrollkit command is using this folder (process ${pid}).`,
    folderContains: (folder: string) => `${folder} contains:`,
    verificationCode: 'Verification code:',
    pasteCode: 'Paste it here. It is not a secret.',
    haveYouRun: 'Does the page, or the command, show it as verified?',
    portalShowsVerified: 'Does the portal show it as verified?',
    runContinues: 'Answer yes to continue the run.',
    refreshList: 'This can take a moment. Refresh the list.',
    notVerifiedYet: 'The CA certificate is not verified yet.',
    whenVerified: 'When the certificate is verified, run the same command again: it continues from here.',
    codeHelp:
      'DPS asks you to sign a certificate that contains this code. Anyone can have a copy of the CA certificate, but only its owner has the private key, so only the owner can sign. Each new code replaces the previous one.',
    verifiedHelp:
      'Until the certificate is verified, DPS rejects its devices. If you answer no, this run ends, and you can continue it later with the same command.',
  },

  /** src/cli/cert/ */
  cliCert: {
    authorityName: 'common name of the CA',
    folderOfThatName: 'a folder with that name in the current folder',
    certificateFile: 'certificate file: PEM, DER, PKCS#7 or PKCS#12',
    certificateWithIssuers: 'the certificate, optionally followed by its issuers',
    deviceOrModuleId: 'registration ID; for an IoT Hub module identity, deviceId/moduleId',
    signedByFolder: 'signed by the CA in the certificate folder',
    signedByOther: 'signed by another CA',
    atTime: 'time to check at, ISO 8601 (default: now)',
    unreadable: 'cannot be read:',
    encrypted: {
      newKey: 'the new private key',
      key: 'the private key',
      pfx: 'the PKCS#12 file',
    },
    rows: {
      subject: 'Subject',
      noSubject: 'none',
      issuer: 'Issuer',
      itself: 'itself',
      selfSigned: 'itself (self-signed)',
      serialNumber: 'Serial number',
      validFrom: 'Valid from',
      validUntil: 'Valid until',
      key: 'Key',
      signature: 'Signature',
      requestSignature: 'valid: the requester has the private key',
      authority: 'CA',
      isAuthority: (pathLength: number | undefined) =>
        pathLength === undefined ? 'yes, no path length' : `yes, path length ${pathLength}`,
      notAuthority: 'no',
      keyUsage: 'Key usage',
      extendedKeyUsage: 'Extended key usage',
      alternativeNames: 'Alternative names',
      leftOut: 'Not copied',
      malformed: 'Malformed',
      certificate: 'Certificate',
      certificates: (count: number) => (count === 1 ? 'Certificate' : `${count} certificates`),
      chain: 'Chain',
      keyFile: 'Key file',
      pfx: 'PFX file',
      request: 'Request',
    },
    bundle: {
      description:
        'Writes the certificates of a chain to one PEM file in the order that TLS and DPS require: the device certificate first, then each issuer, the root last. You can specify the files in any order. A certificate that does not belong to the chain is an error. If a CA has several certificates, such as cross-signed ones, the self-signed one is used and the others are listed.',
      withoutRoot: 'omit the self-signed root, which verifiers already have',
      examples: {
        file: 'write the chain to a file, in order',
        pfx: 'from a PKCS#12 file, to standard output',
      },
      written: (count: number, path: string) =>
        count === 1 ? `Chain of one certificate: ${path}` : `Chain of ${count} certificates: ${path}`,
      leftOut: (subject: string, issuer: string) =>
        `note: omitted the certificate of ${subject} issued by ${issuer}; the chain contains another certificate of that CA.`,
      issuerLeftOut: (subject: string) =>
        `note: omitted the certificate of ${subject}; the chain needs it only with another omitted certificate.`,
      tooMany: (path: string, count: number, maximum: number) =>
        `${path} contains ${count} certificates; a chain has at most ${maximum}.`,
      noFirst: 'Every certificate issued another one, so none can be the first of a chain.',
      several: (count: number, certificates: readonly string[]) =>
        `These are ${count} chains. None of these certificates issued any of the others: ${certificates.join('; ')}.`,
      inFile: (subject: string, path: string) => `${subject} in ${path}`,
      oneOnly: 'Specify the certificates of one chain only.',
      notInChain: (subject: string, path: string, leaf: string) =>
        `${subject} in ${path} does not belong to the chain of ${leaf}.`,
      omit: 'Omit that certificate.',
    },
    convert: {
      description:
        'Converts certificates to PEM, DER (one certificate) or PKCS#7 (certificates only, .p7b). The input can have any of these formats, or PKCS#12. The certificates and their order do not change. With --key-out, also writes the private key of a PKCS#12 file to a separate file (PEM, mode 0600).',
      to: 'output format (default: pem)',
      keyOut: 'output file for the private key of a PKCS#12 or PEM file',
      encryptKey: 'encrypt that private key with the passphrase',
      examples: {
        toPem: 'DER to PEM, on standard output',
        toPkcs7: 'PEM to PKCS#7',
        withKey: 'PKCS#12 to PEM, with an encrypted private key',
      },
      binary: (format: string) => `${format} is binary and is not written to a terminal.`,
      addOut: 'Add --out FILE.',
      noKey: (path: string) => `${path} does not contain a private key for --key-out.`,
      oneInDer: (path: string, count: number) =>
        `${path} contains ${count} certificates, but a DER file can only contain one.`,
      usePkcs7: 'Use --to pkcs7, or specify a file with one certificate.',
    },
    csr: {
      description:
        'Creates a private key and a certificate signing request (CSR, PKCS#10): key.pem (mode 0600) and request.pem. Run it on the device, so that the key never leaves it. With --key, creates a request for an existing key.',
      name: 'common name; for a device, its registration ID',
      examples: {
        device: 'on the device; then sign the request on the computer with the CA',
        existingKey: 'for an existing key',
      },
      next: (command: string) => `next: on the computer with the CA, run ${command}`,
    },
    device: {
      description:
        'Creates the private key and the certificate of a device. The registration ID is the common name. Without --ca, the CA in the certificate folder of a quickstart signs the certificate, and the files go to that folder.',
      out: 'devices/ID in the certificate folder, for a module devices/ID/modules/MODULE; with --ca, ID in the current folder',
      examples: {
        module: 'for the module identity camera of that device',
        otherCa: 'signed by another CA, valid for 90 days',
      },
    },
    edge: {
      description:
        'Creates the CA of an IoT Edge gateway (edge_ca in its config.toml). IoT Edge creates its workload CA below it. The common name is ID.ca, because it must differ from that of the device certificate.',
      id: 'registration ID of the gateway',
      out: 'devices/ID/edge-ca in the certificate folder; with --ca, ID.ca in the current folder',
    },
    fingerprint: {
      description:
        'Prints the SHA-1 and SHA-256 fingerprints of each certificate in a file, in uppercase hexadecimal without colons. Azure calls them thumbprints.',
      algorithm: 'print only this fingerprint',
      examples: {
        both: 'both fingerprints',
        script: 'only SHA-1, for a script',
      },
    },
    tree: {
      description:
        'Shows who signed whom in the certificates of files and folders (PEM, DER, PKCS#7 or PKCS#12), decided by names and signatures as in cert verify. For each certificate: its kind, how much of its validity is used, its end, and whether its private key is there. Output that is not a terminal is plain text. The journal of a certificate folder says which CAs a run uploaded to DPS; DPS is not asked.',
      path: 'files and folders (default: certs)',
      within:
        'which certificates end soon: within 30d, 36h or 25% of their lifetime (default: the last third)',
      formats: 'Formats',
      mermaid: 'write a Mermaid flowchart',
      svg: 'write an SVG image',
      html: 'write an HTML page, also for printing',
      examples: {
        folder: 'the certificates of a quickstart',
        files: 'two files, with what ends within 30 days',
        html: 'a page to send to somebody, or to print',
      },
      oneFormat: (flags: readonly string[]) => `${flags.join(' and ')} cannot be combined.`,
      chooseFormat: 'Specify one format.',
      noSubject: '(no subject)',
      kinds: {
        root: 'root CA',
        intermediate: 'intermediate CA',
        edge: 'IoT Edge CA',
        device: 'device',
        server: 'server',
        verification: 'verification',
        'self-signed': 'self-signed',
      },
      states: {
        valid: (end: string) => `until ${end}`,
        'ends-soon': (end: string) => `ends soon, ${end}`,
        expired: (end: string) => `expired ${end}`,
        'not-yet-valid': (start: string) => `not before ${start}`,
      },
      keys: { matches: 'key', encrypted: 'key, encrypted', none: 'no key' },
      used: (percent: number) => `${percent}% of the validity is used`,
      signerMissing: (issuer: string) => `signed by ${issuer}, which is not in these files`,
      signedByBelow: (name: string) => `signed by ${name}, which is shown below it: they signed each other`,
      sameCa: (name: string) =>
        `another certificate of ${name}, with the same key; what it signed is shown there`,
      uploaded: (name: string, dpsName: string | undefined) =>
        dpsName === undefined
          ? `uploaded to the emulator as ${name}`
          : `uploaded to DPS ${dpsName} as ${name}`,
      malformed: (problem: string) => `malformed: ${problem}`,
      summary: (count: number, expired: number, soon: number, notYet: number) =>
        [
          count === 1 ? 'One certificate' : `${count} certificates`,
          ...(expired > 0 ? [`${expired} expired`] : []),
          ...(soon > 0 ? [soon === 1 ? '1 ends soon' : `${soon} end soon`] : []),
          ...(notYet > 0 ? [`${notYet} not valid yet`] : []),
        ].join(', '),
      locked: (count: number) =>
        count === 1
          ? 'One encrypted PKCS#12 file was not opened; --passphrase-file opens it.'
          : `${count} encrypted PKCS#12 files were not opened; --passphrase-file opens them.`,
      incomplete:
        'Too many CAs have the same name. The signers of some certificates were not looked for; specify fewer files.',
      title: 'Certificates',
      summaryAt: (summary: string, time: string) => `${summary}. As of ${time}`,
      /** Of a key: its algorithm, and whether the private key is there. */
      key: (algorithm: string, privateKey: string) => `${algorithm}, ${privateKey}`,
      columns: {
        certificate: 'Certificate',
        kind: 'Kind',
        validity: 'Validity',
        key: 'Private key',
        details: 'Details',
      },
      expiry: 'What ends first',
      notRead: 'Files that could not be read',
    },
    inspect: {
      description:
        'Shows the certificates in a file (PEM, DER, PKCS#7 or PKCS#12) or in all files of a folder and its subfolders. Also shows certificate signing requests, as cert sign reads them.',
      path: 'file or folder',
      examples: {
        chain: 'each certificate of a chain',
        request: 'a request, before you sign it',
        folder: 'everything in a folder, as JSON',
      },
      request: (file: string) => `${file}, certificate signing request`,
      certificate: (file: string, position: number, count: number) =>
        `${file}, certificate ${position} of ${count}`,
    },
    intermediate: {
      description:
        'Creates an intermediate CA below another CA, at any depth that the path lengths of the CAs above allow. Without --ca, the root CA in the certificate folder signs it.',
      examples: {
        root: 'below the root CA in the certificate folder',
        company: 'below the CA of your company, from a PKCS#12 file',
        deeper: 'below another intermediate CA; chain.pem includes its issuers',
      },
    },
    lint: {
      description:
        'Checks certificates against the rules of RFC 5280 for issuers and the rules of DPS. docs/lint.md lists them, with their codes and sources. In a folder, reads every file that can contain certificates, and checks each chain once, even if several files contain it. Each finding is an error or a warning. Exit status: 0 if there are no errors; 11 if there are errors, or if a file in the folder cannot be read; with --strict, 11 for warnings too.',
      path: 'file (PEM, DER, PKCS#7 or PKCS#12) or folder',
      use: 'purpose of the first certificate of each chain: a DPS device, the CA of an enrollment group or a TLS server (default: inferred from the certificate)',
      strict: 'treat warnings as errors',
      examples: {
        folder: 'everything that a quickstart created',
        device: 'a device certificate before production, for a script',
      },
      locked: (file: string) => `note: ${file} was not checked, because it requires a passphrase.`,
      error: 'error',
      warning: 'warning',
      summary: (errors: number, warnings: number, chains: number) =>
        `${counted(errors, 'error')}, ${counted(warnings, 'warning')} in ${counted(chains, 'chain')}.`,
    },
    needsRenewal: {
      description:
        'Reports by its exit status whether a certificate needs to be renewed. 0: yes, it has expired or expires soon. 10: not yet. 2: the file does not contain a certificate. 9: the file cannot be read. By default, "soon" means that less than a third of its lifetime is left. Checks the first certificate in the file, or all of them with --bundle.',
      within:
        'time left that counts as soon: days (30), hours (36h) or percent of the lifetime (25%); default: a third of it',
      bundle: 'check every certificate in the file; one that needs renewal is enough',
      examples: {
        shell: 'in a shell, followed by && and the command that renews it',
        bundle: 'its issuers too, as JSON',
      },
      due: (subject: string, notAfter: string) => `${subject}: needs to be renewed; expires on ${notAfter}`,
      notDue: (subject: string, renewFrom: string, notAfter: string) =>
        `${subject}: does not need to be renewed before ${renewFrom}; expires on ${notAfter}`,
    },
    peerName: {
      oneOnly: (first: string, second: string) => `--${first} and --${second} cannot be used together.`,
      twice: 'Specify one of them, and run the command again for the other.',
      invalid: (flag: string, value: string, reason: string) => `--${flag} ${value} is invalid: ${reason}.`,
      wildcard: 'the name of a host cannot contain a wildcard',
    },
    pfx: {
      description:
        'Packs a certificate, its private key and its issuers into a PKCS#12 file (.pfx), as required by Windows and .NET. The passphrase protects the file. If the private key is encrypted, the passphrase also decrypts it.',
      key: 'private key of the certificate (default: key.pem in the same folder)',
      chain: 'file with issuers that are not in the first file',
      friendlyName: 'name shown in key stores (default: the common name)',
      out: 'output file (default: the name of the certificate file, with .pfx)',
      pbmac1: 'authenticate the file with PBMAC1 (RFC 9579), for OpenSSL 3.4 and later',
      emptyPassphrase: 'use an empty passphrase; only the file mode (0600) protects the file',
      examples: {
        chain: 'with its issuers; asks for the passphrase',
        separate: 'from separate files, without asking',
      },
    },
    renew: {
      description:
        'Renews a certificate: the subject, names and usages stay the same, the dates and the serial number are new. The key also stays the same, unless you add --new-key. The CA that issued the certificate signs it again: the one in --ca, or the one in the certificate folder. A root or self-signed certificate signs itself. A device.pfx of the certificate in the same folder is renewed too, if it has no passphrase or the one that you supply.',
      file: 'the certificate; if the file has several, the first one',
      key: 'private key, if the certificate signs itself (default: key.pem in the same folder)',
      newKey: 'create a new key too',
      newIssuer: 'allow a different CA to sign',
      keyAlgorithm: 'algorithm of the new key (default: the same as before)',
      days: 'days that it is valid (default: as many as before)',
      out: 'the folder of the file; requires --force to replace it',
      examples: {
        inPlace: 'replace it, with the same key',
        newKey: 'with a new key, in another folder',
      },
      oldPfx: (path: string, command: string) =>
        `note: ${path} may still contain the previous certificate, because it cannot be opened without its passphrase. To renew it: ${command}`,
      requiresNewKey: '--key-algorithm and --encrypt-key require --new-key.',
      addNewKey: 'Add --new-key.',
      unknownAlgorithm: (name: string) => `enrollkit cannot create a key of type ${name}.`,
      chooseAlgorithm: 'Choose another algorithm with --key-algorithm.',
      otherKey: (key: string, subject: string, path: string) =>
        `The private key in ${key} does not belong to the certificate ${subject} in ${path}.`,
      otherIssuer: (subject: string, path: string, issuer: string) =>
        `The certificate ${subject} in ${path} was not issued by ${issuer}.`,
      nameIssuer:
        'Specify the CA that issued it with --ca FILE. If a different CA is to sign from now on, add --new-issuer.',
    },
    rollover: {
      description:
        'Replaces a CA in the certificate folder, in three phases. You can run each phase again. Phase 1 creates a CA with the same name and a new key, and keeps the files of the old CA in a separate folder. If the old CA is uploaded to DPS, the new one is uploaded and verified too. In the enrollment groups, the new CA becomes the primary certificate and the old CA the secondary. The output lists which certificates to reissue, and by when. Phase 2, --reissue, reissues the certificates of the devices. Phase 3, --finish, removes the old CA from the enrollment groups and from DPS. Without --group, only files change. docs/rollover.md has an example.',
      phase: 'Phase (default: the first):',
      authority: 'root, intermediate, or the name of its folder in ca; the CAs below it are replaced too',
      group: 'enrollment group of the CA; the later phases use it too',
      reissue: 'phase 2: new certificates for the devices in the folder, with the same keys',
      newKey: 'with --reissue: new keys too',
      finish: 'phase 3: devices of the old CA are no longer accepted',
      force: 'with --finish: even if devices are not reissued',
      issuer: 'the CA above and its issuers, if it is not in the folder',
      examples: {
        first: 'phase 1, after a quickstart',
        second: 'phase 2, with new keys for the devices',
        third: 'phase 3, when the devices have their new certificates',
        files: 'only the files, as JSON',
      },
      step: (text: string) => `  done  ${text}`,
      title: (authority: string, finishedOn: string | undefined) =>
        `Rollover of the ${authority} CA: ${finishedOn === undefined ? 'both CAs are in use' : `finished on ${finishedOn}`}`,
      newAuthority: (role: string) => `new ${role}`,
      oldAuthority: (role: string) => `old ${role}`,
      headings: {
        authorities: 'CAs',
        groups: 'Enrollment groups',
        deleted: 'Deleted from DPS',
        notes: 'Notes',
        devices: (all: number, left: number) =>
          left === 0 ? `Devices: all ${all} reissued` : `Devices: ${left} of ${all} not reissued yet`,
      },
      acceptsBoth: (id: string, primary: string, secondary: string) =>
        `${id}: accepts both, ${primary} and ${secondary}`,
      acceptsNew: (id: string, primary: string) => `${id}: accepts only the new one, ${primary}`,
      unchanged: (id: string, primary: string) => `${id}: unchanged, ${primary}`,
      gone: (id: string) => `${id}: no longer exists`,
      edgeCa: (name: string) => `${name} (edge CA)`,
      reissued: (day: string) => `reissued, valid until ${day}`,
      reissueBy: (day: string) => `reissue by ${day}`,
      more: (count: number) => `and ${count} more`,
      seeJson: 'see --json',
      noAuthority: (name: string, folder: string) => `There is no CA "${name}" in ${folder}.`,
      knownAuthorities: (names: readonly string[]) =>
        `Use one of: ${names.join(', ')}. If the CA is in another certificate folder, add --dir FOLDER.`,
      twoPhases: '--reissue and --finish cannot be used together.',
      onePhase: 'Use one of them.',
      newKeyRequires: '--new-key requires --reissue.',
      addReissue: 'Add --reissue.',
      forceRequires: '--force requires --finish.',
      addFinish: 'Add --finish.',
      groupInFirst: '--group is only for the first phase. The later phases use the same enrollment groups.',
      omitGroup: 'Omit --group.',
      nothingNext: 'nothing. You can delete the old files when you no longer need them.',
      deployNext: (command: string) =>
        `copy the new files to the devices, let the devices register again, then run ${command}`,
    },
    root: {
      description:
        'Creates a root CA: key.pem (mode 0600), certificate.pem, and chain.pem, which contains only the certificate of the root.',
      examples: {
        plain: 'in the folder Contoso-Root-CA',
        subject: 'with a longer subject and an encrypted private key',
      },
    },
    selfSigned: {
      description:
        'Creates a self-signed device certificate for an individual enrollment. DPS or the hub identifies the device by the thumbprint of the certificate, which is printed.',
      out: 'ID in the current folder',
      examples: {
        plain: 'in the folder device-042',
        second: 'a second certificate, for the secondary thumbprint, as JSON',
      },
      addToModule: (path: string) => `Add ${path}, or the thumbprint, to the module identity in IoT Hub.`,
      addToEnrollment: (path: string) => `Add ${path}, or the thumbprint, to the individual enrollment.`,
    },
    server: {
      description:
        'Creates the certificate of a TLS server. Clients only check the subject alternative names: --dns and --ip. Without any of them, the common name is used.',
      name: 'common name, usually the first DNS name',
      examples: {
        local: 'for this computer',
        wildcard: 'for two names, one of them with a wildcard',
      },
      noName: (name: string) =>
        `"${name}" is neither a DNS name nor an IP address, and there is no --dns or --ip.`,
      addName: 'Add the name or address that clients connect to: --dns NAME or --ip ADDRESS.',
    },
    sign: {
      description:
        'Signs a certificate signing request (CSR). The private key stays where it was created. The subject, public key and alternative names come from the request, everything else from the profile. The output contains the certificate, then its issuers. Without --ca, the CA in the certificate folder signs.',
      request: 'certificate signing request, PEM or DER',
      role: 'what the certificate is for (default: device)',
      examples: {
        device: 'for a device',
        server: 'for a TLS server, signed by another CA, on standard output',
      },
      leftOut: (names: readonly string[]) => `note: not copied from the request: ${names.join(', ')}.`,
    },
    verification: {
      description:
        'Creates a verification certificate for proof of possession: its common name is the verification code, and the uploaded CA, root or intermediate, signs it. The key of the verification certificate is not needed and is not kept. Without --ca, the root CA in the certificate folder signs.',
      code: 'verification code from DPS',
      examples: {
        root: 'signed by the root CA in the certificate folder',
        intermediate: 'signed by an intermediate CA, on standard output',
      },
    },
    verify: {
      description:
        'Validates a certificate and its chain according to RFC 5280 section 6, and explains what is wrong. Validates the first certificate in the file; the others can be intermediate certificates between it and a trusted CA: one in --trust, or the root CA in the certificate folder. Exit status: 0 if the chain is valid, 11 if not.',
      policies: 'Certificate policies (RFC 5280 section 6.1.1):',
      peer: 'Expected name (one of them; the common name is ignored):',
      trust: 'file with trusted CAs',
      intermediates: 'file with intermediate certificates',
      purpose: 'purpose of the certificate (default: any)',
      dns: 'DNS name of the host',
      ip: 'IP address of the host',
      email: 'email address of the owner',
      crl: 'certificate revocation list (CRL), PEM or DER; if you specify any, include one from each issuer',
      maxDepth: 'maximum number of intermediate certificates below the trusted CA',
      policy: 'acceptable certificate policy (default: any)',
      requirePolicy: 'require an acceptable policy, even if no certificate does',
      inhibitPolicyMapping: 'ignore policy mappings in CA certificates',
      inhibitAnyPolicy: 'anyPolicy does not match other policies',
      strict: 'also check the rules of RFC 5280 section 4 and the CA/Browser Forum for issuers',
      examples: {
        folder: 'against the root CA in the certificate folder',
        server: 'a server certificate, as a client of gateway.local checks it',
        crl: 'with a revocation list, at a future date, as JSON',
      },
      valid: 'The chain is valid.',
      path: 'From the certificate to the trusted CA:',
      invalid: 'The chain is not valid.',
      certificate: (subject: string, notAfter: string) => `${subject}, valid until ${notAfter}`,
      noTrust: (folder: string) =>
        `There is no CA to trust: --trust is missing, and the certificate folder ${folder} has no root CA.`,
      addTrust: 'Add --trust FILE, or specify the certificate folder with --dir FOLDER.',
    },
  },

  /** src/cli/certgen/ */
  cliCertgen: {
    description:
      'Replaces certGen.sh, without bash and openssl: the same commands write the same files to the current folder. Commands: create_root_and_intermediate; create_verification_certificate, create_device_certificate, create_device_certificate_from_intermediate and create_edge_device_certificate, each with a name. With --edge, the commands of the IoT Edge script: also install_root_ca_from_files, install_root_ca_from_cli, create_edge_device_ca_certificate, create_edge_device_identity_certificate and create_edge_server_certificate. And env, which prints the environment variables that ca-certs.ps1 sets. The certificates are for tests and are valid for 30 days. docs/certgen.md lists every difference.',
    command: 'one of the commands above',
    name: 'device ID, host name or verification code; for install_root_ca_from_files, two files',
    edge: 'use the commands of the script in the IoT Edge repository',
    dir: 'folder (default: the current folder)',
    force: 'replace an existing CA; the old one is moved to a separate folder',
    passphraseFile: 'file whose first line is the passphrase of the CA keys and PFX files',
    rootPassphraseFile:
      'install_root_ca_...: file whose first line is the passphrase of the key to install, if it differs',
    hub: 'env: host name of the IoT hub',
    format: 'env: output format (default: shell)',
    examples: {
      authority: 'a root CA and an intermediate CA, in the current folder',
      device: 'a device certificate signed by the root CA',
      edge: 'a command of the IoT Edge script',
      env: 'for the samples; in a shell: eval "$(enrollkit certgen env ...)"',
    },
    needsHub: 'certgen env requires --hub with the host name of the IoT hub.',
    addHub: 'Add --hub NAME.azure-devices.net.',
    needsTwo: (command: string) => `${command} requires a certificate and a private key.`,
    noPassphrase: (command: string) =>
      `${command} requires a certificate and a private key, and does not accept a passphrase: other users of this computer can read the arguments of a command.`,
    passphraseOfKey:
      'Specify the passphrase of the key with --root-passphrase-file FILE or in ENROLLKIT_PASSPHRASE.',
    keyOnCommandLine: 'An unencrypted private key must not be an argument of a command.',
    keyFromInput: 'Use - instead, and pass the key on standard input.',
    sources: {
      firstArgument: 'the first argument',
      secondArgument: 'the second argument',
      standardInput: 'standard input',
    },
    takesNoName: (command: string) => `${command} does not accept a name.`,
    requiresName: (command: string, given: number) =>
      given === 0
        ? `${command} requires a name.`
        : `${command} requires exactly one name, but got ${given} arguments.`,
    requiresDeviceId: (command: string, given: number) =>
      given === 0
        ? `${command} requires a device ID.`
        : `${command} requires exactly one device ID, but got ${given} arguments.`,
    notWithEdge: (command: string) => `${command} cannot be used with --edge.`,
    needsEdge: (command: string) => `${command} requires --edge.`,
    unknownCommand: (command: string) => `Unknown certgen command "${command}".`,
    seeHelp: 'See enrollkit certgen --help.',
    encrypted: 'the CA keys and the PFX files',
    creatingKeys: 'Creating two 4096-bit keys. This takes a few seconds.',
    notARegistrationId: (problem: string) =>
      `Note: DPS does not accept this name as a registration ID. ${problem}`,
    passphraseRequired: 'The passphrase of the CA keys is required.',
    replace: (folder: string, files: readonly string[]) =>
      `${folder} already has a CA: ${files.join(', ')}. Create another one?`,
    replaceWhy: 'The old one is moved to a separate folder, not deleted.',
    notDays: (text: string) =>
      `DEFAULT_VALIDITY_DAYS must be a number of days from 1 to 36500, not "${text}".`,
    moved: (from: string, to: string) => `moved: ${from} is now ${to}`,
    created: (subject: string, notAfter: string, sha1: string) =>
      `${subject}: valid until ${notAfter}, SHA-1 ${sha1}`,
    forTests: 'For tests, not for production.',
  },

  /** src/cli/ca/ */
  cliCa: {
    rows: { name: 'Name', subject: 'Subject', status: 'Status', expires: 'Expires' },
    verified: 'verified',
    unverified: 'unverified',
    code: {
      description:
        'Generates a verification code for an uploaded CA certificate and prints it. To prove possession of the private key, sign a certificate that has the code as its common name and send it to DPS; standard error shows how. Each new code replaces the previous one. If the key is on this computer, ca verify does all of this.',
      examples: { plain: 'the code, and what to do with it', azure: 'in Azure, as JSON' },
      alreadyVerified: (name: string) => `The CA certificate ${name} is already verified.`,
      nothingToDo: 'No further proof is needed.',
      sign: 'Sign a certificate that has this code as its common name:',
      signWithFiles:
        'Sign a certificate that has this code as its common name (CA_FILE is the uploaded certificate, KEY_FILE its private key):',
      send: 'Then send it to DPS:',
    },
    nameInDps: 'the name of the CA certificate in DPS',
    notUploaded: (name: string) => `There is no uploaded CA certificate ${name}.`,
    listExisting: (command: string) => `List the existing certificates: ${command}`,
    delete: {
      description:
        'Deletes an uploaded CA certificate. Devices can no longer register through the enrollment groups that refer to it.',
      confirm: (name: string) => `Delete the CA certificate ${name}?`,
      deleted: (name: string) => `Deleted the CA certificate ${name}.`,
    },
    list: {
      empty: 'There are no uploaded CA certificates.',
      heads: { name: 'NAME', status: 'STATUS', subject: 'SUBJECT' },
    },
    upload: {
      description:
        'Uploads a CA certificate to DPS. DPS accepts devices of the CA once the certificate is verified: see ca verify.',
      file: 'the CA certificate, PEM or DER; if the file has several, the first one',
      nameFlag: 'name of the certificate in DPS (default: its common name)',
      examples: { plain: 'with its common name as the name', named: 'with a name that you choose' },
      nameTaken: (subject: string, name: string) =>
        `Another certificate (${subject}) is already uploaded as ${name}.`,
      chooseName: (command: string) =>
        `Choose another name with --ca-name NAME, or delete that certificate: ${command}`,
      otherReadBack: (name: string, subject: string) =>
        `The certificate was uploaded as ${name}, but DPS shows a different one (${subject}).`,
      notReadBack: (name: string) => `The certificate was uploaded as ${name}, but DPS does not show it.`,
      next: (command: string) => `next: ${command}`,
      keyFile: '(KEY_FILE is the private key of the CA.)',
      notCa: (file: string, subject: string) =>
        `${file} is not a CA certificate: the basic constraints of ${subject} do not say CA.`,
      giveCa: 'Specify the certificate of the CA that signs the devices, or of a CA above it.',
    },
    verify: {
      description:
        'Verifies an uploaded CA certificate by proof of possession of its private key: requests a verification code from DPS, signs a certificate that has the code as its common name, and sends it. Uses the key of the CA in the certificate folder, or the one in --key. If the key is on another computer, get the code with ca code, sign it there with cert verification, and send the result with --verification-certificate.',
      certificate: 'the CA certificate, if it is not in the certificate folder',
      key: 'private key of the CA, PKCS#8 PEM',
      verificationCertificate:
        'certificate that answers the code of ca code, instead of --certificate and --key',
      examples: {
        folder: 'a CA in the certificate folder',
        files: 'a CA in other files',
        elsewhere: 'a CA whose key signed the code of ca code on another computer',
      },
      bothOrNeither: '--certificate and --key must be used together.',
      giveBoth: 'Specify both, or neither.',
      excluded: '--verification-certificate cannot be used with --certificate and --key.',
      leaveOut: 'Omit --certificate and --key: the verification certificate is already signed.',
      uploadFirst: (command: string) => `Upload it first: ${command}`,
      notShown: (name: string) => `DPS does not show ${name} as verified.`,
      notIn: (sha1: string, path: string) => `The uploaded certificate (SHA-1 ${sha1}) is not in ${path}.`,
      giveFiles: 'Specify it with --certificate FILE, and its private key with --key FILE.',
    },
  },

  /** src/cli/dps/ and src/cli/hub/ */
  cliDps: {
    hubNotLinked: (hub: string, service: string, linked: readonly string[]) =>
      `The IoT hub ${hub} is not linked to ${service}. ${linked.length === 0 ? 'It has no linked hubs.' : `Linked hubs: ${linked.join(', ')}.`}`,
    none: 'none',
    rows: {
      name: 'Name',
      subscription: 'Subscription',
      resourceGroup: 'Resource group',
      location: 'Location',
      state: 'State',
      idScope: 'ID scope',
      serviceEndpoint: 'Service endpoint',
      deviceEndpoint: 'Device endpoint',
      allocation: 'Allocation policy',
      linkedHubs: 'Linked hubs',
      tags: 'Tags',
      sku: 'SKU',
      hostName: 'Host name',
    },
    heads: {
      name: 'NAME',
      resourceGroup: 'RESOURCE GROUP',
      location: 'LOCATION',
      state: 'STATE',
      idScope: 'ID SCOPE',
      sku: 'SKU',
      linkedTo: 'LINKED TO',
      hostName: 'HOST NAME',
    },
    createService:
      'Creates a provisioning service (SKU S1; Azure bills its operations), and the resource group if it does not exist. This takes about a minute. Devices can register once a hub is linked: see hub link.',
    newServiceName: 'the name, unique across Azure: 3 to 64 letters, digits and hyphens',
    inAzure: 'in Azure',
    second: 'another one in the emulator',
    chooseName: 'Choose another name.',
    serviceNameTaken: (name: string, reason: string) =>
      `The name ${name} is not available for a provisioning service: ${reason}`,
    chooseUniqueName: 'Choose another name. Names must be unique across Azure.',
    deleteService:
      'Deletes a provisioning service with its enrollments, CA certificates and registration records. Linked hubs and their devices are not deleted.',
    serviceName: 'the name of the provisioning service',
    confirmDeleteService: (name: string) =>
      `Delete the provisioning service ${name} and all its enrollments?`,
    serviceDeleted: (name: string) => `Deleted the provisioning service ${name}.`,
    listServices:
      'Lists the provisioning services in your Azure subscriptions, or in the emulator (which has one unless you create more).',
    allSubscriptions: 'in all subscriptions that you have access to',
    oneResourceGroup: 'in one resource group, as JSON',
    noServices: 'There are no provisioning services.',
    showService: 'Shows a provisioning service: its ID scope, endpoints and linked hubs.',
    anySubscription: 'a service in any of your subscriptions',
    emulatorServiceAsJson: "the emulator's service, as JSON",
    createHub:
      'Creates an IoT hub, and the resource group if it does not exist. This takes one to three minutes. Azure bills a hub per day until you delete it, except for SKU F1, which is free and limited to one per subscription.',
    newHubName: 'the name, unique across Azure: 3 to 50 letters, digits and hyphens',
    sku: 'tier and size (default: S1); F1 is free',
    hubNameTaken: (name: string, reason: string) =>
      `The name ${name} is not available for an IoT hub: ${reason}`,
    deleteHub:
      'Deletes an IoT hub with its devices and their messages. Unlink it from provisioning services first: see hub unlink.',
    hubName: 'the name of the IoT hub',
    confirmDeleteHub: (name: string) => `Delete the IoT hub ${name} and all its devices?`,
    hubDeleted: (name: string) => `Deleted the IoT hub ${name}.`,
    linkHub:
      'Links an IoT hub to a provisioning service, which can then assign devices to it. DPS uses the key of the hub’s shared access policy iothubowner. If the hub is already linked, nothing changes.',
    hubNameOrId: 'the name or resource ID of the IoT hub',
    toEmulatorService: 'to the provisioning service of the emulator',
    hubLinked: (hub: string, service: string) => `The IoT hub ${hub} is linked to ${service}.`,
    listHubs:
      'Lists the IoT hubs in your Azure subscriptions, or in the emulator, and the provisioning services they are linked to.',
    emulatorHubsAsJson: "the emulator's hubs, as JSON",
    noHubs: 'There are no IoT hubs.',
    unlinkHub:
      'Unlinks an IoT hub from a provisioning service, which then assigns no more devices to it. Devices already in the hub stay there.',
    hubNameOrHost: 'the name or host name of the IoT hub',
    fromEmulatorService: "from the emulator's provisioning service, without asking",
    confirmUnlink: (name: string) => `Unlink the IoT hub ${name}?`,
    nameLinkedHub: 'Specify one of the linked hubs.',
    hubUnlinked: (hub: string, service: string) => `The IoT hub ${hub} is no longer linked to ${service}.`,
  },

  /** src/cli/group/ */
  cliGroup: {
    create: {
      description:
        'Creates an enrollment group with X.509 attestation: by the uploaded CA certificate of --ca-name, or by a CA certificate that is stored in the group. Everything else defaults to the settings of a quickstart.',
      caName: 'uploaded CA certificate (default: the one of the last run in the folder)',
      certificate: 'CA certificate to store in the group (default: the CA in the folder that signs devices)',
      update: 'change an existing group: set what you specify, and keep the rest',
      examples: {
        uploaded: 'by the CA that a quickstart uploaded',
        certificate: 'by another CA certificate',
        update: 'disable an existing group, and change nothing else',
      },
      differs: (id: string, change: 'created' | 'changed', members: readonly string[]) =>
        `The enrollment group ${id} was ${change}, but differs in ${members.join(', ')} when read back.`,
      notReadBack: (id: string, change: 'created' | 'changed') =>
        `The enrollment group ${id} was ${change}, but the service does not show it.`,
      noCa: (folder: string) => `There is no CA certificate in ${folder}.`,
      giveCa: 'Specify one with --certificate FILE.',
    },
    id: 'the enrollment group ID',
    delete: {
      description: 'Deletes an enrollment group. Its devices stay in their hubs, but cannot register again.',
      confirm: (id: string) => `Delete the enrollment group ${id}?`,
      deleted: (id: string) => `Deleted the enrollment group ${id}.`,
    },
    notFound: (id: string) => `There is no enrollment group ${id}.`,
    listExisting: (command: string) => `List the existing groups: ${command}`,
    devices: {
      description:
        'Lists the devices that have registered through an enrollment group, like "Manage enrollments" in the portal. A device that has not registered yet has no registration record.',
      limit: 'list at most this many (default: all)',
      examples: { plain: 'the devices of a quickstart', limited: 'the first thousand, as JSON' },
      empty: (id: string) => `No device has registered through ${id}.`,
    },
    list: { inAzure: 'in Azure, as JSON', empty: 'There are no enrollment groups.' },
    show: { plain: 'the group of a quickstart', json: 'every field that the service returns' },
  },

  /** src/cli/enrollment/ and src/cli/registration/ */
  cliEnrollment: {
    attestation: {
      exclude: (one: string, other: string) => `${one} and ${other} cannot be used together.`,
      needsCsr: (flag: string) => `${flag} requires --csr: it specifies the CA that signs the request.`,
      forNewKey: '--key-algorithm and --encrypt-key require --self-signed: they apply to a new key.',
      forNewCertificate: '--days requires --self-signed or --csr: it applies to a new certificate.',
      secondaryNeedsPrimary: '--secondary-certificate requires --certificate, the primary one.',
      noCertificate: (id: string, folder: string) => `There is no certificate for ${id} in ${folder}.`,
      choose:
        'Specify its certificate with --certificate FILE or a certificate request with --csr FILE, or use --self-signed or --symmetric-key.',
      otherCertificate: (path: string, commonName: string, id: string) =>
        `${path} is the certificate of "${commonName}", not of ${id}. With X.509 attestation, the registration ID is the common name.`,
      useCertificateName:
        'Use the common name of the certificate as the registration ID, or another certificate.',
      otherRequest: (commonName: string, id: string) =>
        `The request is for "${commonName}", not for ${id}. With X.509 attestation, the registration ID is the common name.`,
      useRequestName: 'Use the common name of the request as the registration ID, or another request.',
      resumed: (path: string) =>
        `An earlier run of this command was interrupted. The certificate that it created is used: ${path}.`,
      useExisting: (command: string) => `Enroll the device with its existing certificate: ${command}`,
      newKey: 'the new key',
      help: 'Run "enrollkit enrollment create --help" to see how to use it.',
    },
    create: {
      description:
        'Creates an individual enrollment, which lets one device register with its certificate or key. Certificates that this command creates are written to devices/ID in the certificate folder, where device register finds them.',
      id: 'the registration ID; with a certificate, its common name',
      attestation: 'Attestation of the device (one of these):',
      certificate: 'its certificate (default: the one in the certificate folder)',
      selfSigned: 'a new self-signed certificate; its key is written to the certificate folder',
      csr: 'a certificate that your CA signs for this certificate request',
      symmetricKey: 'a symmetric key that DPS generates',
      secondary: 'a second certificate that the device may use, for example while it is renewed',
      withCsr: 'With --csr:',
      withNewCertificate: 'With --self-signed or --csr:',
      enrollment: 'Enrollment:',
      deviceId: 'ID of the device in its hub (default: the registration ID)',
      update: 'change an existing enrollment: set what you specify, and keep the rest',
      examples: {
        selfSigned: 'with a new self-signed certificate',
        csr: 'for a certificate request, signed by the CA in the certificate folder; assigned to one hub',
        symmetricKey: 'with a symmetric key',
        update: 'disable an existing enrollment, and change nothing else',
      },
      showKeys: (command: string) => `next: show its keys: ${command}`,
      next: (command: string) => `next: ${command}`,
      notShown: (id: string, change: 'created' | 'changed') =>
        `The enrollment ${id} was ${change}, but the service does not show it.`,
      differs: (id: string, change: 'created' | 'changed', members: readonly string[]) =>
        `The enrollment ${id} was ${change}, but differs in ${members.join(', ')} when read back.`,
      exists: (id: string) => `The individual enrollment ${id} already exists.`,
      updateOrDelete: (command: string) => `Change it with --update, or delete it: ${command}`,
    },
    delete: {
      description:
        'Deletes an individual enrollment. The device stays in its hub, but can no longer register through this enrollment.',
      confirm: (id: string) => `Delete the individual enrollment ${id}?`,
      deleted: (id: string) => `Deleted the individual enrollment ${id}.`,
    },
    empty: 'There are no individual enrollments.',
    show: {
      keys: 'also show the symmetric keys, which are secrets',
      plain: 'the enrollment, and where its device is assigned',
      withKeys: 'every field that DPS returns, and the keys',
      primaryKey: 'Primary key',
      secondaryKey: 'Secondary key',
      registration: 'Registration',
      assigned: (status: string, hub: string) => `${status} to ${hub}`,
    },
    notFound: (id: string) => `There is no individual enrollment ${id}.`,
    listExisting: (command: string) => `List the existing enrollments: ${command}`,
    registration: {
      deletes:
        'Deletes the registration record of a device. The device stays in its hub, and can register again as long as it is enrolled.',
      confirm: (id: string) => `Delete the registration record of ${id}?`,
      deleted: (id: string) => `Deleted the registration record of ${id}.`,
      shows:
        'Shows the registration record of a device: its status, the hub that it is assigned to, and the dates.',
      plain: 'where the device is assigned',
      json: 'every field that DPS returns',
      none: (id: string) => `The device ${id} has no registration record.`,
      registerFirst: (command: string) =>
        `Register the device first, or list the registered devices: ${command}`,
    },
  },

  /** src/cli/namespace/, src/cli/authority/, src/cli/policy/ */
  cliRegistry: {
    subjects: {
      namespaces: 'namespaces',
      namespace: (name: string) => `namespace ${name}`,
      authority: (name: string) => `certificate authority ${name}`,
      policy: (name: string) => `certificate policy ${name}`,
    },
    flags: {
      namespace: 'namespace of Azure Device Registry',
      caName: 'certificate authority of the policy',
    },
    enrollment: {
      flags: {
        namespace: 'namespace of the certificate policy by which Azure issues certificates to devices',
        caName: 'certificate authority of that policy, in the namespace',
        policyName: 'the certificate policy',
      },
      allOfThem:
        'A certificate policy requires all three: --adr-namespace, --adr-ca-name and --adr-cert-policy-name.',
    },
    inEmulator: 'in the emulator',
    linkedServices: 'Linked provisioning service',
    whichNamespace: 'Specify the namespace with --namespace NAME.',
    whichAuthority: 'Specify the certificate authority with --ca-name NAME.',
    noNamespace: (name: string) => `There is no namespace ${name}.`,
    listNamespaces: 'List the namespaces: enrollkit namespace list',
    severalNamespaces: (name: string, groups: readonly string[]) =>
      `Several resource groups have a namespace ${name}: ${groups.join(', ')}.`,
    nameResourceGroup: 'Specify one with --resource-group NAME.',
    noAuthority: (name: string, namespace: string) =>
      `There is no certificate authority ${name} in the namespace ${namespace}.`,
    listAuthorities: (namespace: string) =>
      `List the certificate authorities: enrollkit authority list --namespace ${namespace}`,
    namespace: {
      create:
        'Creates a namespace of Azure Device Registry, and the resource group if it does not exist. Its certificate authorities issue certificates to devices, once the namespace is linked to a provisioning service: see namespace link.',
      newName: 'the name: 3 to 64 lowercase letters, digits and hyphens',
      name: 'the name of the namespace',
      exists: (name: string, group: string) => `The resource group ${group} already has a namespace ${name}.`,
      list: 'Lists the namespaces of Azure Device Registry in your Azure subscriptions, or in the emulator.',
      none: 'There are no namespaces.',
      show: 'Shows a namespace and what is linked to it.',
      delete:
        'Deletes a namespace with its certificate authorities and policies. Unlink its hubs and its provisioning service first: see namespace unlink.',
      confirmDelete: (name: string) => `Delete the namespace ${name} with its certificate authorities?`,
      deleted: (name: string) => `Deleted the namespace ${name}.`,
      link: 'Links a provisioning service to a namespace, whose certificate policies its enrollments can then name, or an IoT hub with --hub. The provisioning service comes first. They use their managed identity, which requires a role on the namespace.',
      hub: 'IoT hub, instead of the provisioning service',
      identity: 'resource ID of a user-assigned managed identity (default: the system-assigned one)',
      linkHub: 'a hub of the emulator, after its provisioning service',
      linked: (resource: string, namespace: string) => `${resource} is linked to the namespace ${namespace}.`,
      unlink:
        'Unlinks a provisioning service from a namespace, or an IoT hub with --hub. Hubs come first. Devices keep the certificates that they have, and cannot renew them.',
      confirmUnlink: (name: string) => `Remove the link to the namespace ${name}?`,
      notLinked: (resource: string, namespace: string, linked: readonly string[]) =>
        `${resource} is not linked to the namespace ${namespace}. ${linked.length === 0 ? 'Nothing is.' : `Linked: ${linked.join(', ')}.`}`,
      nameLinked: 'Specify a linked one with --dps-name NAME or --hub NAME.',
      unlinked: (resource: string, namespace: string) =>
        `${resource} is no longer linked to the namespace ${namespace}.`,
    },
    authority: {
      rows: {
        type: 'Type',
        issuer: 'Issuer',
        status: 'Status',
        subject: 'Subject',
        validUntil: 'Valid until',
      },
      heads: { name: 'NAME', type: 'TYPE', issuer: 'ISSUER', status: 'STATUS' },
      create:
        'Creates a certificate authority in a namespace: a root, or an intermediate (ICA) that such a root or your own CA signs. Azure keeps the key. A namespace has at most three intermediates, and each has one certificate policy.',
      newName: 'the name: 3 to 63 letters, digits and hyphens',
      name: 'the name of the certificate authority',
      type: 'Root or ICA (default: ICA)',
      issuerType: 'issuer of an intermediate CA: Microsoft (default), or External for your own CA',
      issuerCaName: 'root of the namespace that signs the ICA',
      rootExample: 'a root that Azure manages',
      issuedExample: 'an intermediate below it',
      externalExample: 'an intermediate that your own CA signs',
      rootHasNoIssuer: 'A root has no issuer: --issuer-type and --issuer-ca-name are for --type ICA.',
      oneIssuer: 'An intermediate certificate authority requires one issuer.',
      giveIssuer: 'Specify --issuer-ca-name NAME, or --issuer-type External.',
      exists: (name: string, namespace: string) =>
        `The namespace ${namespace} already has a certificate authority ${name}.`,
      signRequest: (name: string, namespace: string) =>
        `To activate it, sign its request with your CA: enrollkit authority show ${name} --namespace ${namespace} --csr > ${name}.csr.pem; then enrollkit cert sign ${name}.csr.pem --role intermediate --out ${name}.pem, and enrollkit authority activate ${name} --namespace ${namespace} --chain ${name}.pem`,
      list: 'Lists the certificate authorities of a namespace.',
      none: 'The namespace has no certificate authorities.',
      show: 'Shows a certificate authority of a namespace: its issuer, its status and its validity.',
      csr: 'print the certificate signing request that your CA must sign',
      csrExample: 'the request to sign, to a file',
      noRequest: (name: string) =>
        `The certificate authority ${name} has no certificate signing request: its issuer is not external.`,
      activate:
        'Activates a certificate authority with the certificate that your CA issued for its request. Run it again to renew that certificate.',
      chain: 'the certificate, then its issuers, with or without the root; may be repeated, in this order',
      noChain: 'The certificate that your CA issued is missing.',
      giveChain: (name: string) =>
        `Specify it with --chain FILE. The request that your CA must sign: enrollkit authority show ${name} --csr`,
      oneFile: 'the whole chain in one file',
      severalFiles: 'the certificate and its root in two files',
      delete:
        'Deletes a certificate authority of a namespace. Delete its certificate policy, and the certificate authorities below it, first.',
      confirmDelete: (name: string) => `Delete the certificate authority ${name}?`,
      deleted: (name: string) => `Deleted the certificate authority ${name}.`,
    },
    policy: {
      heads: { name: 'NAME', authority: 'CERTIFICATE AUTHORITY', validity: 'VALIDITY' },
      validity: 'Validity of certificates',
      days: (days: number) => (days === 1 ? '1 day' : `${days} days`),
      create:
        'Creates the certificate policy of an intermediate certificate authority, which enrollments can then name. It determines how long the certificates of devices are valid.',
      newName: 'the name: 3 to 63 letters, digits and hyphens',
      name: 'the name of the certificate policy',
      validityDays: 'validity of certificates in days, 1 to 90 (default: 30)',
      usual: 'certificates that are valid for 30 days',
      week: 'certificates that are valid for a week',
      exists: (name: string, authority: string) =>
        `The certificate authority ${authority} already has a certificate policy ${name}.`,
      list: 'Lists the certificate policies of a namespace, with their certificate authorities.',
      none: 'The namespace has no certificate policies.',
      show: 'Shows a certificate policy.',
      delete: 'Deletes a certificate policy that no enrollment names.',
      confirmDelete: (name: string) => `Delete the certificate policy ${name}?`,
      deleted: (name: string) => `Deleted the certificate policy ${name}.`,
      notFound: (name: string, authority: string) =>
        `The certificate authority ${authority} has no certificate policy ${name}.`,
      listThem: (namespace: string) =>
        `List the certificate policies: enrollkit policy list --namespace ${namespace}`,
    },
  },

  /** src/cli/device/ */
  cliDevice: {
    keyAndCertificate: 'A certificate requires its key, and a key its certificate.',
    giveBoth: 'Specify --certificate FILE or --chain FILE, together with --key FILE.',
    otherCommonName: (file: string, commonName: string, registrationId: string) =>
      `${file} is the certificate of "${commonName}", not of ${registrationId}. DPS uses the common name as the registration ID.`,
    useCommonName: 'Use the common name of the certificate as the registration ID.',
    noCertificate: (registrationId: string, folder: string) =>
      `There is no certificate for ${registrationId} in ${folder}.`,
    createOne: (command: string) => `Create one: ${command}; or specify --certificate, --chain and --key.`,
    keyMismatch: (key: string, subject: string, file: string) =>
      `The private key in ${key} does not belong to the certificate ${subject} in ${file}.`,
    flags: {
      certificate: 'device certificate, if it is not in the certificate folder',
      chain: 'its issuers, or the whole chain',
      key: 'its private key, PEM',
      protocol: 'protocol of the registration (default: mqtt)',
      csrFile:
        'certificate signing request to send, for a key that is elsewhere; the certificate is written beside this file',
    },
    issued: {
      rows: { certificate: 'Issued certificate', notAfter: 'Valid until' },
      otherRequest: (file: string, commonName: string, registrationId: string) =>
        `${file} is the request of "${commonName}", not of ${registrationId}. Azure issues certificates for the registration ID only.`,
      makeRequest: (registrationId: string) =>
        `Create one with the common name ${registrationId}: enrollkit cert csr ${registrationId}`,
      otherFile: (file: string, registrationId: string) =>
        `${file} exists and is not a certificate of ${registrationId}, so it is not replaced.`,
    },
    renew: {
      description:
        'Renews the certificate that Azure issued to a device: requests a new one from its hub over MQTT, as the device itself would, writes it, and connects with it. The private key stays where it is. The device needs a certificate from "device register --csr".',
      hub: 'host name of the hub (default: read from DPS, for a device of the certificate folder)',
      certificate: 'certificate that Azure issued, if it is not in the certificate folder',
      protocol: 'mqtt or mqtt-ws, in WebSockets on port 443 (default: mqtt)',
      files: 'with a certificate in other files; the new one is written beside the key',
      filesWithoutHub: 'A certificate in other files requires --hub: DPS does not know it.',
      giveHub: 'Specify the hub that the device is assigned to: --hub HOST',
      notIssued: (registrationId: string, folder: string) =>
        `${folder} has no certificate for ${registrationId} that Azure issued.`,
      registerWithCsr: (registrationId: string) =>
        `Register the device again: enrollkit device register ${registrationId} --csr`,
      refused: (registrationId: string) =>
        `Run enrollkit doctor: it checks that the device exists in its hub and is enabled there. If the device has registered since this certificate was issued, request another: enrollkit device register ${registrationId} --csr`,
      expired: (registrationId: string, notAfter: string) =>
        `The certificate of ${registrationId} expired on ${notAfter}. The hub refuses it, and so cannot renew it.`,
      notUsed:
        'The device has to connect with the new certificate and its key. Until then, the previous certificate remains valid.',
    },
    register: {
      csr: 'request a certificate from Azure, with which the device then connects to its hub',
      csrExample: 'with a certificate from Azure, whose key stays in the certificate folder',
      description:
        'Registers a device with its certificate, as the device itself would, and shows the hub that it is assigned to. With --id-scope, works with any DPS.',
      folder: 'a device in the certificate folder',
      files: 'with a certificate in other files, at a DPS in Azure',
    },
    id: 'the registration ID',
    block: {
      description:
        'Keeps one device out, such as a stolen device of an enrollment group. Creates a disabled individual enrollment for it, or disables the existing one, and disables its identity in the hub, which ends its connection. On Azure, the hub requires ENROLLKIT_HUB_CONNECTION_STRING.',
      certificateFlag: 'certificate of the device (default: the one in the certificate folder)',
      fileExample: 'with a certificate in another file, on Azure',
      giveCertificate:
        'Specify the certificate of the device with --certificate FILE. DPS requires it for the disabled enrollment.',
      rows: { device: 'Device', enrollment: 'Individual enrollment', hub: 'Identity in the hub' },
      enrollments: {
        created: 'created, disabled',
        disabled: 'disabled',
        deleted: 'deleted: its enrollment group applies again',
        enabled: 'enabled',
        none: 'unchanged',
      },
      statuses: { enabled: 'enabled', disabled: 'disabled', unknown: 'unchanged' },
      inHub: (host: string, deviceId: string, status: string) => `${status}: ${deviceId} in ${host}`,
      unknown: (id: string) =>
        `There is nothing to unblock: DPS has no individual enrollment and no registration of ${id}. Check the registration ID.`,
      notInHub: 'none: the device is not in a known hub',
      hubLeft: (host: string, command: string) =>
        `There is no connection string for ${host}, so the identity of the device was not changed. Set ENROLLKIT_HUB_CONNECTION_STRING and run the command again, or run: ${command}`,
      next: {
        blocked: (command: string) =>
          `When the device registers again, DPS answers with the status "disabled" and assigns no hub; the hub refuses to let it connect. To undo: ${command}`,
        unblocked: (command: string) => `The device can register and connect again: ${command}`,
      },
    },
    unblock: {
      description:
        'Lets a blocked device in again: enables its identity in the hub, and deletes the individual enrollment that `device block` created, or enables the existing one.',
      example: 'a device that was blocked',
      azureExample: 'on Azure',
    },
    send: {
      message: 'message to send (default: a greeting and the time)',
      custom: 'a custom message',
      messageId:
        'message ID ($.mid); the emulator is asked first, and a message that it has already is not sent again',
      once: 'in a script that may be run again: the message arrives once',
      notRepeated: (device: string, id: string, hub: string, twin: string) =>
        `Not repeated: ${hub} already has message ${id} from ${device}.\nDevice twin:\n${twin}`,
      sent: (device: string, message: string, hub: string, twin: string) =>
        `${device} sent ${message} to ${hub}.\nDevice twin:\n${twin}`,
      badJson: (problem: string) => `--message, ${problem}.`,
      notAnObject: '--message is not a JSON object.',
      example: 'Specify a JSON object, for example \'{"temperature":21.5}\'.',
    },
  },

  /** src/fleet/running/, src/cli/device/run.ts */
  deviceRun: {
    tooDeep: (maximum: number) => `a template has at most ${maximum} levels`,
    unknownGenerator: (name: string, known: readonly string[]) =>
      `${name} is unknown; a name that begins with $ is one of ${known.join(', ')}`,
    notAlone: (name: string) => `${name} must be the only member of its object`,
    notAnObject: 'a template is a JSON object',
    outOfRange: 'start must be between minimum and maximum',
    unexpected: (message: string) => `Unexpected error: ${message}`,
    description:
      'Runs devices until you press Ctrl-C: each registers, stays connected to its hub, sends telemetry, reports the desired properties of its twin, answers direct methods and receives messages. A device that loses its connection connects again, with growing delays. Without IDs, runs all devices of the certificate folder or of the fleet.',
    ids: 'registration IDs (default: all)',
    what: 'What the devices do:',
    how: 'How they run:',
    flags: {
      fleet: 'a fleet that `fleet issue` wrote, instead of the certificate folder',
      protocol:
        'mqtt, amqp, or one of them over WebSockets, on port 443; devices then register over HTTPS (default: mqtt)',
      template: 'what each message contains, as a JSON template (default: ID, time, counter and temperature)',
      interval: 'time between two messages of a device, such as 500ms, 10s or 5m (default: 5s)',
      reported: 'properties that each device reports when it connects, as a JSON template',
      methods: 'answers to direct methods, as a JSON table (default: status 200 and the payload of the call)',
      csr: 'request an operational certificate from DPS, and renew it before it expires; MQTT only',
      renewAfter: 'renew certificates after this time (default: two thirds of their validity)',
      count: 'end after this number of messages from each device',
      duration: 'end after this time, such as 30s, 10m or 2h',
      json: 'print events to standard output, one JSON object per line',
    },
    examples: {
      all: 'all devices of the certificate folder, until Ctrl-C',
      fleet: 'a fleet for ten minutes, with its events as JSON',
      one: 'one device over WebSockets',
    },
    csrOverMqtt: '--csr requires --protocol mqtt or mqtt-ws: IoT hubs renew certificates over MQTT only.',
    renewWithoutCsr: '--renew-after requires --csr.',
    oneDeviceForFiles: '--certificate, --chain and --key are for one device: specify its ID.',
    fleetAndFiles: '--fleet cannot be combined with --certificate, --chain or --key.',
    noDevices: (folder: string) => `There are no devices in ${folder}.`,
    createDevices: 'Create some: enrollkit quickstart --yes; or run a fleet with --fleet.',
    notInFleet: (ids: readonly string[], more: number, fleet: string) =>
      `${fleet} does not contain ${firstOf(ids, more)}.`,
    listedTwice: (id: string) => `${id} is specified twice.`,
    csvUnreadable: (place: string, file: string, problem: string) => `${place}: ${file}: ${problem}.`,
    csvNoColumn: (column: string, columns: readonly string[]) =>
      `there is no column ${column}, only ${columns.join(', ')}`,
    csvEmpty: 'there are no rows below the column names',
    tooLong: (file: string, bytes: number, maximum: number) =>
      `${file}: the message has ${bytes} bytes; IoT Hub accepts up to ${maximum}.`,
    progress: (
      connected: number,
      devices: number,
      sent: number,
      perSecond: string,
      received: number,
      calls: number,
      lost: number,
    ) =>
      [
        `${connected} of ${devices} connected`,
        `${sent} sent (${perSecond}/s)`,
        `${received} received`,
        `${calls} method calls`,
        ...(lost > 0 ? [`${lost} lost`] : []),
      ].join(', '),
    gaveUp: (id: string, message: string) => `${id}: ${message}`,
    moreNotes: (count: number) =>
      `Not shown: ${counted(count, 'more message')} like these. Use --json for all.`,
    lostConnection: (id: string, message: string) => `${id} is disconnected: ${message}`,
    replaced: (ids: readonly string[], more: number) =>
      `The hub accepts only the certificate of a device's last registration: those in the certificate folder that Azure issued to ${firstOf(ids, more)} stop working. To request new ones after the run: enrollkit device register ID --csr`,
    rows: {
      devices: 'Devices',
      connected: (connected: number, devices: number) => `${devices}, ${connected} connected at the end`,
      time: 'Time',
      sent: 'Messages sent',
      again: (count: number) => `, ${count} of them again`,
      lost: 'Messages lost',
      received: 'Messages received',
      methods: 'Method calls',
      desired: 'Desired properties changed',
      reported: 'Reported properties updated',
      disconnections: 'Connections lost',
      renewals: 'Certificates renewed',
    },
  },

  /** src/cli/sample/ */
  cliSample: {
    edge: {
      description:
        'Writes the config.toml of an IoT Edge 1.5 gateway whose certificates are in the certificate folder: provisioning through DPS with its certificate, its edge CA, and the root that its modules and downstream devices trust.',
      action: 'config',
      deviceFlag: 'registration ID of the gateway, if the folder has several',
      hostnameFlag:
        'host name of the gateway, by which downstream devices connect (default: that of its system)',
      atFlag:
        'folder of the certificates and keys on the gateway, such as /var/aziot (default: where they are now)',
      example: 'for the only gateway of the certificate folder',
      atExample: 'for files that you copy to the gateway; the configuration lists them',
      unknown: (action: string) => `There is no sample "${action}" for IoT Edge.`,
      useConfig: 'Use: enrollkit sample edge config',
      notAbsolute: (folder: string) => `--at must be an absolute path on the gateway, not "${folder}".`,
      identity: 'identity certificate with its chain and key',
      edgeCa: 'edge CA certificate with its chain and key',
      root: 'root certificate',
      missing: (what: string, folder: string) => `The ${what} is missing in ${folder}.`,
      runQuickstart: 'Run enrollkit quickstart, or specify another folder with --dir.',
      restore: 'Restore the missing file, or create the certificate again.',
      noGateway: (folder: string) => `There is no IoT Edge gateway in ${folder}.`,
      create: (device: string, edge: string) => `Create one: ${device}, then ${edge}`,
      several: (folder: string, count: number) => `There are ${count} IoT Edge gateways in ${folder}.`,
      chooseOne: 'Specify one with --device ID.',
      encrypted: (path: string) =>
        `The private key in ${path} is encrypted. IoT Edge reads unencrypted keys only.`,
      decrypt: (command: string) => `Write a copy that is not encrypted: ${command}`,
      notCa: (path: string) => `The certificate in ${path} is not a CA certificate.`,
      comment: (id: string) => `IoT Edge 1.5, gateway ${id}. Written by enrollkit sample edge config.`,
      install: 'Save as /etc/aziot/config.toml on the gateway, then run: sudo iotedge config apply',
      emulator:
        'The endpoint is the local emulator: the gateway must reach it and trust its root (caFile of emulator start --json).',
      readable: 'The user aziotcs must be able to read the certificates, aziotks the keys.',
      copy: 'Copy these files. The user aziotcs must be able to read the certificates, aziotks the keys.',
      written: (path: string, id: string) => `Wrote ${path}, for the gateway ${id}.`,
    },
    program: {
      description: (samples: readonly string[]) =>
        `Writes a program to start from, filled with the ID scope, the host names and the certificate files of the certificate folder: ${samples.join(', ')}. It runs as it is, against Azure or a running emulator. Secrets come from environment variables and are not in the program.`,
      sampleArgument: (samples: readonly string[]) => samples.join(', '),
      deviceFlag: 'registration ID of the device (default: the first in the folder)',
      groupFlag: 'ID of the enrollment group to create (default: that of the plan)',
      clientFlag: (clients: readonly string[]) =>
        clients.length === 0
          ? 'client library to use; each sample of this language has one'
          : `client library to use: ${clients.join(', ')}`,
      example: 'register a device with DPS and send a message to its hub',
      azureExample: 'for a device in Azure, to standard output',
      unknown: (language: string, sample: string) => `There is no sample "${sample}" for ${language}.`,
      unknownClient: (client: string) => `There is no such sample with the client library "${client}".`,
      choose: (names: readonly string[]) => `Use one of these: ${names.join(', ')}`,
      unused: (flag: string, sample: string) => `${flag} does not apply to ${sample}.`,
      stopped: (state: string) =>
        `The emulator in ${state} is not running, so its ports are not known, and the sample could not connect.`,
      start: (command: string) => `Start it: ${command}`,
      noDevice: (folder: string) => `There is no device with a certificate and a key in ${folder}.`,
      deviceCertificate: 'certificate of the device with its chain and key',
      encrypted: (path: string) =>
        `The private key in ${path} is encrypted. Samples read unencrypted keys only.`,
      chosen: (id: string) => `For the device ${id}. To choose another, use --device ID.`,
      environment: (command: string) =>
        `Before you run it, set the emulator’s environment variables: eval "$(${command})"`,
      needsPort: (port: number) =>
        `This client always connects to port ${port}: start the emulator with --standard-ports.`,
      written: (path: string, sample: string) => `Wrote ${path} (${sample}).`,
    },
  },

  /** src/cli/completion/ */
  cliCompletion: {
    description:
      'Prints a script that completes command lines of enrollkit in your shell when you press Tab: commands, flags, files, the devices of the certificate folder, and the enrollment groups of a running emulator or of a provisioning service whose connection string is set.',
    shell: (shells: readonly string[]) => shells.join(', '),
    bashExample: 'for new bash sessions',
    zshExample: 'for zsh; the folder must be in $fpath',
    fishExample: 'for fish',
    powershellExample: 'for PowerShell',
    unknown: (shell: string) => `There is no completion for "${shell}".`,
    choose: (shells: readonly string[]) => `Use one of these: ${shells.join(', ')}`,
  },

  /** src/cli/doctor/ */
  cliDoctor: {
    devices: 'Devices',
    reachable: (endpoints: readonly string[]) => `Reachable: ${endpoints.join(', ')}`,
    useIdScope: (idScope: string) => `Use ${idScope}: --id-scope ${idScope}`,
    linked: (hubs: readonly string[]) => `Linked: ${hubs.join(', ')}`,
    nodeTooOld: (version: string, oldest: string) =>
      `Node.js ${version} is too old. enrollkit needs ${oldest} or later.`,
    installNode: 'Install a current version of Node.js.',
    trustedRoots: (roots: string) => `Trusted roots: ${roots}`,
    rootMissing: (name: string) => `Node.js does not trust ${name}, which Azure’s servers use.`,
    addRoot:
      'Set NODE_EXTRA_CA_CERTS to a file with this root, or remove the Node.js options that replace its built-in roots.',
    extraRootsMissing: (path: string) =>
      `NODE_EXTRA_CA_CERTS is set to ${path}, which does not exist. Node.js ignores it.`,
    correctPath: 'Correct the path, or unset NODE_EXTRA_CA_CERTS.',
    tlsChecksOff:
      'NODE_TLS_REJECT_UNAUTHORIZED is 0, so Node.js programs accept any server, even one that impersonates Azure.',
    turnTlsChecksOn:
      'Unset NODE_TLS_REJECT_UNAUTHORIZED. Set NODE_EXTRA_CA_CERTS to the missing root instead.',
    noProxy: 'No proxy is set',
    proxyInvalid: 'HTTPS_PROXY or ALL_PROXY is not a URL.',
    setProxy: 'Set it to http://HOST:PORT, or unset it.',
    proxy: (host: string) => `HTTPS goes through the proxy ${host}, except to this computer`,
    proxyNotForMqtt: (host: string, protocol: string) =>
      `Devices register over ${protocol}, which does not go through the proxy ${host}.`,
    registerOverHttps: 'If the firewall blocks the port, register over HTTPS: --protocol https',
    planSaysSo: (device: string, message: string) => `${device}: ${message} It is part of the plan.`,
    notAllDevices: (maximum: number, count: number) =>
      `The first ${maximum} of ${count} devices were checked`,
    notRegisteredYet: (device: string) => `${device} is not registered`,
    notRegistered: (device: string) => `${device} is not registered.`,
    register: (device: string) => `Register it: enrollkit device register ${device}`,
    registerAgain: (device: string) => `Register it again: enrollkit device register ${device}`,
    assigned: (device: string, hub: string) => `${device} is assigned to ${hub}`,
    notInHub: (device: string, hub: string, deviceId: string) =>
      `${device} has a registration record, but the hub ${hub} has no device ${deviceId}.`,
    disabledInHub: (deviceId: string, hub: string) => `The device ${deviceId} is disabled in the hub ${hub}.`,
    enableInHub: (device: string) => `Enable it: enrollkit device unblock ${device}`,
    hubHasOther: (hub: string, deviceId: string, known: string, own: string) =>
      `The hub ${hub} has a different certificate for ${deviceId} (${known}) than the folder (${own}).`,
    registerForHub: (device: string) =>
      `Register it again, so that the hub gets the current one: enrollkit device register ${device}`,
    thisComputer: 'This computer',
    provisioningService: 'Provisioning service',
    noFolder: (path: string) => `The folder ${path} does not exist.`,
    nameFolder: 'Specify a folder with --dir FOLDER, or create it: enrollkit quickstart',
    checkFolder: 'Check --dir FOLDER, or create it: enrollkit quickstart',
    noEmulator: (path: string) => `There is no emulator in ${path}`,
    emulatorMissing: (message: string) => `${message}, but the plan of the folder uses one.`,
    runAgainForEmulator: 'Run enrollkit quickstart again to create a new one.',
    emulatorStopped: 'The emulator is not running; it was started only for these checks',
    emulatorRunning: (pid: number, ports: string) =>
      `The emulator is running as process ${pid}; ports: ${ports}`,
    description:
      'Checks this computer (Node.js, clock, ports, proxy, trusted roots), a certificate folder (file modes, keys, dates, chains) and its provisioning service (credentials, permissions, hubs, uploaded CAs, enrollment group, registrations), and tells you how to fix problems. Changes nothing. Exit status: 0 if there are no errors, 11 if there are.',
    exampleFolder: 'the folder of the last quickstart, and this computer',
    exampleJson: 'for a bug report or a script: findings with code, severity, message, fix',
    certificateMissing: (folder: string) =>
      `There is no certificate in ${folder}, but the plan of the folder has one.`,
    restoreOrRunAgain: 'Restore it from a backup, or run enrollkit quickstart again.',
    changeUnfinished: (path: string) =>
      `A command that was interrupted or is still running has left files in ${path}.`,
    waitOrRunAgain: 'Wait for the command, or run it again to complete the change.',
    rolloverUnfinished: (authority: string, date: string) =>
      `The roll-over of the ${authority} CA, started on ${date}, is not finished.`,
    continueRollover: (authority: string) => `Continue it: enrollkit cert rollover ${authority} --help`,
    keyReadable: (path: string, mode: string) =>
      `${path} has mode ${mode}: other users of this computer can read the private key.`,
    certificateIn: (name: string, file: string) => `The certificate "${name}" in ${file}`,
    expired: (certificate: string, date: string) => `${certificate} expired on ${date}.`,
    renew: 'Renew it: enrollkit cert renew --help',
    notYetValid: (certificate: string, from: string, now: string) =>
      `${certificate} is not valid before ${from}; it is now ${now}.`,
    checkClock: 'Check the clock of this computer, or wait.',
    keyMissing: (path: string) => `There is no private key ${path}.`,
    restoreDeviceKey: (device: string) =>
      `Restore it from a backup, or create a new key and certificate: enrollkit cert device ${device} --force`,
    restoreCaKey:
      'Restore it before you issue certificates or verify the CA. It may be stored elsewhere on purpose.',
    unreachable: (host: string, port: number, name: string, problem: string) =>
      `${host}:${port} (${name}) cannot be reached: ${problem}`,
    checkNetwork: 'Check the network and the firewall.',
    noLookup: (host: string) =>
      `No host name can be looked up, not even ${host}: this computer is offline, or its DNS server does not answer.`,
    checkName: 'Check the host name: others can be looked up from here.',
    noInterface: 'This computer is offline: no network interface has an address.',
    goOnline:
      'Connect to a network, or check its DNS server. If the network requires a proxy, set HTTPS_PROXY, and register over HTTPS: --protocol https',
    openPort: 'Open the port in the firewall, or register over HTTPS: --protocol https',
    noAnswer: 'There was no answer in time.',
    portsTaken: (ports: string) => `Another program uses the default ports of the emulator: ${ports}.`,
    stopOther:
      'Stop it, or choose other ports: enrollkit emulator start --help. A quickstart picks free ports automatically.',
    trustProxyRoot:
      'Set NODE_EXTRA_CA_CERTS to the root certificate of the proxy. Device client certificates do not pass through such a proxy.',
    exemptFromInspection:
      'Exempt *.azure-devices-provisioning.net and *.azure-devices.net from inspection: device client certificates do not pass through it.',
    serverNotTrusted: (host: string, reason: string) =>
      `The certificate of ${host} is not trusted here (${reason}).`,
    checkRoots: 'Check the trusted roots of Node.js, and the clock.',
    serverCertificate: (host: string, issuer: string) => `The certificate of ${host} was issued by ${issuer}`,
    unnamedCa: 'an unnamed CA',
    nothingWrong: 'No problems found.',
    service: (name: string, location: string, idScope: string) =>
      `The provisioning service ${name} (${location}) responds; its ID scope is ${idScope}`,
    otherIdScope: (planned: string, actual: string) =>
      `The ID scope in the plan is ${planned}, but that of the provisioning service is ${actual}.`,
    rights: 'Your identity may upload and verify CA certificates',
    rightsMissing: (name: string, permissions: readonly string[]) =>
      `Your identity lacks these permissions on ${name}: ${permissions.join(', ')}.`,
    askForRole:
      'Ask for the Contributor role on the DPS, or verify the CA in the portal: --proof-of-possession portal',
    emulatorClock: (time: string) => `The emulator’s clock was set: it shows ${time}`,
    clockAgrees: (apart: string) => `The clock of this computer agrees with the service’s (${apart} apart)`,
    synchronize:
      'Synchronize the clock. If it is more than five minutes off, tokens and certificates are refused.',
    noLinkedHub: (name: string) => `No IoT hub is linked to ${name}, so devices cannot be assigned.`,
    linkHub: (command: string) => `Link a hub: ${command}`,
    hubNotLinked: (hub: string, name: string, linked: readonly string[]) =>
      `${hub} is not linked to ${name}. Linked hubs: ${linked.join(', ')}.`,
    chooseHub: (command: string) => `Choose a linked hub, or link this one: ${command}`,
    checkHub: (command: string) =>
      `Check that the hub exists (${command}), and check the network and the firewall.`,
    caNotUploaded: (name: string) => `No CA certificate is uploaded under the name ${name}.`,
    uploadCa: 'Run enrollkit quickstart again, or run: enrollkit ca upload FILE --ca-name NAME',
    otherCaUploaded: (name: string, subject: string, thumbprint: string, authority: string, own: string) =>
      `The CA uploaded as ${name} is "${subject}" with the SHA-1 thumbprint ${thumbprint}, but that of the ${authority} CA in the folder is ${own}.`,
    uploadUnderOtherName:
      'Upload the folder’s CA under another name (enrollkit ca upload FILE --ca-name NAME), or use the folder that the uploaded CA belongs to.',
    caNotVerified: (name: string) => `The CA certificate uploaded as ${name} is not verified.`,
    verifyCa: (name: string) =>
      `Run enrollkit quickstart again, or run: enrollkit ca verify ${name} --certificate FILE --key FILE`,
    caVerified: (name: string) => `The CA certificate ${name} is uploaded and verified`,
    groupMissing: (id: string) => `The enrollment group ${id} does not exist.`,
    enrollmentMissing: (id: string) => `There is no individual enrollment ${id}.`,
    enrollmentDiffers: (id: string, members: readonly string[]) =>
      `The individual enrollment ${id} differs from the plan: ${members.join(', ')}.`,
    enrollments: (count: number) =>
      count === 1
        ? '1 individual enrollment, as in the plan'
        : `${count} individual enrollments, as in the plan`,
    createGroup: 'Run enrollkit quickstart again to create it.',
    group: (id: string, status: string, holding: string) =>
      `The enrollment group ${id} is ${status} and has ${holding}`,
    groupDiffers: (id: string, members: readonly string[]) =>
      `The enrollment group ${id} differs from the plan of the folder: ${members.join(', ')}.`,
    restoreEnrollment:
      'If the certificate was renewed, or nobody changed it on purpose, run enrollkit quickstart again. It restores an enrollment that it created.',
    restoreGroup:
      'If nobody changed it on purpose, run enrollkit quickstart again. It restores a group that it created.',
    uploadedCa: (name: string) => `the uploaded CA ${name}`,
    caCertificate: (name: string) => `the CA certificate "${name}"`,
    folderTitle: (path: string) => `Folder ${path}`,
    keysEncrypted: (count: number) =>
      `${count === 1 ? '1 private key is' : `${count} private keys are`} encrypted and could not be compared with the certificates, because there is no passphrase`,
    folder: (path: string, authorities: number, devices: number) =>
      `${path} has ${authorities} ${authorities === 1 ? 'CA' : 'CAs'} and ${devices} ${devices === 1 ? 'device' : 'devices'}`,
    expiresSoon: (certificate: string, date: string, days: number) =>
      `${certificate} expires on ${date}, in ${days} ${days === 1 ? 'day' : 'days'}.`,
    portsFree: (ports: string) => `Free for the emulator: ${ports}`,
    tlsIntercepted: (host: string, issuer: string, reason: string | undefined) =>
      `The certificate of ${host} was issued by "${issuer}", not by one of Azure’s CAs: a proxy inspects TLS${reason === undefined ? '' : `, and its root is not trusted here (${reason})`}.`,
    more: (count: number, code: string) => `and ${count} more of ${code}`,
    summary: (errors: number, warnings: number) =>
      `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`,
    fix: (fix: string) => `fix: ${fix}`,
    clockOff: (apart: string, isBehind: boolean) =>
      `The clock of this computer is ${apart} ${isBehind ? 'behind' : 'ahead of'} the service’s.`,
    held: (authorities: readonly string[]) =>
      authorities.length === 0 ? 'no CA' : authorities.join(' and '),
    notAssigned: (device: string, status: string, reason: string | undefined) =>
      `The registration record of ${device} has the status "${status}"${reason === undefined ? '' : `: ${reason}`}.`,
  },

  /** src/cli/emulator/ */
  /** src/cli/emulator/trust.ts */
  cliTrust: {
    trustDescription:
      'Adds the TLS root of the emulator to the trust store of the system and to the databases of Firefox and Chromium, so that browsers and SDKs connect without further settings. It shows what it will change, asks, and reads each store back. Stores that already trust the root stay as they are.',
    untrustDescription:
      'Removes the TLS root of this emulator, and nothing else, from the stores to which "emulator trust" adds it. Run it before you delete the folder of the emulator or give it a new identity; afterwards, name the root with --root.',
    storeFlag: 'change only this store; repeatable. java: the keystore of JAVA_HOME',
    rootFlag: 'PEM file of the root, if the folder of the emulator is gone',
    notOfEmulator: (file: string) => `${file} is not the TLS root of an emulator.`,
    giveRoot:
      'If you have deleted the folder of the emulator, name its root with --root FILE: on Linux, the file enrollkit-emulator-….crt or .pem among the system’s added roots; elsewhere, export it from the store.',
    trustExample: 'the system and all browsers of this user',
    browsersExample: 'browsers only, which needs no special rights; without asking',
    untrustExample: 'undo it',
    untrustJsonExample: 'without asking, with the result as JSON',
    noRoot: (file: string) => `There is no TLS root of an emulator: ${file} does not exist.`,
    root: (file: string, sha256: string) => `TLS root  ${file}\nSHA-256   ${sha256}`,
    warning:
      'Anyone who can read the key of this root can impersonate any web site to this computer. It is in the folder of the emulator, readable by you only.',
    plan: (place: string, steps: readonly string[]) => `${place}\n  ${steps.join('\n  ')}`,
    writes: (file: string) => `write ${file}`,
    deletes: (file: string) => `delete ${file}`,
    unchanged: (action: 'trust' | 'untrust', place: string) =>
      action === 'trust' ? `${place}: already trusts the emulator` : `${place}: does not have it`,
    unusable: (place: string, reason: string) => `${place}: skipped. ${reason}`,
    confirm: (action: 'trust' | 'untrust', places: readonly string[]) =>
      action === 'trust'
        ? `Trust the emulator in ${places.join(', ')}?`
        : `Remove the emulator’s root from ${places.join(', ')}?`,
    why: (action: 'trust' | 'untrust') =>
      action === 'trust'
        ? '"enrollkit emulator untrust" undoes it.'
        : 'Browsers then warn before they open the emulator over HTTPS.',
    declined: 'Canceled. Nothing was changed.',
    changed: (action: 'trust' | 'untrust', place: string) =>
      action === 'trust' ? `✓ ${place}: trusts the emulator` : `✓ ${place}: removed`,
    noStores: 'There are no databases of Firefox or Chromium. Start the browser once to create one.',
    unknownSystem: 'enrollkit does not know the trust store of this system.',
    notPermitted: 'Only root can change the trust store of the system.',
    runAsAdministrator: (command: string) => `Run: ${command}`,
    notInstalled: (program: string) => `The program ${program} is not installed.`,
    noCertutil:
      'The program certutil is not installed. Debian and Ubuntu have it in libnss3-tools, Fedora in nss-tools, Arch and Homebrew in nss.',
    commandFailed: (command: string, status: number, output: string) =>
      `"${command}" ended with status ${status}${output === '' ? '' : `: ${output}`}`,
    foreignFile: (file: string) => `${file} is not the root of this emulator. It was left as it is.`,
    foreignEntry: (name: string, place: string) =>
      `${place} has another certificate named ${name}. It was left as it is.`,
    notReadBack: (place: string, action: 'trust' | 'untrust') =>
      action === 'trust'
        ? `The root was added to ${place}, but is not trusted there.`
        : `The root was removed from ${place}, but is still there: another file or name has it.`,
  },

  cliEmulator: {
    noSuchService: (name: string, names: readonly string[]) =>
      `The emulator has no provisioning service "${name}". Its services: ${names.join(', ')}.`,
    noSuchHub: (name: string, names: readonly string[]) =>
      `The emulator has no hub "${name}". Its hubs: ${names.join(', ')}.`,
    faultsArgumentMissing: 'emulator faults set requires a JSON file, mild or wild.',
    faultsArgumentExcess: (action: string) => `emulator faults ${action} takes no other argument.`,
    /** The seed of the faults that are injected. */
    faultSeed: (seed: number) => `seed ${seed}`,
    faultHeads: { rule: 'RULE', injected: 'TIMES APPLIED' },
    answered: (status: number, message: string | undefined) =>
      `The emulator responded with status ${status}${message === undefined ? '.' : `: ${message}`}`,
    fixedPorts: (clients: 'all' | 'devices') =>
      `${clients === 'all' ? 'The clients' : 'The device clients'} always connect to 443, 8883 and 5671: start the emulator with --standard-ports.`,
    overview: {
      ready: 'The emulator is ready.',
      readyInBackground: 'The emulator is ready and runs in the background.',
      stop: (dir: string) => `Press Ctrl-C to stop it. Its state is kept in ${dir}.`,
      stopInBackground: (command: string, dir: string) =>
        `To stop it: ${command}\nIts state is kept in ${dir}.`,
      addresses: 'Addresses',
      armEndpoint: (address: string, service: string) => `${address}, provisioning service ${service}`,
      page: 'Open in a browser',
      connectSdk: 'Connect an SDK',
      environment: 'In another shell: environment variables for the SDKs',
      nodeDevice: 'Node.js, a device:',
      nodeGroups: 'Node.js, enrollment groups:',
    },
    /** Names of lines in the output of start and status. */
    lines: {
      process: 'Process',
      devicePlane: 'Device plane',
      idScope: 'ID scope',
      servicePlane: 'Service plane',
      resourceManager: 'Resource Manager',
      hub: 'Hub',
      others: 'Others',
      tlsRoot: 'TLS root',
      ports: 'Ports',
      tls: 'TLS',
      clock: 'Clock',
      log: 'Log',
    },
    otherService: (name: string, address: string, idScope: string) =>
      `Service ${name}: ${address}, ID scope ${idScope}`,
    otherHub: (name: string, address: string) => `Hub ${name}: ${address}`,
    processSince: (pid: number, since: string) => `${pid}, since ${since}`,
    upToTls: (version: string) => `up to ${version}`,
    clockAhead: (time: string, offset: string) => `${time}, ${offset} ahead of this computer`,
    clockBehind: (time: string, offset: string) => `${time}, ${offset} behind this computer`,
    clockStillSet: (clock: string, command: string) =>
      `The emulator’s clock is still set: ${clock}. To use the time of this computer, run: ${command}`,
    timeRange: 'The clock can be set to a time between the years 1970 and 9999.',
    oneOfClockFlags: 'Use only one of --at, --advance and --reset.',
    notADuration: (text: string) =>
      `--advance must be a duration such as 30d, 12h, 15m or 10s, not "${text}".`,
    clockDescription:
      'Shows or sets the clock of a running emulator. The emulator validates certificates and tokens and dates its records by this clock, which keeps running after you set it, also when the emulator is stopped and started again. The enrollkit commands create tokens and certificates by it. SDKs use the clock of the computer, so if you set the emulator’s clock ahead, the shared access signatures that they create may already be expired.',
    atFlag: 'set the clock to this time, such as 2027-01-31',
    advanceFlag: 'move the clock forward by 30d, 12h, 15m or 10s; backward with a minus sign',
    clockResetFlag: 'set the clock to that of this computer',
    clockExample: 'see whether a certificate is still valid in a month',
    clockResetExample: 'return to the present',
    runsAlready: (dir: string, pid: number) => `An emulator is already running on ${dir} (process ${pid}).`,
    useOrStop: (dirFlag: string) => `Use it, or stop it first: enrollkit emulator stop${dirFlag}`,
    notReady: (seconds: number) => `The emulator was not ready within ${seconds} s.`,
    readLog: (log: string) => `Read its log: ${log}`,
    endedEarly: 'The emulator exited before it was ready.',
    envDescription:
      'Prints environment variables with the TLS root, addresses and connection strings of a running emulator. The connection strings are secrets of that emulator. With --for, prints only the variables that the SDKs of one language read, and comments on what else they need.',
    formatFlag: 'shell exports, PowerShell, a .env file, or JSON (default: shell)',
    forFlag: 'only what the SDKs of this language, or the Azure CLI, need',
    serviceFlag: 'the provisioning service (default: the first)',
    hubFlag: 'the IoT hub (default: the first)',
    hostsFlag: 'print lines for a hosts file instead, with the Azure names of the services and hubs',
    envExample: 'print the variables; to set them in a shell: eval "$(enrollkit emulator env)"',
    envDotenvExample: 'for programs that read a .env file',
    envForExample: 'only what the Python SDKs need',
    envOthersExample: 'for another service and hub than the first',
    envHostsExample: 'for clients that connect to the Azure names; requires --standard-ports',
    hostsAlone: '--hosts cannot be used with --for, --format, --service or --hub.',
    correctFaults:
      'Correct the faults file at that position. The schema is templates/emulator-faults.schema.json.',
    faultSeedFlag: 'seed of an earlier run, to inject the same faults again (default: random)',
    faultsDescription:
      'Injects faults into a running emulator: errors, delays, lost responses, closed connections. "set" replaces all rules with those of a file or a preset: "mild" affects about 5% of requests, "wild" about 30%. "list" shows how often each rule has injected its fault. "clear" deletes all rules. The "emulator" commands are not affected.',
    faultsAction: 'set, list or clear',
    faultsArgument: 'for set: a JSON file, mild or wild',
    faultsWildExample: 'test whether your client copes with many faults',
    faultsSeedExample: 'inject the same faults as last time',
    faultsListExample: 'the seed, and how often each rule has injected its fault',
    faultsClearExample: 'stop injecting faults',
    notAFaultsAction: (action: string) => `emulator faults requires set, list or clear, not "${action}".`,
    noFaultSeed: (action: string) => `--fault-seed cannot be used with emulator faults ${action}.`,
    noFaults: 'no faults',
    unknownAddress: (name: string) => `This computer cannot resolve the host name ${name}.`,
    logsDescription:
      'Shows the log of an emulator, running or not: each refused request and the reason, which DPS and IoT Hub do not report to clients. Each entry begins with its line number in the file.',
    logsLineFlag: 'show only the entry at this line',
    logsLimitFlag: (limit: number) => `how many of the latest entries to show (default: ${limit})`,
    logsExample: 'the latest refused requests and the reasons',
    logsLineExample: 'one entry as JSON: line, text, reason',
    noLogEntry: (line: number, log: string) => `${log} has no entry at line ${line}.`,
    leaveLineOut: 'Run the command without --line to see the latest entries.',
    emptyLog: (log: string) => `The log is empty: ${log}`,
    messagesDescription:
      'Shows the latest messages that one device, or all devices, sent to the hub of a running emulator, oldest first. The emulator keeps 100 messages per device. With --follow, continues until you press Ctrl-C or the emulator stops. --json prints one object; with --follow, one line of JSON per message.',
    messagesDevice: 'device ID (default: all devices)',
    messagesLimitFlag: (limit: number) => `the maximum number of messages (default: ${limit})`,
    followFlag: 'also show new messages as they arrive',
    messagesExample: 'the latest messages of all devices',
    messagesFollowExample: 'messages of one device, as they arrive',
    messagesJsonExample:
      'for scripts: hub, deviceId, enqueued, properties, body (bodyBase64 if it is not text)',
    noMessages: 'There are no messages.',
    followEnded: 'The emulator was stopped or reset.',
    resetDescription:
      'Deletes everything that was created in an emulator: certificates, enrollments, registrations, and devices with their twins and messages. A running emulator keeps running on its ports, and its clock is reset to that of this computer. Names, ID scope, keys and the TLS root are kept, so clients need no changes.',
    newIdentityFlag: 'also delete names, ID scope, keys and the TLS root; the emulator must be stopped',
    resetExample: 'between two tests, while the emulator is running',
    resetAllExample: 'delete everything, to start over',
    runsWithIdentity: (dir: string, pid: number) =>
      `The identity of the emulator on ${dir} cannot change while it is running (process ${pid}).`,
    stopOrKeepIdentity: (dirFlag: string) =>
      `Stop it first: enrollkit emulator stop${dirFlag}. Or reset it without --new-identity.`,
    isEmpty: 'The emulator was reset.',
    nothingToReset: (dir: string) => `Nothing to reset: there is no emulator in ${dir}.`,
    endedInReset: 'The emulator exited during the reset. Its log has the reason.',
    notReadyAgain: (seconds: number) => `The emulator was not ready again within ${seconds} s.`,
    notRunning: (dir: string) => `No emulator is running on ${dir}.`,
    startOne: (dirFlag: string) => `Start one: enrollkit emulator start${dirFlag}`,
    usedByOther: (pid: number) =>
      `The emulator is in use by the command or program that started it (process ${pid}).`,
    waitForOther: 'Wait until that process ends.',
    javaTrust: 'Java trusts the certificates in a trust store. Create one with the root, once:',
    javaStart:
      'then start the program with -Djavax.net.ssl.trustStore=trust.p12 -Djavax.net.ssl.trustStorePassword=changeit',
    nodePorts: 'The service client and the HTTPS and WebSocket device clients do not accept a port.',
    nodeDefaultPort: (port: number) =>
      `In Node.js, before the first request: require('https').globalAgent.defaultPort = ${port};`,
    nodeStandardPorts:
      'Or start the emulator with --standard-ports. MQTT clients accept PROVISIONING_MQTT_HOST,',
    nodeAmqp: 'AMQP clients accept PROVISIONING_AMQP_HOST.',
    cTrust: 'With OpenSSL, SSL_CERT_FILE is enough. Otherwise, set the root with OPTION_TRUSTED_CERT.',
    csharpTrust: 'SSL_CERT_FILE works on Linux. On Windows, import the root into the trusted root store:',
    goTrust: 'SSL_CERT_FILE works on Linux. Elsewhere, load the root into tls.Config.RootCAs.',
    fileNameHere: (place: string) => `${place}: must be the name of a file.`,
    certificateOrFile: (place: string) => `${place}: use either certificate or certificateFile, not both.`,
    correctSeed: 'Correct the seed file at that position. The schema is templates/emulator-seed.schema.json.',
    stopped: 'The emulator was stopped. Its state is kept.',
    seedWithoutFaults: '--fault-seed requires --faults.',
    injectingFaults: (faults: string, seed: number) =>
      `Injecting faults: ${faults}. To repeat them, use --fault-seed ${seed}.`,
    openToNetwork: (host: string) =>
      `Warning: with --host ${host}, every computer that can reach this one over a network can connect to the emulator. It has no user accounts: anyone who has its keys has full access. To serve only one network, use the address of this computer in that network.`,
    standardPortsAlone: '--standard-ports cannot be used with --port, --mqtt-port or --amqp-port.',
    startDescription:
      'Runs a Device Provisioning Service with a linked IoT hub, or several of both, for any Azure SDK, until Ctrl-C or SIGTERM. Every change is on disk before the emulator confirms it, and is available at the next start. Listens on loopback only, unless you set --host.',
    hostFlag:
      'the address to listen on, and the name of the first hub (default: localhost, and 127.0.0.1 for the hub)',
    portFlag: (port: number) => `port for HTTPS; 0 for any free port (default: ${port})`,
    mqttPortFlag: (port: number) => `port for MQTT; 0 for any free port (default: ${port})`,
    consolePortFlag: 'port of the emulator’s page, over HTTP on 127.0.0.1; 0 for any free port (default: 0)',
    amqpPortFlag: (port: number) =>
      `port for AMQP; 0 for any free port (default: ${port}, or 0 with --mqtt-port 0)`,
    standardPortsFlag:
      'use the ports of Azure: 443, 8883 and 5671; for SDKs that cannot connect to other ports',
    hubsFlag: 'create this IoT hub; can be repeated (default: one, hub-1)',
    servicesFlag: 'create this provisioning service; can be repeated (default: one, enrollkit-dps)',
    retryAfterFlag: 'how long a device has to wait between two polls; Azure uses 3 (default: 0)',
    quotasFlag: 'enforce the documented limits: 1000 registrations per minute, 25 CA certificates, and so on',
    serverKeyFlag:
      'key of the server certificate; rsa-2048, as in Azure, for clients that support only RSA cipher suites (default: ec-p256, or as before)',
    tlsMaxFlag: 'the highest TLS version to support; Azure documents 1.2 for DPS and hubs (default: 1.3)',
    fullChainFlag:
      'refuse devices that do not present their full chain, up to a verified CA; Azure does not document whether it does',
    allowRenewedFlag:
      'let a device connect to its hub with a new certificate of the same CA before it registers with it; Azure refuses this',
    strictApiVersionsFlag:
      'refuse an api-version later than the latest known one, instead of treating it as that one',
    seedFlag: 'JSON file of hubs, devices, services, certificates and enrollments to create at the start',
    faultsFlag:
      'inject faults by the rules of a JSON file: errors, delays, lost responses, closed connections; mild affects about 5% of requests, wild about 30%',
    detachFlag: 'run in the background; return as soon as the emulator is ready',
    startExample: 'with the state of the quickstart in the folder certs',
    startDetachExample: 'in the background, until you run: enrollkit emulator stop',
    startFaultsExample: 'inject many faults; prints the seed, so that you can repeat them',
    startTestExample: 'for a test: free ports, and one line of JSON when the emulator is ready',
    statusDescription:
      'Shows whether an emulator is running on a state folder, and its addresses. Exit status: 0 if it is running and responds, 12 if none is running, 5 if its process is running but does not respond. Prints no secrets; emulator env does.',
    statusExample: 'the emulator of the folder certs',
    statusJsonExample: 'for scripts: running, pid, since, ports, names, clock',
    isRunning: (dir: string) => `An emulator is running on ${dir}.`,
    stopDescription:
      'Stops the emulator that is running on a state folder, and waits until it has exited. Its state is kept. Succeeds also if no emulator is running.',
    stopExample: 'stop the emulator of the folder certs',
    stopJsonExample: 'another folder; the output shows whether an emulator was running',
    stillRuns: (pid: number, seconds: number) =>
      `The emulator did not stop: process ${pid} is still running after ${seconds} s.`,
    endProcess: (pid: number) => `End process ${pid}. Every change that the emulator confirmed is on disk.`,
  },

  /** src/cli/fleet/ */
  cliFleet: {
    enrollResultsFlag:
      'one line of JSON per device; overwritten by each run (default: FLEET.enrollments.ndjson)',
    registerResultsFlag:
      'one line of JSON per device; read by the next run (default: FLEET.registrations.ndjson)',
    rateFlag: (of: 'devices' | 'enrollments' | 'registrations', perMinute: number) =>
      `${of} per minute (default: ${perMinute}, below the DPS quota of 1000; unlimited on the emulator)`,
    deregister: (devices: number) => `Delete the registration records of ${countOf(devices, 'device')}?`,
    deregistered: (devices: number, seconds: number) =>
      `${countOf(devices, 'device')} no longer ${devices === 1 ? 'has a registration record' : 'have registration records'} (${seconds.toFixed(1)} s).`,
    leftInHubs: (devices: number) =>
      `${countOf(devices, 'device')} ${devices === 1 ? 'remains' : 'remain'} in hubs other than the one in the connection string.`,
    progress: (done: number, total: number, perSecond: number) =>
      `${numberText(done)} of ${countOf(total, 'device')}, ${numberText(perSecond)} per second`,
    /** After the progress. */
    timeLeft: (amount: string, unit: 's' | 'min' | 'h') => `, ${amount} ${unit} left`,
    allAssigned: (devices: number) =>
      devices === 1
        ? '1 device is already assigned. Nothing to do.'
        : `${numberText(devices)} devices are already assigned. Nothing to do.`,
    allEnrolled: (devices: number) =>
      devices === 1
        ? '1 device is already enrolled. Nothing to do.'
        : `${numberText(devices)} devices are already enrolled. Nothing to do.`,
    assigned: (devices: number, before: number, failed: number, seconds: number, perSecond: number) =>
      `${countOf(devices, 'device')} assigned${before > 0 ? `, ${numberText(before)} earlier` : ''}, ${numberText(failed)} failed, in ${seconds.toFixed(1)} s (${numberText(perSecond)} per second)`,
    throttled: (devices: number) =>
      `${countOf(devices, 'device')} had to wait because DPS was throttling (429)`,
    sentAgain: (devices: number) =>
      `${countOf(devices, 'device')} may have sent a message twice, with the same message ID`,
    enrolled: (devices: number, counts: readonly string[], failed: number, seconds: number) =>
      `${countOf(devices, 'device')} enrolled${counts.length > 0 ? `: ${counts.join(', ')}` : ''}; ${numberText(failed)} failed, in ${seconds.toFixed(1)} s`,
    /** One of the counts of `enrolled`. */
    outcome: (count: number, outcome: 'created' | 'updated' | 'unchanged') =>
      `${numberText(count)} ${outcome}`,
    failed: (devices: number, code: string) => `${countOf(devices, 'device')} failed: ${code}`,
    faster: (duration: string) => `under ${duration}`,
    percentiles: (p50: string, p95: string, p99: string, max: string) =>
      `p50 ${p50}, p95 ${p95}, p99 ${p99}, max ${max}`,
    rate: (mean: string, peak: string) => `mean ${mean}, highest ${peak}`,
    rateHeading: 'Devices per second',
    issueLatency: 'Time per device in a thread, averaged over each batch',
    unchanged: (devices: number, out: string | undefined) =>
      `${countOf(devices, 'device')}${out === undefined ? '' : ` in ${out}`}: already issued, nothing changed.`,
    issued: (devices: number, out: string | undefined, earlier: number, seconds: number) =>
      `Issued ${countOf(devices, 'device')}${out === undefined ? '' : ` in ${out}`}${earlier > 0 ? `, ${numberText(earlier)} of them earlier` : ''} (${seconds.toFixed(1)} s)`,
    listed: (notAfter: string, manifest: string) => `Valid until ${notAfter}; listed in ${manifest}`,
    merged: (devices: number, out: string) => `${countOf(devices, 'device')} listed in ${out}`,
    deregisterDescription:
      'Deletes the registration records of a fleet. As in Azure, the devices stay in their hubs and can register again while an enrollment accepts them. The files of the fleet are kept; the outdated results files are deleted.',
    deregisterEnrollmentsFlag: 'also delete the individual enrollments of the devices',
    deregisterHubDevicesFlag:
      'also delete the devices from their hub; on Azure, this requires ENROLLKIT_HUB_CONNECTION_STRING',
    deregisterExample: 'asks for confirmation first',
    deregisterAllExample: 'delete everything: records, enrollments and devices',
    enrollDescription:
      'Creates an individual enrollment with its certificate for every device of a fleet, ten per request, and reads each one back. Tags in the manifest become tags of the initial twin. An existing enrollment is accepted if it is the same as the one this command would create; with --update, it is changed. If one enrollment group is enough for all devices, use it instead: see group create. Safe to run again: enrollments that are already correct are not changed.',
    enrollUpdateFlag:
      'also change existing enrollments: set the certificate, the tags and the settings you specify with flags, and keep the rest',
    enrollExample: 'each device with its certificate, on any linked hub',
    enrollHubExample: 'on Azure, all on one hub',
    enrollDisableExample: 'disable the enrollments without changing anything else',
    fleetArgument: 'the output of fleet issue: a folder, an NDJSON file or a tar archive',
    manifestFlag: 'the list of devices (default: FLEET.manifest.csv)',
    concurrencyFlag: (concurrency: number) =>
      `how many at a time (default: ${concurrency}; 16 on the emulator)`,
    quietFlag: 'do not show progress on standard error',
    how: 'How:',
    which: 'Devices:',
    where: 'Output:',
    slowest: 'longer',
    hubs: 'Hubs',
    latency: 'Time from first connection to assignment',
    resultsFile: (path: string) => `One line per device: ${path}`,
    fromOrPattern: (other: string) => `--from cannot be used with ${other}.`,
    fromOrPatternNext: "Use --from FILE, or --count N --pattern 'sensor-{000001..}'.",
    noDevices: 'Specify the devices with --pattern or --from.',
    noDevicesNext: "Use --count N --pattern 'sensor-{000001..}', or --from FILE.csv.",
    emptyOut: '--out is empty.',
    emptyOutNext: 'Specify a file or a folder.',
    noFolderToStdout: 'A folder cannot be written to standard output.',
    noFolderToStdoutNext: 'Specify a folder with --out FOLDER, or use --format ndjson or --format tar.',
    devicesOrJson: '--json cannot be used while the devices are written to standard output.',
    nameOutFile: 'Specify a file with --out FILE.',
    issueDescription:
      'Creates keys and certificates for many devices, on all cores. If it is interrupted, killed or stopped by a full disk, run the same command again to resume. With --json, progress on standard error is one JSON object per line.',
    countFlag: 'how many devices to create from a pattern',
    patternFlag: "registration IDs: 'sensor-{000001..}', or with a last number, '{1..500}-gateway'",
    fromFlag: 'registration IDs, names and tags: a CSV file with a header, or NDJSON',
    shardFlag: 'only part I of N equal parts, to share the work among computers',
    formatFlag:
      'one folder per device, one line of JSON per device, or a tar archive of folders (default: dir)',
    outFlag: 'the folder or the file; for ndjson and tar, - is standard output (default: fleet, or -)',
    manifestOutFlag:
      'the list of devices, without keys (default: PATH.manifest.csv; fleet.manifest.csv with standard output)',
    pfxFlag: 'also create a PKCS#12 file for each device, without a passphrase unless you add --encrypt-key',
    encryptKeyFlag: 'encrypt the private keys, and PKCS#12 files, with the passphrase',
    deviceKeys: 'the keys of the devices',
    keysEncrypted: (fleet: string) =>
      `The private keys of ${fleet} are encrypted, and there is no passphrase.`,
    workersFlag: 'threads that create keys and certificates (default: one per core)',
    forceFlag: 'issue the certificates even if they cannot be valid under their CA',
    issueExample: 'one folder per device, signed by the CA in the certificate folder',
    issueShardExample: 'the first quarter of a list, as lines of JSON',
    mergeDescription:
      'Joins the manifests of the shards of a fleet into one, in the order given. If a device or a serial number is listed twice, the command fails and writes nothing.',
    mergeArgument: 'manifests written by fleet issue: SHARD.manifest.csv',
    mergeExample: 'join the manifests of two shards',
    mergeAllExample: 'join any number of manifests',
    manifestOrJson: '--json cannot be used while the manifest is written to standard output.',
    noDeviceListed: (manifest: string) => `${manifest} lists no devices.`,
    registerDescription:
      'Registers every device of a fleet with its certificate, as the device itself would, and reports how long it took. Waits when DPS asks for it (429, Retry-After). If it is interrupted or some devices are refused, run it again to continue with the devices that are not assigned yet. The exit status is 7 if some devices were refused, 4 if all were.',
    protocolFlag: 'the protocol to register with (default: mqtt)',
    telemetryFlag: 'also send a message from each device to its hub',
    registerExample: 'on the emulator of the certificate folder',
    registerAzureExample: 'on Azure, with one message from each device',
  },

  /** src/cli/report/, and the pictures that only reports have */
  cliReport: {
    description:
      'Writes one HTML file about a run of quickstart, or about a fleet: the certificate chain, a timeline of the steps, what was created where, the registrations with their latency, when certificates expire, thumbprints, and what to do next. The file loads nothing from the network, prints on A4, and has no keys or passwords in it. It is made from the recording of the run and the certificates in the folder; the provisioning service is not asked.',
    folder: 'a certificate folder (default: certs), or a fleet that fleet issue wrote',
    outFlag: 'where to write it (default: report.html in the folder; FLEET.report.html for a fleet)',
    runFlag: 'a recording: a file, or its name in FOLDER/.enrollkit/runs (default: the last run)',
    noSuchRun: (name: string, folder: string) => `There is no recording ${name} in ${folder}.`,
    listRuns: (folder: string) => `To list the recordings of the folder: enrollkit runs --dir ${folder}`,
    resultsFlag: 'for a fleet: the results of fleet register (default: FLEET.registrations.ndjson)',
    forceFlag: 'replace a file that is not a report, or a report that was edited',
    examples: {
      last: 'the last run of the folder certs, as certs/report.html',
      earlier: 'an earlier run, in another file',
      fleet: 'a fleet, as sensors.report.html',
    },
    written: (path: string) => `Report: ${path}`,
    warning: (text: string) => `warning: ${text}`,
    noFolder: (folder: string) => `There is no folder ${folder}.`,
    notReadBack: (path: string) => `The report ${path} was not read back as it was written.`,
    title: (folder: string) => `enrollkit report: ${folder}`,
    writtenAt: (time: string) => `Written ${time}`,
    outcomes: { done: 'Completed.', failed: 'Failed.', interrupted: 'Interrupted.' },
    started: (time: string, duration: string) => `Started ${time}, took ${duration}.`,
    replay: (time: string) => `A replay of the run of ${time}.`,
    chain: 'Certificate chain',
    next: 'Next steps',
    warnings: {
      label: 'Warnings',
      noRun: (folder: string) => `There is no recorded run in ${folder}.`,
      unreadableRun: (message: string) => `The last recording cannot be read. ${message}`,
      missing: (count: number, first: string) =>
        count === 1
          ? `A certificate of the run is no longer in the folder: ${first}`
          : `${count} certificates of the run are no longer in the folder. The first one: ${first}`,
      replaced: (count: number, first: string) =>
        count === 1
          ? `A certificate was replaced after the run: ${first}`
          : `${count} certificates were replaced after the run. The first one: ${first}`,
      cleaned:
        'What the run created in the provisioning service was deleted after the run, according to the journal of the folder.',
      partlyCleaned:
        'Part of what the run created in the provisioning service was deleted after the run, according to the journal of the folder.',
    },
    timeline: {
      title: 'Timeline',
      table: 'Steps',
      none: 'The run ended before its first step.',
      summary: (steps: number, duration: string) =>
        `${steps === 1 ? '1 step' : `${steps} steps`}; ${duration} with the start of the program`,
      statuses: {
        done: 'done',
        already: 'already done',
        failed: 'failed',
        interrupted: 'interrupted',
      },
      columns: {
        step: 'Step',
        status: 'Status',
        outcome: 'Outcome, as recorded',
        duration: 'Duration',
        requests: 'Requests',
      },
    },
    created: {
      heading: 'What was created where',
      service: 'Provisioning service',
      emulator: (name: string) => `${name}, in the emulator`,
      endpoint: 'Host name',
      deviceEndpoint: 'Endpoint for devices',
      idScope: 'ID scope',
      subscription: 'Subscription',
      resourceGroup: 'Resource group',
      tags: 'Tags in the initial twin',
      verified: 'CA certificate verified',
      yes: 'yes',
      no: 'no',
      remains: 'Created by runs in this folder, and not deleted since',
    },
    registrations: {
      heading: 'Registrations',
      none: 'not registered',
      earlier: 'registered earlier',
      refused: (code: string) => `refused: ${code}`,
      columns: {
        device: 'Registration ID',
        status: 'Status',
        hub: 'Hub',
        id: 'Device ID',
        latency: 'Latency',
      },
    },
    calendar: {
      title: 'Expiry calendar',
      expired: 'expired (hatched)',
      soon: 'ends soon (thick)',
      valid: 'valid',
      now: 'this month (dashed)',
      later: (year: number, count: number) => `after ${year}: ${count}`,
      description: (count: number, months: readonly string[]) =>
        `${count === 1 ? '1 certificate' : `${count} certificates`}. Ends by month: ${months.join(', ')}`,
    },
    /** In the list of what ends first. */
    ends: (day: string, name: string, kind: string, state: string) => `${day} ${name}, ${kind}: ${state}`,
    devicesEnd: (count: string, state: string) => `${count}: ${state}`,
    thumbprints: { heading: 'Thumbprints', certificate: 'Certificate' },
    commands: {
      quickstart: 'Create certificates, enroll a group and register devices',
      doctor: 'Check this computer, the folder and its provisioning service',
      tree: 'Show the certificates again, as they are then',
      replay: 'Run the same steps again in a new folder, and compare',
      explain: 'Find out what the error means',
      resume: 'Resume the run',
    },
    fleet: {
      heading: 'Devices',
      devices: 'Listed in the manifest',
      assigned: 'Assigned',
      failed: 'Failed',
      open: 'Not registered',
      inHub: 'Hub',
      tags: 'Tags',
      lastRun: (time: string) => `Last run, from ${time}:`,
      failures: 'Failures',
      columns: {
        reason: 'Reason',
        devices: 'Devices',
        first: 'First device',
        meaning: 'What happened, what to do',
      },
      chain: 'Certificate chain of the first device',
      notRegistered: (results: string) =>
        `There are no results of a registration: ${results} does not exist.`,
      runOrFleet: (fleet: string) => `--run cannot be used with a fleet. ${fleet} is one.`,
      runOrResults: '--run cannot be used with --results.',
      sources:
        'Made from the manifest of the fleet, the results of its registration, and the certificate chain of its first device. The provisioning service was not asked.',
      commands: {
        register: 'Register the devices that are not assigned',
        deregister: 'Delete the registrations and the devices in the hub',
      },
    },
    about: {
      heading: 'About this report',
      versions: 'Recorded with',
      recording: 'Recording',
      sources:
        'Made from the recording of the run, the certificates in the folder, and the journal of the folder. The provisioning service was not asked. An emulator can have other ports after its next start.',
    },
  },

  /** src/cli/explain/ */
  cliExplain: {
    description:
      'Explains a code: what it means, its likely causes, how to check for each, and what to do. Accepts codes from DPS, Azure Resource Manager and IoT Hub, HTTP status codes, TLS alerts by number or name, connection errors from Node.js, MQTT and AMQP, and the error codes of enrollkit.',
    code: 'a number or a name',
    dpsExample: 'an error code of DPS',
    tlsExample: 'a TLS alert, as JSON',
    ownExample: 'an error code of enrollkit',
    unknown: (code: string) => `"${code}" is not a known code.`,
    whatToDo: 'What to do',
    causes: (count: number) => (count > 1 ? 'Causes, most likely first' : 'Cause'),
    check: (check: string) => `To check: ${check}`,
    related: (command: string) => `The same number has another meaning: ${command}`,
    nearest: (codes: readonly string[]) => `Did you mean: ${codes.join(', ')}?`,
    noneNear:
      'Enter the code alone, such as 401002 or unknown_ca. Run "enrollkit explain --help" to see which codes are known.',
  },

  /** src/cli/command-table.ts: one line on each command. */
  commandTable: {
    commands: {
      quickstart: 'create certificates, enroll a group, register devices',
      replay: 'run a recorded quickstart again and compare',
      runs: 'list the recorded runs of a folder',
      'runs compare': 'compare two recorded runs',
      report: 'write an HTML report of a run or of a fleet',
      clean: 'delete what a quickstart created in the provisioning service',
      doctor: 'check this computer, a folder and its provisioning service',
      explain: 'explain an error code: meaning, causes, what to do',
      'device register': 'register a device, acting as the device',
      'device send': 'register a device, send a message to its hub, read its twin',
      'device renew': 'renew the certificate that Azure issued to a device',
      'device run': 'run devices that stay connected and send telemetry',
      'device block': 'keep one device out, in DPS and in its hub',
      'device unblock': 'let a blocked device in again',
      'group create': 'create an enrollment group',
      'group list': 'list enrollment groups',
      'group show': 'show an enrollment group',
      'group delete': 'delete an enrollment group',
      'group devices': 'list the devices registered through a group',
      'enrollment create': 'create or update an individual enrollment',
      'enrollment list': 'list individual enrollments',
      'enrollment show': 'show an individual enrollment',
      'enrollment delete': 'delete an individual enrollment',
      'registration show': 'show the registration record of a device',
      'registration delete': 'delete the registration record of a device',
      'ca upload': 'upload a CA certificate',
      'ca verify': 'verify an uploaded CA certificate (proof of possession)',
      'ca code': 'generate a verification code for an uploaded CA certificate',
      'ca list': 'list uploaded CA certificates',
      'ca delete': 'delete an uploaded CA certificate',
      'dps list': 'list the provisioning services of an account',
      'dps show': 'show a provisioning service',
      'dps create': 'create a provisioning service',
      'dps delete': 'delete a provisioning service',
      'hub list': 'list the IoT hubs of an account',
      'hub create': 'create an IoT hub',
      'hub delete': 'delete an IoT hub',
      'hub link': 'link an IoT hub to a provisioning service',
      'hub unlink': 'unlink an IoT hub from a provisioning service',
      'namespace list': 'list namespaces',
      'namespace show': 'show a namespace and its links',
      'namespace create': 'create a namespace',
      'namespace delete': 'delete a namespace',
      'namespace link': 'link a provisioning service or a hub',
      'namespace unlink': 'unlink a provisioning service or a hub',
      'authority list': 'list certificate authorities',
      'authority show': 'show a certificate authority, or its request',
      'authority create': 'create a certificate authority',
      'authority activate': 'activate it with a certificate from your CA',
      'authority delete': 'delete a certificate authority',
      'policy list': 'list certificate policies',
      'policy show': 'show a certificate policy',
      'policy create': 'create a certificate policy',
      'policy delete': 'delete a certificate policy',
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
      'cert tree': 'show who signed whom, and what ends soon',
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
      'sample edge': 'the configuration of an IoT Edge gateway',
      'sample python': 'programs in Python',
      'sample node': 'programs for Node.js',
      'sample csharp': 'programs in C#',
      'sample java': 'programs in Java',
      'sample c': 'programs in C, with Eclipse Paho and libcurl',
      'sample embedded-c': 'programs in C, with the Azure SDK for Embedded C',
      'sample go': 'programs in Go',
      'sample shell': 'scripts for bash, with curl and mosquitto',
      'emulator start': 'run a provisioning service and a hub on this computer',
      'emulator status': 'show whether the emulator is running, and its addresses',
      'emulator stop': 'stop the running emulator',
      'emulator reset': 'delete everything created in the emulator',
      'emulator clock': 'show or set the clock of the running emulator',
      'emulator faults': 'inject faults into the running emulator',
      'emulator logs': 'show what the emulator refused, and why',
      'emulator messages': 'show what devices sent to the hub of the emulator',
      'emulator env': 'print environment variables that point SDKs at the emulator',
      'emulator trust': 'let this computer and its browsers trust the emulator’s TLS root',
      'emulator untrust': 'remove the emulator’s TLS root from the trust stores',
      completion: 'complete command lines in your shell',
    },
    /** By the first words of commands. The help adds the second words, or the highlights. */
    families: {
      device: { summary: 'act as a device' },
      group: { summary: 'enrollment groups' },
      enrollment: { summary: 'individual enrollments, one device each' },
      dps: { summary: 'provisioning services of an account' },
      hub: { summary: 'IoT hubs of an account, and their links' },
      namespace: { summary: 'namespaces of Azure Device Registry, and their links' },
      authority: { summary: 'CAs of a namespace, which issue certificates' },
      policy: { summary: 'certificate policies of a namespace' },
      registration: { summary: 'registration records of devices' },
      ca: { summary: 'CA certificates in DPS' },
      cert: {
        summary: 'certificates on this computer',
        highlights: 'create, sign, convert, inspect, verify, lint',
      },
      fleet: { summary: 'many devices' },
      sample: { summary: 'programs and files to start from' },
      emulator: { summary: 'the built-in DPS' },
    },
  },
};

/** Some names, and how many more there are. */
function firstOf(names: readonly string[], more: number): string {
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `2 errors`, `1 error` */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The rest of a sentence that names what was probably meant. */
/** "1 device", "2,000 devices". */
function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${numberText(count)} ${count === 1 ? singular : plural}`;
}

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

function requestFor(subject: string): string {
  return subject === '' ? 'without a subject' : `for ${subject}`;
}

function kindOfCa(kind: 'none' | 'root' | 'intermediate'): string {
  return { none: 'a new CA', root: 'a root CA', intermediate: 'an intermediate CA' }[kind];
}
