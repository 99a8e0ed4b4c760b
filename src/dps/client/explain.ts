/**
 * Explains the error codes of DPS: the HTTP status times 1000, plus a detail.
 *
 * Sources: error codes of the C SDK's provisioning client; public reports of real replies (Azure/azure-iot-sdk-c#2362,
 * azure-iot-sdk-node#532 and #869, Azure/iotedge#3233, MicrosoftDocs/azure-docs#57082).
 */

export interface DpsErrorExplanation {
  /** One sentence. */
  meaning: string;
  /** The most likely first. */
  causes: readonly string[];
  next: string;
}

const table: Readonly<Record<number, DpsErrorExplanation>> = {
  400004: {
    meaning: 'An argument of the request is not valid.',
    causes: ['an ID or a value that breaks DPS’s rules', 'a custom allocation policy without its definition'],
    next: 'Correct what the message names.',
  },
  400207: {
    meaning: 'The webhook of the custom allocation policy failed.',
    causes: ['the Azure Function is down or refuses the call', 'it answered with something else than a hub'],
    next: 'Look into the log of the function that the enrollment group names.',
  },
  400208: {
    meaning: 'There is no IoT hub that the device could be assigned to.',
    causes: ['no hub is linked to the DPS', 'the hubs of the enrollment group are not linked any more'],
    next: 'Link a hub: az iot dps linked-hub create --dps-name NAME --resource-group GROUP --hub-name HUB',
  },
  400209: {
    meaning: 'The linked IoT hub does not let DPS register devices.',
    causes: [
      'the key in the link’s connection string was changed',
      'its policy lacks the right RegistryWrite or ServiceConnect',
    ],
    next: 'Link the hub again, with a policy that has RegistryWrite and ServiceConnect: az iot dps linked-hub create',
  },
  401000: {
    meaning: 'The device is not authorized.',
    causes: [
      'no enrollment matches its certificate',
      'the enrollment is disabled',
      'the ID scope is that of another DPS',
    ],
    next: 'Compare the ID scope, and check that the enrollment group exists and is enabled.',
  },
  401002: {
    meaning:
      'DPS cannot trace the certificate chain that the device sent to a CA that is verified and backs an enrollment group.',
    causes: [
      'the CA was not uploaded, or possession of its key was not proven',
      'the device sent its certificate without the CA certificates above it',
      'the enrollment group names another CA, or is disabled',
      'a certificate of the chain is out of date',
      'the certificate’s common name is not the registration ID',
    ],
    next: 'Check that the CA is verified in DPS, that the enrollment group names a CA of this chain and is enabled, and that the device sends the whole chain.',
  },
  403000: {
    meaning: 'DPS does not let this device register.',
    causes: ['an IP filter of the DPS', 'public network access is switched off'],
    next: 'Look at the networking page of the DPS in the portal.',
  },
  404201: {
    meaning: 'There is no such enrollment.',
    causes: ['it was deleted', 'the ID scope is that of another DPS'],
    next: 'Check the ID and the ID scope.',
  },
  404202: {
    meaning: 'There is no registration record of this device.',
    causes: ['the device never registered', 'its record was deleted'],
    next: 'Register the device again.',
  },
  404204: {
    meaning: 'There is no such enrollment group.',
    causes: ['it was deleted', 'the provisioning service is another one'],
    next: 'List the enrollment groups that exist: enrollkit group list',
  },
  409201: {
    meaning: 'There is an enrollment of that ID already.',
    causes: ['an earlier run, or someone else, made it', 'it was to be updated, and no etag was sent'],
    next: 'Choose another ID, or delete that one.',
  },
  409202: {
    meaning: 'There is an enrollment group of that ID already.',
    causes: ['an earlier run, or someone else, made it', 'it was to be updated, and no etag was sent'],
    next: 'Choose another ID, or delete that one.',
  },
  412001: {
    meaning: 'The etag is not that of the stored version.',
    causes: ['someone else changed it meanwhile'],
    next: 'Read it again, then repeat the change.',
  },
  429001: {
    meaning: 'DPS takes no more requests at the moment.',
    causes: ['more than 1000 registrations or operations a minute'],
    next: 'Wait a minute, then run the same command again.',
  },
};

/** For codes that are not in the table, by HTTP status. */
const byStatus: Readonly<Record<number, number>> = {
  400: 400004,
  401: 401000,
  403: 403000,
  404: 404201,
  409: 409201,
  412: 412001,
  429: 429001,
};

/**
 * @param errorCode a number such as 401002
 * @returns undefined for an unknown code
 */
export function explainDpsError(errorCode: number): DpsErrorExplanation | undefined {
  return table[errorCode] ?? table[byStatus[Math.floor(errorCode / 1000)] ?? 0];
}
