/**
 * The `config.toml` of an IoT Edge gateway that DPS provisions with its certificate.
 *
 * Source: Microsoft Learn, "Create and provision IoT Edge devices at scale on Linux using X.509 certificates" and "Manage IoT
 * Edge certificates", version 1.5.
 */
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The files of a gateway: on this computer, and where IoT Edge finds them. */
export interface GatewayFile {
  here: string;
  there: string;
}

export interface Gateway {
  registrationId: string;
  hostName: string | undefined;
  idScope: string;
  /** `https://host`, with `:port` where it is not 443. */
  globalEndpoint: string;
  identityCertificate: GatewayFile;
  identityKey: GatewayFile;
  edgeCaCertificate: GatewayFile;
  edgeCaKey: GatewayFile;
  root: GatewayFile;
}

/** Where each file goes in the folder that Azure's documentation uses on a gateway: public ones apart from keys. */
export function placesBelow(
  folder: string,
  registrationId: string,
): Record<'identityCertificate' | 'identityKey' | 'edgeCaCertificate' | 'edgeCaKey' | 'root', string> {
  const name = encodeURIComponent(registrationId);
  return {
    identityCertificate: posix.join(folder, 'certs', `${name}.chain.pem`),
    identityKey: posix.join(folder, 'secrets', `${name}.key.pem`),
    edgeCaCertificate: posix.join(folder, 'certs', `${name}.edge-ca.chain.pem`),
    edgeCaKey: posix.join(folder, 'secrets', `${name}.edge-ca.key.pem`),
    root: posix.join(folder, 'certs', 'root.pem'),
  };
}

/** @param comments lines for the top of the file, without their `#` */
export function edgeConfig(gateway: Gateway, comments: readonly string[]): string {
  const { registrationId, hostName, idScope, globalEndpoint } = gateway;
  const file = ({ there }: GatewayFile) => tomlString(pathToFileURL(there).href);
  return `${[
    ...comments.map((comment) => `# ${comment}`.trimEnd()),
    '',
    ...(hostName === undefined ? [] : [`hostname = ${tomlString(hostName)}`]),
    `trust_bundle_cert = ${file(gateway.root)}`,
    'auto_reprovisioning_mode = "Dynamic"',
    '',
    '[provisioning]',
    'source = "dps"',
    `global_endpoint = ${tomlString(globalEndpoint)}`,
    `id_scope = ${tomlString(idScope)}`,
    '',
    '[provisioning.attestation]',
    'method = "x509"',
    `registration_id = ${tomlString(registrationId)}`,
    `identity_cert = ${file(gateway.identityCertificate)}`,
    `identity_pk = ${file(gateway.identityKey)}`,
    '',
    '[edge_ca]',
    `cert = ${file(gateway.edgeCaCertificate)}`,
    `pk = ${file(gateway.edgeCaKey)}`,
  ].join('\n')}\n`;
}

/** A basic string of TOML 1.0: as in JSON, and without a raw delete character. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}
