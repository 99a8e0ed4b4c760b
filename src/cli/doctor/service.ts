/** Checks of the provisioning service: whether it answers, what it has, and whether that is what the folder has. */

import type { ControlPlane } from '../../dps/client/arm.js';
import { isSkewed } from '../../dps/client/http/clock.js';
import type { ServicePlane } from '../../dps/client/service.js';
import { hasOwnTime, serviceClock, type Target } from '../../dps/client/target.js';
import { withoutPort } from '../../dps/contract/host.js';
import type { EnrollmentGroup, LinkedHub } from '../../dps/contract/schemas.js';
import { EnrollkitError, lacksRights } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { sha1Thumbprint } from '../../pki/x509/certificate.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { usesGroup } from '../../quickstart/planned-certificates.js';
import {
  differences,
  enrollmentGroupOf,
  individualEnrollmentOf,
  linkedHubName,
} from '../../quickstart/planned-enrollment-group.js';
import { neededActions } from '../../quickstart/steps/prerequisites.js';
import { milliseconds } from '../terminal/text.js';
import { type Finding, failure, findingOf, info, warning } from './finding.js';
import type { FolderContents } from './folder.js';
import { type Port, portFindings } from './network.js';

export interface Clients {
  target: Target;
  control: ControlPlane;
  service: ServicePlane;
  signal: AbortSignal;
}

export interface ServiceReport {
  findings: Finding[];
  /** Undefined when it cannot be read. */
  idScope: string | undefined;
}

/** Skew below this is no news. */
const quietSkewMs = 60_000;

/** Whether the service answers, and lets this identity do what the plan needs. */
export async function serviceReport(clients: Clients, plan: Plan | undefined): Promise<ServiceReport> {
  const { target, control, service, signal } = clients;
  const isPortal = plan?.certificateAuthority.proofOfPossession === 'portal';
  const findings: Finding[] = [];
  let idScope: string | undefined;
  let hubs: readonly LinkedHub[] | undefined;
  try {
    const { properties, location } = await control.getService({ signal });
    ({ idScope } = properties);
    hubs = properties.iotHubs ?? [];
    findings.push(info('DPS', sentences.cliDoctor.service(target.dpsName, location, idScope)));
    findings.push(...(await rightFindings(clients, isPortal)));
  } catch (error) {
    // Plans with the portal do without Azure Resource Manager.
    findings.push(findingOf(error, isPortal && lacksRights(error) ? 'warning' : 'error'));
    ({ idScope } = target);
  }
  try {
    await service.listEnrollmentGroups({ signal });
  } catch (error) {
    if (!sameAs(findings, error)) findings.push(findingOf(error));
  }
  findings.push(...clockFindings(clients));
  if (target.idScope !== undefined && idScope !== undefined && target.idScope !== idScope) {
    findings.push(
      failure(
        'WRONG_ID_SCOPE',
        sentences.cliDoctor.otherIdScope(target.idScope, idScope),
        sentences.cliDoctor.useIdScope(idScope),
      ),
    );
  }
  if (hubs !== undefined) findings.push(...(await hubFindings(target, hubs, plan)));
  return { findings, idScope };
}

function sameAs(findings: readonly Finding[], error: unknown): boolean {
  return (
    error instanceof EnrollkitError &&
    findings.some(({ code, message }) => code === error.code && message === error.message)
  );
}

async function rightFindings({ target, control, signal }: Clients, isPortal: boolean): Promise<Finding[]> {
  const missing = await control.missingPermissions(neededActions, { signal });
  if (missing.length === 0) return [info('RIGHTS', sentences.cliDoctor.rights)];
  return [
    (isPortal ? warning : failure)(
      'RIGHTS_MISSING',
      sentences.cliDoctor.rightsMissing(target.dpsName, missing),
      sentences.cliDoctor.askForRole,
    ),
  ];
}

