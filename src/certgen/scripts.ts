/**
 * What the two certGen.sh scripts create, as data: that of the Azure IoT SDK for C (tools/CACertificates), and the one
 * in the IoT Edge repository (same folder), which uses other names and signs devices with the intermediate.
 */
import type { KeyAlgorithm } from '../pki/keys.js';
import type { ProfileName } from '../pki/make/profile.js';

/** A command that issues one certificate. */
export interface CertificateCommand {
  readonly profile: ProfileName;
  readonly issuer: 'root' | 'intermediate';
  readonly keyAlgorithm: KeyAlgorithm;
  /** Prefix of its file names; if they contain the name, a hyphen and the name follow. */
  readonly prefix: string;
  readonly filesNamed: 'always the same' | 'after the name';
  /** Suffix of the common name, so that a gateway's CA and its server have different names. */
  readonly suffix: '' | '.ca';
  /** Whether a file with the certificate and all its issuers is written. */
  readonly fullChain: boolean;
  /** Whether files of another name are renamed, so that they are not lost; used verification codes are not needed. */
  readonly renamesFormer: boolean;
}

export interface Script {
  readonly rootName: string;
  readonly intermediateName: string;
  readonly authorityProfile: ProfileName;
  /** Empty folders that the scripts create; folders with files are created with them. */
  readonly folders: readonly string[];
  readonly firstSerial: string;
  /** The intermediate and the root in one file. */
  readonly authorityChain: string;
  readonly intermediatePfx: boolean;
  readonly commands: Readonly<Record<string, CertificateCommand>>;
}

export const rootPrefix = 'azure-iot-test-only.root.ca';
export const intermediatePrefix = 'azure-iot-test-only.intermediate';
/** The same for every certificate of both scripts. */
export const validityDays = 30;
export const authorityKeyAlgorithm: KeyAlgorithm = 'rsa-4096';

const newDevice: CertificateCommand = {
  profile: 'certgen/device',
  issuer: 'root',
  keyAlgorithm: 'rsa-4096',
  prefix: 'new-device',
  filesNamed: 'always the same',
  suffix: '',
  fullChain: true,
  renamesFormer: true,
};

export const sdkScript: Script = {
  rootName: 'Azure IoT Hub CA Cert Test Only',
  intermediateName: 'Azure IoT Hub Intermediate Cert Test Only',
  authorityProfile: 'certgen/ca',
  folders: ['csr', 'private', 'certs', 'intermediateCerts', 'newcerts'],
  firstSerial: '01',
  authorityChain: 'azure-iot-test-only.chain.ca.cert.pem',
  intermediatePfx: false,
  commands: {
    create_verification_certificate: {
      ...newDevice,
      prefix: 'verification-code',
      fullChain: false,
      renamesFormer: false,
    },
    create_device_certificate: newDevice,
    create_device_certificate_from_intermediate: { ...newDevice, issuer: 'intermediate' },
    create_edge_device_certificate: {
      ...newDevice,
      profile: 'certgen/ca',
      issuer: 'intermediate',
      prefix: 'new-edge-device',
      suffix: '.ca',
    },
  },
};

const edgeDevice: CertificateCommand = {
  profile: 'certgen/edge/device',
  issuer: 'intermediate',
  keyAlgorithm: 'rsa-2048',
  prefix: 'iot-device',
  filesNamed: 'after the name',
  suffix: '',
  fullChain: true,
  renamesFormer: false,
};
const edgeAuthority: CertificateCommand = {
  ...edgeDevice,
  profile: 'certgen/edge/ca',
  keyAlgorithm: 'rsa-4096',
  suffix: '.ca',
};

export const edgeScript: Script = {
  rootName: 'Azure_IoT_Hub_CA_Cert_Test_Only',
  intermediateName: 'Azure_IoT_Hub_Intermediate_Cert_Test_Only',
  authorityProfile: 'certgen/edge/ca',
  folders: ['csr', 'private', 'certs', 'newcerts'],
  firstSerial: '1000',
  authorityChain: `${intermediatePrefix}-full-chain.cert.pem`,
  intermediatePfx: true,
  commands: {
    create_verification_certificate: {
      ...edgeDevice,
      issuer: 'root',
      prefix: 'iot-device-verification-code',
      filesNamed: 'always the same',
    },
    create_device_certificate: edgeDevice,
    create_edge_device_certificate: { ...edgeAuthority, prefix: 'iot-edge-device' },
    create_edge_device_ca_certificate: { ...edgeAuthority, prefix: 'iot-edge-device-ca' },
    create_edge_device_identity_certificate: { ...edgeDevice, prefix: 'iot-edge-device-identity' },
    create_edge_server_certificate: {
      ...edgeDevice,
      profile: 'certgen/edge/server',
      prefix: 'iot-edge-server',
    },
  },
};
