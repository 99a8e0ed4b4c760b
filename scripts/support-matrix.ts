/** Writes docs/emulator-support.md, and its summary in docs/emulator.md, from the tables by which the emulator routes requests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  apiVersions,
  certificateAuthorityApiVersions,
  credentialApiVersions,
  iotHubApiVersions,
  namespaceApiVersions,
} from '../src/dps/contract/api-versions.js';
import { type Route, routes } from '../src/dps/contract/routes.js';
import { missingTypes } from '../src/emulator/dps/attestation/kinds.js';
import { type ApiOperation, apiOperations } from '../src/emulator/openapi/document.js';
import { evidenceOf, evidenceOver, exchangeTable } from './evidence.js';

export type SupportRow = ApiOperation;

/** Every operation that the emulator knows, also those that it answers with 501. */
export const supportRows: readonly SupportRow[] = apiOperations;

const headings: Record<SupportRow['plane'], string> = {
  arm: 'Azure Resource Manager',
  service: 'Service plane of DPS',
  device: 'Device plane of DPS over HTTPS',
  hub: 'IoT Hub over HTTPS',
};

const otherProviders = `IoT hubs: ${iotHubApiVersions.join(', ')}

Azure Device Registry: ${namespaceApiVersions.join(', ')}; certificate authorities and certificate policies:
${certificateAuthorityApiVersions.join(', ')}; credentials: ${credentialApiVersions.join(', ')}`;

/** Prefixes that say nothing, since every operation of the plane has them. */
function shortPath({ path }: Route): string {
  return path.replace(
    /^\/subscriptions\/:subscriptionId\/resourceGroups\/:resourceGroup\/providers\/Microsoft\.Devices\/provisioningServices/,
    '{services}',
  );
}

export function supportText(): string {
  const planes = (Object.keys(routes) as SupportRow['plane'][]).map((plane) => {
    const ofPlane = supportRows.filter((row) => row.plane === plane);
    const all = ofPlane.map(({ route }) => route);
    const rows = ofPlane.map(({ name, route, supported }) => {
      const answer = supported ? 'yes' : '501';
      const evidence = evidenceOf(plane, route, all);
      return `| ${name} | \`${route.method} ${shortPath(route)}\` | ${answer} | ${evidence} |`;
    });
    return `## ${headings[plane]}

api-versions: ${apiVersions[plane].join(', ')}${plane === 'arm' ? `\n\n${otherProviders}` : ''}

| operation | request | supported | evidence |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
  });
  return `# What the emulator supports

Written by \`npm run support-matrix\` from the route tables of the emulator; a test asks a running emulator for every
row. What stands here as 501 is answered with that status and a body that names it. Any other path is answered with 404,
another method with 405, an api-version that is not named here with 400, unless it is later than all of these: then it is
served as the newest of them, but for \`--strict-api-versions\`.

\`{services}\` is
\`/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/Microsoft.Devices/provisioningServices\`.

The last column says how well it is known what Azure answers: **recorded** in a public session with the real service,
**tested by Microsoft** against it, **seen in a log** of a user, or **documented** in Microsoft's specifications and no more.
The numbers count the exchanges and facts in \`test/data/azure/exchanges\`; the [contract suite](contract.md) performs them.
What within operations is **guessed** is listed in [emulator-guesses.md](emulator-guesses.md#guessed).

${planes.join('\n')}
## Within operations

${Object.values(missingTypes)
  .map(
    (name) =>
      `- ${name} attestation is answered with 501, in an enrollment and when an enrolled device registers by it.\n`,
  )
  .join(
    '',
  )}- Queries of the service plane take \`*\` and \`SELECT\`, and give everything: by reports of its users, the service passes
  over conditions. Rows of individual enrollments come without \`registrationState\`, as by reports they do there.
- A provisioning service with filters by IP address, private networks, data residency or without keys is answered with
  501, and so is a hub linked by managed identity. Managed identities are stored and shown, and never needed.
- Azure Device Registry: namespaces, certificate authorities, certificate policies (from 2026-11-01 on) and credentials
  (up to 2026-03-01-preview); not its devices, assets, groups and jobs.
- \`HEAD\` on a resource group or a resource is answered with 204 or 404.

## Over MQTT and AMQP

On separate ports and in WebSockets.

| operation | supported | evidence |
| --- | --- | --- |
| register over MQTT: accepted, refused, a wrong ID scope | yes | ${evidenceOver('mqtt')} |
| register over AMQP: refused, no certificate | yes | ${evidenceOver('amqp')} |
| register and poll, X.509 certificates and symmetric keys | yes | tested by Microsoft |
| telemetry, direct methods, cloud-to-device messages | yes | tested by Microsoft |
| twins | yes | documented |
| MQTT: renewal of operational certificates (\`$iothub/credentials\`, from api-version 2025-08-01-preview on) | yes | seen in a log |
| AMQP, back ends: messages to devices, and the feedback on them | yes | documented |
| AMQP, back ends: events of the Event Hub-compatible endpoint: positions, consumer groups, owner levels, runtime information | yes | documented; refusals seen in logs |

## Exchanges of the contract suite

${exchangeTable()}
`;
}

const [begin, end] = ['<!-- npm run support-matrix -->\n', '<!-- end -->'] as const;

/** The document with the summary as it is now. */
export function withSummary(document: string): string {
  const rows = (Object.keys(routes) as SupportRow['plane'][]).map((plane) => {
    const operations = supportRows.filter((row) => row.plane === plane);
    const served = operations.filter(({ supported }) => supported).length;
    const versions = apiVersions[plane];
    const newest = [...versions].sort().at(-1)!;
    return `| ${headings[plane]} | ${served} | ${operations.length - served} | ${versions.length}, up to ${newest} |`;
  });
  const table = `| plane | operations served | answered with 501 | api-versions |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
  return `${document.slice(0, document.indexOf(begin) + begin.length)}${table}${document.slice(document.indexOf(end))}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/emulator-support.md', import.meta.url), supportText());
  const emulator = new URL('../docs/emulator.md', import.meta.url);
  writeFileSync(emulator, withSummary(readFileSync(emulator, 'utf8')));
}