function clockFindings({ target, control, service }: Clients): Finding[] {
  const skewMs = control.clockSkewMs ?? service.clockSkewMs;
  if (skewMs === undefined || isSkewed(skewMs)) return [];
  const own = hasOwnTime(target)
    ? [info('EMULATOR_CLOCK', sentences.cliDoctor.emulatorClock(serviceClock(target)().toISOString()))]
    : [];
  const apart = milliseconds(Math.abs(Math.round(skewMs / 1000)) * 1000);
  if (Math.abs(skewMs) < quietSkewMs) return [info('CLOCK', sentences.cliDoctor.clockAgrees(apart)), ...own];
  return [
    warning('CLOCK_OFF', sentences.cliDoctor.clockOff(apart, skewMs > 0), sentences.cliDoctor.synchronize),
    ...own,
  ];
}

async function hubFindings(
  target: Target,
  hubs: readonly LinkedHub[],
  plan: Plan | undefined,
): Promise<Finding[]> {
  if (hubs.length === 0) {
    return [
      failure(
        'NO_LINKED_HUB',
        sentences.cliDoctor.noLinkedHub(target.dpsName),
        sentences.cliDoctor.linkHub(linkCommand(target)),
      ),
    ];
  }
  const names = hubs.map(({ name }) => name);
  const notLinked = (plan?.enrollmentGroup.iotHubs ?? []).filter(
    (hub) => !linkedHubName(target.kind, hubs, hub),
  );
  const reached = await portFindings(names.map((name) => hubPort(target, name)));
  return [
    info('LINKED_HUBS', sentences.cliDoctor.linked(names)),
    ...notLinked.map((hub) =>
      failure(
        'HUB_NOT_LINKED',
        sentences.cliDoctor.hubNotLinked(hub, target.dpsName, names),
        sentences.cliDoctor.chooseHub(linkCommand(target, hub)),
      ),
    ),
    ...reached
      .filter(({ severity }) => severity !== 'info')
      .map((one) =>
        one.code === 'PORT_UNREACHABLE'
          ? {
              ...one,
              code: 'HUB_UNREACHABLE',
              fix: sentences.cliDoctor.checkHub(`enrollkit hub list${atTarget(target)}`),
            }
          : one,
      ),
  ];
}

/** The flag of account commands for the target that was looked at. */
const atTarget = ({ kind }: Target) => (kind === 'azure' ? ' --target azure' : '');

const linkCommand = (target: Target, hub = 'HUB') =>
  `enrollkit hub link ${hub} --dps-name ${target.dpsName}${atTarget(target)}`;

/** An emulator on the usual port of MQTT names its hubs without a port; they answer HTTPS where DPS does. */
function hubPort({ webSocketPort }: Target, name: string): Port {
  return {
    name: 'HTTPS',
    host: withoutPort(name),
    port: Number(/:(\d+)$/.exec(name)?.[1] ?? webSocketPort),
    isNeeded: true,
  };
}

/** What is local against what is uploaded, and what the group holds. */
export async function uploadFindings(
  { target, control, service, signal }: Clients,
  contents: FolderContents,
): Promise<Finding[]> {
  const { plan } = contents;
  if (!plan) return [];
  if (!usesGroup(plan)) return individualFindings({ target, control, service, signal }, plan, contents);
  const local = contents[plan.certificateAuthority.uploaded];
  const { name } = plan.certificateAuthority;
  const findings: Finding[] = [];
  try {
    const uploaded = await control.getCertificate(name, { signal });
    const own = local && sha1Thumbprint(local.certificate);
    if (!uploaded) {
      findings.push(
        failure('CA_NOT_UPLOADED', sentences.cliDoctor.caNotUploaded(name), sentences.cliDoctor.uploadCa),
      );
    } else if (own !== undefined && uploaded.properties.thumbprint.toUpperCase() !== own) {
      findings.push(
        failure(
          'ANOTHER_CERTIFICATE_UPLOADED',
          sentences.cliDoctor.otherCaUploaded(
            name,
            uploaded.properties.subject,
            uploaded.properties.thumbprint.toUpperCase(),
            plan.certificateAuthority.uploaded,
            own,
          ),
          sentences.cliDoctor.uploadUnderOtherName,
        ),
      );
    } else if (!uploaded.properties.isVerified) {
      findings.push(
        failure(
          'CA_NOT_VERIFIED',
          sentences.cliDoctor.caNotVerified(name),
          sentences.cliDoctor.verifyCa(name),
        ),
      );
    } else findings.push(info('CA', sentences.cliDoctor.caVerified(name)));
  } catch (error) {
    if (!lacksRights(error)) findings.push(findingOf(error));
  }
  const signer = contents.intermediate ?? contents.root;
  try {
    const group = await service.getEnrollmentGroup(plan.enrollmentGroup.id, { signal });
    findings.push(...groupFindings(plan, group, signer && enrollmentGroupOf(plan, signer, []), target.kind));
  } catch (error) {
    if (!lacksRights(error)) findings.push(findingOf(error));
  }
  return findings;
}

