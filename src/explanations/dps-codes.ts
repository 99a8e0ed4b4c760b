/**
 * Error codes of DPS: the HTTP status times 1000, plus a detail.
 *
 * Sources: Microsoft Learn, "Troubleshoot DPS"; error codes of the C SDK's provisioning client; public reports of real
 * replies (Azure/azure-iot-sdk-c#2362, azure-iot-sdk-node#532 and #869, Azure/iotedge#3233,
 * MicrosoftDocs/azure-docs#57082).
 */
import { causes, type Explanation } from './explanation.js';

const changedMeanwhile = causes([
  'someone else changed it after it was read',
  'compare its lastUpdatedDateTimeUtc with the time of your last change',
]);

export const dpsCodes: Readonly<Record<number, Explanation>> = {
  400004: {
    meaning: 'An argument of the request is not valid.',
    causes: causes(
      ['an ID or a value that breaks a rule of DPS', 'the message of the error names the field'],
      [
        'a custom allocation policy without its webhook, or hubs without an allocation policy',
        'read the group: enrollkit group show ID',
      ],
      [
        'an api-version that DPS does not know',
        'the message says "Unknown api version"; run again with --verbose to see what was sent',
      ],
    ),
    next: 'Correct what the message names.',
  },
  400207: {
    meaning: 'The webhook of the custom allocation policy failed.',
    causes: causes(
      ['the Azure Function is down or refuses the call', 'call its URL yourself, and read its log'],
      [
        'it answered something other than a linked hub',
        'its log shows the answer; "az iot dps linked-hub list" the hubs',
      ],
    ),
    next: 'Read the log of the function that the enrollment names.',
  },
  400208: {
    meaning: 'There is no IoT hub that the device could be assigned to.',
    causes: causes(
      ['no hub is linked to the DPS', 'az iot dps linked-hub list --dps-name NAME'],
      [
        'the hubs of the enrollment are no longer linked',
        'compare that list with iotHubs in: enrollkit group show ID',
      ],
    ),
    next: 'Link a hub: az iot dps linked-hub create --dps-name NAME --resource-group GROUP --hub-name HUB',
  },
  400209: {
    meaning: 'The linked IoT hub does not let DPS register devices.',
    causes: causes(
      [
        'the key in the link’s connection string was regenerated',
        'compare it with the keys of that policy in the hub: Security settings, Shared access policies',
      ],
      [
        'its policy lacks the permission RegistryWrite or ServiceConnect',
        'the same page of the hub shows the permissions of the policy',
      ],
    ),
    next: 'Link the hub again, with a policy that has RegistryWrite and ServiceConnect: az iot dps linked-hub create',
  },
  401000: {
    meaning: 'DPS does not accept the credentials of the request.',
    causes: causes(
      [
        'for a device: it presented no client certificate and no token',
        'the device’s TLS configuration has a certificate and a key',
      ],
      ['for a device: no enrollment matches its certificate', 'enrollkit doctor compares the two'],
      [
        'for a service: the token has expired, or its key was regenerated',
        'compare the key with the policy in the portal, and the clock with the real time',
      ],
      ['the ID scope is that of another DPS', 'compare it with the overview page of your DPS'],
    ),
    next: 'Run enrollkit doctor, which compares ID scope, certificates and enrollments.',
  },
  401001: {
    meaning: 'DPS does not know this ID scope.',
    causes: causes(
      ['the ID scope is mistyped, or that of a deleted DPS', 'compare it with the overview page of your DPS'],
      [
        'the device dials the endpoint of another cloud',
        'the host name ends in .azure-devices-provisioning.net in the public cloud',
      ],
    ),
    next: 'Copy the ID scope from the overview page of the DPS.',
  },
  401002: {
    meaning:
      'DPS cannot trace the certificate chain that the device sent to a CA that is verified and backs an enrollment group.',
    causes: causes(
      [
        'the CA was not uploaded, or is not verified',
        'enrollkit ca list shows each uploaded CA and whether it is verified',
      ],
      [
        'the device sent its certificate without the CA certificates above it',
        'the file that the device’s TLS library gets has all of them: grep -c BEGIN chain.pem counts; a library may also send only the first of a file',
      ],
      [
        'the enrollment group has another CA, perhaps of the same name',
        'compare the thumbprints of enrollkit group show ID with enrollkit cert fingerprint FILE',
      ],
      [
        'a certificate of the chain has expired or is not valid yet',
        'enrollkit cert inspect chain.pem shows the dates',
      ],
      [
        'the certificate’s common name is not the registration ID',
        'enrollkit cert inspect chain.pem shows the common name; the case of letters does not matter',
      ],
      [
        'the device certificate is signed with another key than that of the CA certificate that was sent',
        'enrollkit cert verify chain.pem says which signature is wrong',
      ],
      [
        'the individual enrollment of this registration ID has another certificate',
        'an individual enrollment decides alone: compare its thumbprints in the portal with the device’s',
      ],
      ['a key or signature algorithm that DPS does not accept', 'enrollkit cert lint chain.pem names it'],
    ),
    next: 'Run enrollkit doctor: it compares the certificates with what DPS has, and names the broken link.',
  },
  403000: {
    meaning: 'DPS does not let this client in.',
    causes: causes(
      ['an IP filter of the DPS', 'the networking page of the DPS in the portal lists the allowed addresses'],
      ['public network access is switched off', 'the same page says so; then only a private endpoint works'],
      [
        'for a service: its role or policy lacks a permission',
        'the access control page of the DPS lists the roles',
      ],
    ),
    next: 'Look at the networking page of the DPS in the portal.',
  },
  404000: {
    meaning: 'DPS has nothing at this address.',
    causes: causes(
      ['a mistake in the path or the name of the resource', 'run again with --verbose to see the request'],
      ['the resource was deleted', 'list what exists: enrollkit group list, enrollkit ca list'],
    ),
    next: 'Check the name.',
  },
  404201: {
    meaning: 'There is no such individual enrollment.',
    causes: causes(
      ['it was deleted, or never created', 'the enrollments page of the DPS lists them'],
      ['the provisioning service is another one', 'compare its name, or the ID scope'],
    ),
    next: 'Check the registration ID and the provisioning service.',
  },
  404202: {
    meaning: 'There is no registration record of this device.',
    causes: causes(
      ['the device never registered', 'enrollkit doctor lists the devices that did'],
      ['its record was deleted', 'the device may still be in its hub'],
    ),
    next: 'Register the device again: enrollkit device register ID',
  },
  404203: {
    meaning: 'There is no such registration operation.',
    causes: causes(
      [
        'the device polled too late, or for an operation of another registration',
        'operations are kept for a few minutes only',
      ],
      ['the emulator was restarted or reset meanwhile', 'enrollkit emulator status shows since when it runs'],
    ),
    next: 'Register the device again.',
  },
  404204: {
    meaning: 'There is no such enrollment group.',
    causes: causes(
      ['it was deleted, or never created', 'enrollkit group list'],
      ['the provisioning service is another one', 'compare its name with the plan’s'],
    ),
    next: 'List the enrollment groups that exist: enrollkit group list',
  },
  405000: {
    meaning: 'DPS does not offer this method at this address.',
    causes: causes(['a request that is not of the DPS API', 'run again with --verbose to see the request']),
    next: 'Compare the request with the REST reference of DPS.',
  },
  409201: {
    meaning: 'There is already an individual enrollment with this ID.',
    causes: causes(
      ['an earlier run, or someone else, created it', 'the enrollments page of the DPS shows when'],
      ['it was to be updated, and no etag was sent', 'DPS takes bulk updates with etags only'],
    ),
    next: 'Choose another ID, or delete that one.',
  },
  409202: {
    meaning: 'There is already an enrollment group with this ID.',
    causes: causes(
      ['an earlier run, or someone else, created it', 'enrollkit group show ID shows when'],
      ['it was to be updated, and no etag was sent', 'DPS takes updates with etags only'],
    ),
    next: 'Choose another ID, or delete that one: enrollkit group delete ID',
  },
  409203: {
    meaning: 'The registration was changed at the same time by another request.',
    causes: causes(
      ['two devices, or two processes, register with one ID at once', 'no other device has this certificate'],
      ...changedMeanwhile.map(({ cause, check }) => [cause, check] as const),
    ),
    next: 'Register the device again.',
  },
  412001: {
    meaning: 'The etag is not that of the stored version.',
    causes: changedMeanwhile,
    next: 'Read it again, then repeat the change.',
  },
  413000: {
    meaning: 'The body of the request is too large.',
    causes: causes(['a large initial twin, payload or list', 'run again with --verbose to see the request']),
    next: 'Send less: an initial twin holds 32 KB of desired properties, a bulk request 10 enrollments.',
  },
  415000: {
    meaning: 'The body of the request is not declared as JSON.',
    causes: causes(['a client that sends another Content-Type', 'it must be application/json']),
    next: 'Send Content-Type: application/json.',
  },
  429001: {
    meaning: 'DPS takes no more requests at the moment.',
    causes: causes(
      ['more than 1000 registrations or operations per minute', 'many devices start at the same time'],
      ['a device that registers again in a loop', 'the registration records show how often'],
    ),
    next: 'Wait a minute, then run the same command again; spread the registrations of a fleet over time.',
  },
  500000: {
    meaning: 'DPS failed.',
    causes: causes(['a temporary failure in Azure', 'Azure status: https://status.azure.com']),
    next: 'Wait a minute, then run the same command again.',
  },
  501000: {
    meaning: 'The emulator does not implement this.',
    causes: causes(['a feature that only Azure has', 'docs/emulator-support.md lists what the emulator has']),
    next: 'Use --target azure for it.',
  },
};
