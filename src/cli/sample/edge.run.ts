/** Writes the configuration of an IoT Edge gateway whose certificates are in the certificate folder. */
import { posix } from 'node:path';
import { assertRegistrationId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { publicFileMode, readTextIfExists } from '../../workspace/files.js';
import { type DevicePaths, layoutOf } from '../../workspace/layout.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';
import { assertFree, writeAndReport } from '../input/write-files.js';
import type { RunOf } from '../kernel/command.js';
import { atGlobalEndpoint, deviceTarget, idScopeOf } from '../target/device-target.js';
import { folderOf, sameFolder } from '../target/folder.js';
import { withTarget } from '../target/target.js';
import { quoted } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';
import { credentialsOf, missing } from './credentials.js';
import type { sampleEdge } from './edge.js';
import { edgeConfig, type Gateway, placesBelow } from './edge-config.js';

const { edge: text } = sentences.cliSample;

export const run: RunOf<typeof sampleEdge> = async ({ args: { action }, flags }, context) => {
  const { output, signal } = context;
  if (action !== 'config') throw new EnrollkitError('USAGE', text.unknown(action), { next: text.useConfig });
  if (flags.at !== undefined && !posix.isAbsolute(flags.at)) {
    throw new EnrollkitError('USAGE', text.notAbsolute(flags.at));
  }
  if (flags.out !== undefined) assertFree([flags.out], flags.force === true);
  const folder = folderOf(flags);
  const layout = layoutOf(folder);
  const gateway = gatewayIn(layout.devices(), flags.device, folder, sameFolder(flags));
  const identity = credentialsOf(gateway, text.identity, text.encrypted);
  const registrationId = identity.certificate.subject.commonName!;
  const edgeCa = credentialsOf(gateway.edgeCa, text.edgeCa, text.encrypted);
  if (!edgeCa.certificate.basicConstraints?.certificateAuthority) {
    throw new EnrollkitError('INVALID_CERTIFICATE', text.notCa(displayPath(gateway.edgeCa.chain)), {
      next: text.restore,
    });
  }
  const root = loadCertificate(layout.root);
  if (root === undefined) throw missing(text.root, layout.root.folder, text.runQuickstart);

  const here = {
    identityCertificate: gateway.chain,
    identityKey: gateway.key,
    edgeCaCertificate: gateway.edgeCa.chain,
    edgeCaKey: gateway.edgeCa.key,
    root: layout.root.certificate,
  };
  const there = flags.at === undefined ? here : placesBelow(flags.at, registrationId);
  const place = (name: keyof typeof here) => ({ here: here[name], there: there[name] });
  const request = { target: deviceTarget(flags, folder), folder, flags, mayCreate: false };
  const config = await withTarget(request, context, async (opened) => {
    const target = atGlobalEndpoint(opened, flags);
    const described: Gateway = {
      registrationId,
      hostName: flags.hostname,
      idScope: await idScopeOf(target, signal),
      globalEndpoint: `https://${target.globalDeviceEndpoint}`,
      identityCertificate: place('identityCertificate'),
      identityKey: place('identityKey'),
      edgeCaCertificate: place('edgeCaCertificate'),
      edgeCaKey: place('edgeCaKey'),
      root: place('root'),
    };
    const copies =
      flags.at === undefined ? [] : Object.keys(here).map((name) => place(name as keyof typeof here));
    return edgeConfig(described, [
      text.comment(registrationId),
      text.install,
      ...(target.kind === 'emulator' ? [text.emulator] : []),
      ...(copies.length === 0 ? [text.readable] : [text.copy]),
      ...copies.map(({ here, there }) => `  ${displayPath(here)} -> ${there}`),
    ]);
  });
  if (flags.out === undefined) {
    if (output.json) output.value({ registrationId, config });
    else output.data(config);
    return;
  }
  writeAndReport(
    [{ path: flags.out, contents: config, mode: publicFileMode, isPlainText: true }],
    flags.force === true,
    context,
  );
  if (output.json) output.value({ registrationId, file: flags.out });
  else output.result('sample.edge.written', text.written(displayPath(flags.out), registrationId));
};

/** @throws EnrollkitError FILE_UNREADABLE, NEEDS_INPUT when there are several */
function gatewayIn(
  devices: readonly DevicePaths[],
  id: string | undefined,
  folder: string,
  sameFolderFlag: string,
): DevicePaths {
  const create = (name: string) =>
    text.create(
      `enrollkit cert device ${name}${sameFolderFlag}`,
      `enrollkit cert edge ${name}${sameFolderFlag}`,
    );
  if (id !== undefined) {
    assertRegistrationId(id);
    const gateway = layoutOf(folder).device(id);
    if (hasEdgeCa(gateway)) return gateway;
    throw missing(text.edgeCa, gateway.edgeCa.folder, create(quoted(id)));
  }
  const [gateway, ...others] = devices.filter(hasEdgeCa);
  if (gateway === undefined) {
    throw new EnrollkitError('FILE_UNREADABLE', text.noGateway(folder), { next: create('ID') });
  }
  if (others.length === 0) return gateway;
  throw new EnrollkitError('NEEDS_INPUT', text.several(folder, others.length + 1), { next: text.chooseOne });
}

function hasEdgeCa({ edgeCa }: DevicePaths): boolean {
  return readTextIfExists(edgeCa.chain) !== undefined || readTextIfExists(edgeCa.certificate) !== undefined;
}