/** A fleet of individual enrollments is not looked at whole. */
const maxEnrollments = 50;

async function individualFindings(
  { target, service, signal }: Clients,
  plan: Plan,
  contents: FolderContents,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    for (const id of plan.devices.registrationIds.slice(0, maxEnrollments)) {
      const found = await service.getEnrollment(id, { signal });
      const device = contents.devices.get(id);
      if (!found) {
        findings.push(
          failure(
            'ENROLLMENT_MISSING',
            sentences.cliDoctor.enrollmentMissing(id),
            sentences.cliDoctor.createGroup,
          ),
        );
        continue;
      }
      const wanted = device && individualEnrollmentOf(plan, id, device.pem, []);
      const different = (wanted ? differences(wanted, found) : []).filter(
        // The emulator's hubs have other ports in each run; older api-versions do not show the policy.
        (member) => member !== 'credentialPolicyName' && (target.kind === 'azure' || member !== 'iotHubs'),
      );
      if (different.length === 0) continue;
      findings.push(
        warning(
          'ENROLLMENT_DIFFERS',
          sentences.cliDoctor.enrollmentDiffers(id, different),
          sentences.cliDoctor.restoreEnrollment,
        ),
      );
    }
  } catch (error) {
    if (!lacksRights(error)) findings.push(findingOf(error));
    return findings;
  }
  const checked = Math.min(plan.devices.registrationIds.length, maxEnrollments);
  return findings.length > 0 ? findings : [info('ENROLLMENTS', sentences.cliDoctor.enrollments(checked))];
}

function groupFindings(
  plan: Plan,
  group: EnrollmentGroup | undefined,
  wanted: EnrollmentGroup | undefined,
  kind: Target['kind'],
): Finding[] {
  const { id } = plan.enrollmentGroup;
  if (!group) {
    return [failure('GROUP_MISSING', sentences.cliDoctor.groupMissing(id), sentences.cliDoctor.createGroup)];
  }
  const holds = sentences.cliDoctor.group(id, group.provisioningStatus ?? 'enabled', holdingOf(group));
  // The emulator's hubs have other ports in each run.
  const different = (wanted ? differences(wanted, group) : []).filter(
    (member) => kind === 'azure' || member !== 'iotHubs',
  );
  if (different.length === 0) return [info('GROUP', holds)];
  return [
    info('GROUP', holds),
    warning(
      'GROUP_DIFFERS',
      sentences.cliDoctor.groupDiffers(id, different),
      sentences.cliDoctor.restoreGroup,
    ),
  ];
}

function holdingOf({ attestation }: EnrollmentGroup): string {
  const { caReferences, signingCertificates } = attestation.x509 ?? {};
  const held = [
    ...[caReferences?.primary, caReferences?.secondary]
      .filter((name) => name != null && name !== '')
      .map((name) => sentences.cliDoctor.uploadedCa(name!)),
    ...[signingCertificates?.primary?.info, signingCertificates?.secondary?.info]
      .filter((one) => one != null)
      .map(({ subjectName = '' }) => sentences.cliDoctor.caCertificate(subjectName.replace(/^CN=/, ''))),
  ];
  return sentences.cliDoctor.held(held);
}
