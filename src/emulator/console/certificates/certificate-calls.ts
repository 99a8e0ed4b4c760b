/** What the forms of the page do to CA certificates: calls of Azure Resource Manager. */
import { certificateNameProblem } from '../../../dps/contract/ids.js';
import { routes } from '../../../dps/contract/routes.js';
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import type { Outcome } from '../actions.js';
import { type PageContext, paths } from '../page-context.js';
import { refusalOf, type Submission } from '../submission.js';
import { consoleVersions } from '../wire.js';

/** What messages about an uploaded certificate name, and its field. */
const fileField = [[/certificate/i, 'file']] as const;

/** Calls an operation of Azure Resource Manager on a certificate of a service. */
function callArm(
  { console: { wire } }: PageContext,
  { identity, names }: ProvisioningService,
  name: string,
  call: { route: keyof typeof routes.arm; ifMatch?: string; body?: unknown },
) {
  const { subscriptionId, resourceGroup, dpsName } = identity;
  return wire.call({
    ...call,
    host: names.https,
    route: routes.arm[call.route],
    parameters: { subscriptionId, resourceGroup, dpsName, certificateName: name },
    apiVersion: consoleVersions.arm,
  });
}

export async function upload(
  page: PageContext,
  service: ProvisioningService,
  sent: Submission,
): Promise<Outcome> {
  const { text, sentences } = page;
  const name = sent.text('name').trim();
  const problem = certificateNameProblem(name, sentences);
  if (problem) return { refusal: { status: 400, field: 'name', message: problem } };
  const file = await sent.file('file');
  if (!file) return { refusal: { status: 400, field: 'file', message: text.fileRequired } };
  const reply = await callArm(page, service, name, {
    route: 'putCertificate',
    body: { properties: { certificate: file.toString('base64') } },
  });
  if (reply.refusal === undefined) {
    return { to: paths.certificate(service.identity.dpsName, name), done: 'uploaded' };
  }
  if (reply.status === 412) {
    const message = text.certificatesPage.exists(name);
    return { refusal: { status: 412, field: 'name', message } };
  }
  return { refusal: refusalOf(page, reply, fileField) };
}

export function generateCode(
  page: PageContext,
  service: ProvisioningService,
  name: string,
  sent: Submission,
) {
  return change(page, service, name, sent, {
    route: 'generateVerificationCode',
    done: 'code',
    to: paths.certificate(service.identity.dpsName, name),
  });
}

export async function verify(
  page: PageContext,
  service: ProvisioningService,
  name: string,
  sent: Submission,
): Promise<Outcome> {
  const file = await sent.file('file');
  if (!file) return { refusal: { status: 400, field: 'file', message: page.text.fileRequired } };
  return change(page, service, name, sent, {
    route: 'verifyCertificate',
    body: { certificate: file.toString('base64') },
    done: 'verified',
    to: paths.certificate(service.identity.dpsName, name),
  });
}

export function remove(page: PageContext, service: ProvisioningService, name: string, sent: Submission) {
  return change(page, service, name, sent, {
    route: 'deleteCertificate',
    done: 'deleted',
    to: paths.certificates(service.identity.dpsName),
  });
}

/** Calls an operation on a certificate as the form showed it. */
async function change(
  page: PageContext,
  service: ProvisioningService,
  name: string,
  sent: Submission,
  {
    route,
    body,
    ...success
  }: { route: keyof typeof routes.arm; body?: unknown } & Extract<Outcome, { to: string }>,
): Promise<Outcome> {
  const reply = await callArm(page, service, name, { route, body, ifMatch: sent.text('etag') });
  if (reply.refusal === undefined) return success;
  return { refusal: refusalOf(page, reply, body === undefined ? [] : fileField) };
}
