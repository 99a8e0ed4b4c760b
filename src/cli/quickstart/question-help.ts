/**
 * What `?` shows at the questions of the wizard, in words for someone who has never made a certificate: what it is,
 * what to choose, when it matters.
 */
import type { FieldPath } from '../../quickstart/plan/fields.js';

type OtherQuestion =
  | 'quickstart.folder'
  | 'quickstart.existing'
  | 'quickstart.more'
  | 'quickstart.run'
  | 'quickstart.change'
  | 'devices.naming'
  | 'devices.count'
  | 'devices.prefix'
  | 'devices.file';

export const questionHelp: Readonly<Record<FieldPath | OtherQuestion, string>> = {
  'quickstart.folder':
    'Everything that is created on this computer goes into this folder: certificates, private keys, the plan and a journal. Use one folder per project. Never put it into a shared folder or a Git repository: whoever has the private key of a CA can create devices that your service trusts.',
  'quickstart.existing':
    'enrollkit has been used in this folder before. It never overwrites a private key. Running it again only creates what is missing, so it is safe after a failure.',
  'quickstart.more':
    'The defaults suit a first try and most projects. With yes, you are asked for the details one by one; Enter keeps each default.',
  'quickstart.run':
    'The plan above is everything that will be created. It is saved in the folder, so that you can run it again or give it to someone else; it contains no secrets. The command enrollkit clean deletes what a run created.',
  'quickstart.change':
    'Choose the question whose answer is wrong. You are then asked it again, and any question that only the new answer leads to.',

  'target.kind':
    'Device Provisioning Service (DPS) is the Azure service that a device contacts first: DPS checks its certificate and assigns it to an IoT hub. The emulator is the same service on your computer. It costs nothing, needs no account and is the place to learn and to test. Choose Azure if real devices are to connect.',
  'target.dpsName':
    'The name of your provisioning service, for example contoso-dps. In the portal, search for "Device Provisioning Services"; the command az iot dps list shows it too.',
  'target.subscriptionId':
    'Azure bills by subscription, and finds your provisioning service by it. A subscription ID is a GUID, such as 11111111-2222-3333-4444-555555555555. It is on the overview page of the provisioning service; az account show shows the current one.',
  'target.resourceGroup':
    'A resource group is a folder for resources in Azure. The overview page of the provisioning service shows the one that it is in.',
  'target.idScope':
    'The ID scope identifies your provisioning service to devices: all devices in the world contact the same address, and the ID scope says which service they belong to. It begins with 0ne, is on the overview page, and is not a secret.',

  'target.create':
    'Choose yes if you have no provisioning service yet. enrollkit then creates the resource group, the provisioning service, an IoT hub and the link between the two, as far as they do not exist, and tags them. Azure bills an S1 hub by the day, and the operations of the provisioning service. enrollkit clean deletes what was created, and nothing else.',
  'target.location':
    'The Azure region where the resources are created, for example westeurope or eastus. Choose one near your devices. It cannot be changed later.',
  'target.hubName':
    'The IoT hub is the service that devices send their messages to. Its name becomes part of its address, NAME.azure-devices.net, so no one else in Azure can have the same one.',
  'target.hubSku':
    'S1 is the usual tier, billed by the day. F1 is free, allows 8,000 messages a day, and each subscription can have one. A free hub cannot be turned into another tier later.',

  'certificates.keyAlgorithm':
    'Each CA and each device gets a key pair. EC P-256 is small, fast and accepted by Azure and by all Azure SDKs. Choose RSA only if a device or a rule requires it. All keys are of the same kind; you cannot change it later without new certificates.',
  'certificates.existingCa':
    'If your company already has a root or intermediate CA, your devices can get their certificates below it. Otherwise, enrollkit creates new CAs.',
  'certificates.rootCommonName':
    'The name in the certificate of the root CA, which people see in tools and in the portal. Leave it blank to get a unique name, since two roots with the same name are easily confused.',
  'certificates.intermediate':
    'A CA (certificate authority) is a key that signs certificates. With an intermediate CA, the root signs only the intermediate, and the intermediate signs devices. The key of the root can then stay offline, and if the intermediate is lost, you replace it without replacing the root. Choose no only for small tests.',
  'certificates.intermediateCommonName':
    'The name in the certificate of the intermediate CA. Leave it blank to get a unique name.',
  'certificates.deviceValidityDays':
    'A device certificate must be replaced before it ends, or the device can no longer connect. A year suits devices that you can reach; shorter is safer if renewal is automatic. It never ends later than the CA that signs it.',
  'certificates.encryptKeys':
    'Without a passphrase, whoever can read the key files can use the keys. With one, they also need the passphrase, and so do you, each time. Choose yes for CAs that real devices depend on. Many devices cannot ask for a passphrase, so their own keys are often not encrypted.',

  'certificateAuthority.uploaded':
    'DPS trusts the devices below the CA that you upload. If you upload the root, DPS accepts every device below it, also of intermediates that you add later. If you upload the intermediate, it only accepts the devices of that one.',
  'certificateAuthority.name':
    'DPS lists uploaded CA certificates by this name. It is only a label; choose one that tells you which CA it is.',
  'certificateAuthority.proofOfPossession':
    'A CA certificate is public, so anyone could upload yours. DPS therefore shows a verification code and asks for a certificate with that code, signed by the CA: only who has the private key can make it. enrollkit does this for you if you may change the provisioning service. If not, or to learn how it works, do it by hand.',

  'enrollmentGroup.id':
    'An enrollment group is an entry in DPS that says: devices whose certificate is signed by this CA may register, and this is how they are set up. One group is enough for any number of devices. The ID is a label of yours.',
  'enrollmentGroup.attestation':
    'Attestation is how DPS recognizes a device. With an uploaded CA, the group refers to it by name, and several groups can share it. With a certificate in the group, the certificate of the CA that signs the devices is stored in the group itself; it is accepted without proof of possession.',
  'enrollmentGroup.allocationPolicy':
    'DPS assigns each device to one of the linked IoT hubs. hashed spreads devices evenly, geoLatency takes the nearest hub, static always takes the hub that you name. With a single hub, all are the same.',
  'enrollmentGroup.iotHubs':
    'An IoT hub is the service that devices send their messages to. Devices can be assigned to all hubs that are linked to the provisioning service, or only to those that you name here.',
  'enrollmentGroup.initialTwin':
    'A device twin is a JSON document that IoT Hub keeps for each device. Tags are for you (location, customer); desired properties are settings that the device reads. These values are set when a device registers for the first time.',
  'enrollmentGroup.reprovisionPolicy':
    'A device that registers again may be assigned to another hub. Migrate data: its twin moves along. Reset: it starts with the initial twin again. Never: it keeps its hub. For a single hub, keep the default.',
  'enrollmentGroup.iotEdge':
    'An IoT Edge device is a gateway that runs modules and lets other devices connect through it. It needs an additional CA certificate for those. Answer no for ordinary devices.',
  'enrollmentGroup.provisioningStatus':
    'A disabled group refuses all devices. That is useful to prepare everything and let devices register later.',

  'devices.naming':
    'Each device has a registration ID, by which DPS knows it; it becomes the device ID in IoT Hub. Number your devices if any name will do. Use a list or a file if they have names already, such as serial numbers.',
  'devices.count':
    'For each device, a key and a certificate are created on this computer, and it is registered. Up to 1000 at once; the fleet commands are for more.',
  'devices.prefix':
    'With the prefix line4- the devices are called line4-001, line4-002, and so on. Letters, digits and - . _ : are allowed.',
  'devices.file':
    'A file that a spreadsheet or a database has exported: CSV whose first line names a column registrationId, or a text file with one registration ID per line. The whole file is checked before anything is created; a wrong line is named.',
  'devices.registrationIds':
    'Letters, digits and the characters - . _ : are allowed, at most 64 of them for certificates. Upper and lower case are the same. Each ID is also the common name in the certificate of the device, since DPS compares the two.',
  'devices.protocol':
    'Devices can register over MQTT (port 8883) or HTTPS (port 443). Most devices use MQTT. Choose HTTPS if only port 443 is open.',
  'devices.sendTelemetry':
    'After registering, each device connects to its hub, sends one message and reads its twin. This proves that everything works from end to end.',
};
