/** The page Certificates: upload, verification code, proof of possession, deletion. */
import type { Hono } from 'hono';
import { certificateNameProblem } from '../../dps/contract/ids.js';
import { routes } from '../../dps/contract/routes.js';
import { inspectCertificate } from '../../pki/x509/inspect.js';
import type { ProvisioningService } from '../dps/provisioning-service.js';
import type { StoredCertificate } from '../dps/state/ca-certificates.js';
import type { Outcome } from './actions.js';
import type { ConsoleApp } from './console-app.js';
import {
  DeleteForm,
  FileField,
  Form,
  type FormState,
  type Refusal,
  refusalOf,
  type Submission,
  stateOf,
  TextField,
} from './form.js';
import { Badge, Copyable, Live, renderPage, Table, Time } from './layout.js';
import { consolePath, type PageContext, PageProblem, paths } from './page-context.js';
import { consoleVersions } from './wire.js';

/** What messages about an uploaded certificate name, and its field. */
const fileField = [[/certificate/i, 'file']] as const;

export function certificateRoutes(app: Hono, console: ConsoleApp): void {
  const list = `${consolePath}/services/:service/certificates`;
  const one = `${list}/:name`;
  app.get(list, async (c) => {
    const page = await console.page(c);
    return c.html(listPage(page, console.service(c)));
  });
  app.post(list, async (c) => {
    const page = await console.page(c);
    const service = console.service(c);
    return console.actions.run(
      c,
      (sent) => upload(page, service, sent),
      (sent, refusal) => listPage(page, service, { key: 'upload', sent, refusal }),
    );
  });
  app.get(one, async (c) => {
    const page = await console.page(c);
    return c.html(
      detailPage(page, console.service(c), certificateOf(console.service(c), c.req.param('name'))),
    );
  });
  const steps = { code: generateCode, verify, delete: remove };
  for (const [step, act] of Object.entries(steps)) {
    app.post(`${one}/do/${step}`, async (c) => {
      const page = await console.page(c);
      const service = console.service(c);
      const name = c.req.param('name')!;
      return console.actions.run(
        c,
        (sent) => act(page, service, name, sent),
        (sent, refusal) => {
          const stored = service.certificates.get(name);
          const state = { key: step, sent, refusal };
          return stored === undefined
            ? listPage(page, service, { key: 'upload', refusal })
            : detailPage(page, service, stored, state);
        },
      );
    });
  }
}

function certificateOf({ certificates }: ProvisioningService, name: string | undefined): StoredCertificate {
  const stored = certificates.get(name ?? '');
  if (!stored) throw new PageProblem('notFound');
  return stored;
}

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

async function upload(page: PageContext, service: ProvisioningService, sent: Submission): Promise<Outcome> {
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

async function generateCode(
  page: PageContext,
  service: ProvisioningService,
  name: string,
  sent: Submission,
): Promise<Outcome> {
  const reply = await callArm(page, service, name, {
    route: 'generateVerificationCode',
    ifMatch: sent.text('etag'),
  });
  return outcomeOf(page, reply, { to: paths.certificate(service.identity.dpsName, name), done: 'code' });
}

async function verify(
  page: PageContext,
  service: ProvisioningService,
  name: string,
  sent: Submission,
): Promise<Outcome> {
  const file = await sent.file('file');
  if (!file) return { refusal: { status: 400, field: 'file', message: page.text.fileRequired } };
  const reply = await callArm(page, service, name, {
    route: 'verifyCertificate',
    ifMatch: sent.text('etag'),
    body: { certificate: file.toString('base64') },
  });
  return outcomeOf(page, reply, { to: paths.certificate(service.identity.dpsName, name), done: 'verified' });
}

async function remove(
  page: PageContext,
  service: ProvisioningService,
  name: string,
  sent: Submission,
): Promise<Outcome> {
  const reply = await callArm(page, service, name, {
    route: 'deleteCertificate',
    ifMatch: sent.text('etag'),
  });
  return outcomeOf(page, reply, { to: paths.certificates(service.identity.dpsName), done: 'deleted' });
}

function outcomeOf(
  page: PageContext,
  reply: Awaited<ReturnType<typeof callArm>>,
  success: Extract<Outcome, { to: string }>,
): Outcome {
  if (reply.refusal === undefined) return success;
  const refusal: Refusal = refusalOf(page, reply, success.done === 'verified' ? fileField : []);
  return { refusal };
}

function listPage(page: PageContext, service: ProvisioningService, sent?: FormState): string {
  const { text } = page;
  const { certificatesPage } = text;
  const { dpsName } = service.identity;
  const form = stateOf('upload', sent);
  return renderPage(
    page,
    text.certificates,
    <>
      <p>{certificatesPage.intro}</p>
      <Live id="live-certificates">
        {service.certificates.list().length === 0 ? (
          <p>{text.none}</p>
        ) : (
          <Table label={text.certificates} head={[text.name, text.status, text.subject, text.expires]}>
            {service.certificates.list().map((stored) => {
              const { subject, notAfter } = inspectCertificate(stored.der);
              return (
                <tr>
                  <td class="id">
                    <a href={paths.certificate(dpsName, stored.name)}>{stored.name}</a>
                  </td>
                  <td>
                    <VerifiedBadge page={page} stored={stored} />
                  </td>
                  <td class="id">{subject}</td>
                  <td>
                    <Time at={notAfter} />
                  </td>
                </tr>
              );
            })}
          </Table>
        )}
      </Live>
      <section aria-labelledby="upload-title">
        <h2 id="upload-title">{certificatesPage.upload}</h2>
        <Form
          page={page}
          state={form}
          action={paths.certificates(dpsName)}
          submit={certificatesPage.uploadNew}
          hasFiles
        >
          <TextField state={form} name="name" label={text.name} hint={certificatesPage.nameHint} isRequired />
          <FileField
            state={form}
            name="file"
            label={certificatesPage.file}
            hint={certificatesPage.fileHint}
            isRequired
          />
        </Form>
      </section>
    </>,
  );
}

function VerifiedBadge({ page: { text }, stored }: { page: PageContext; stored: StoredCertificate }) {
  const { verified, unverified } = text.certificatesPage;
  return <Badge kind={stored.verified ? 'good' : 'neutral'}>{stored.verified ? verified : unverified}</Badge>;
}

function detailPage(
  page: PageContext,
  service: ProvisioningService,
  stored: StoredCertificate,
  sent?: FormState,
): string {
  const { text } = page;
  const { certificatesPage } = text;
  const { dpsName } = service.identity;
  const described = inspectCertificate(stored.der);
  const own = paths.certificate(dpsName, stored.name);
  return renderPage(
    page,
    stored.name,
    <>
      <p>
        <a href={paths.certificates(dpsName)}>{certificatesPage.back}</a>
      </p>
      <dl>
        <dt>{text.status}</dt>
        <dd>
          <VerifiedBadge page={page} stored={stored} />
        </dd>
        <dt>{text.subject}</dt>
        <dd>{described.subject}</dd>
        <dt>{text.expires}</dt>
        <dd>
          <Time at={described.notAfter} />
        </dd>
        <dt>{text.thumbprint} (SHA-1)</dt>
        <dd>
          <code>{described.sha1Thumbprint}</code>
        </dd>
        <dt>{text.thumbprint} (SHA-256)</dt>
        <dd>
          <code>{described.sha256Thumbprint}</code>
        </dd>
        <dt>{text.updated}</dt>
        <dd>
          <Time at={stored.updated} />
        </dd>
      </dl>
      {(!stored.verified || sent !== undefined) && (
        <Proof page={page} stored={stored} own={own} sent={sent} />
      )}
      <DeleteForm
        page={page}
        name={stored.name}
        action={`${own}/do/delete`}
        etag={stored.etag}
        state={stateOf('delete', sent)}
      />
    </>,
  );
}

/** Proof of possession, step for step as in the Azure portal. */
function Proof({
  page,
  stored,
  own,
  sent,
}: {
  page: PageContext;
  stored: StoredCertificate;
  own: string;
  sent: FormState | undefined;
}) {
  const { certificatesPage } = page.text;
  const { verificationCode, etag } = stored;
  const [codeForm, proofForm] = [stateOf('code', sent), stateOf('verify', sent)];
  return (
    <section aria-labelledby="proof">
      <h2 id="proof">{certificatesPage.verifyTitle}</h2>
      <ol class="steps">
        <li>
          <p>{certificatesPage.stepCode}</p>
          <Form
            page={page}
            state={codeForm}
            action={`${own}/do/code`}
            submit={
              verificationCode === undefined ? certificatesPage.generate : certificatesPage.generateAgain
            }
          >
            <input type="hidden" name="etag" value={etag} />
            {verificationCode !== undefined && (
              <p id="verification-code">
                {certificatesPage.code}:{' '}
                <Copyable page={page} value={verificationCode} label={certificatesPage.code} />
              </p>
            )}
          </Form>
        </li>
        <li>
          <p>{certificatesPage.stepSign}</p>
          {verificationCode !== undefined && (
            <p>
              {certificatesPage.signWith}{' '}
              <Copyable
                page={page}
                value={`enrollkit cert verification ${verificationCode} --out verification.pem`}
                label={certificatesPage.signWith}
              />
            </p>
          )}
        </li>
        <li>
          <p>{certificatesPage.stepUpload}</p>
          <Form
            page={page}
            state={proofForm}
            action={`${own}/do/verify`}
            submit={certificatesPage.submitProof}
            hasFiles
          >
            <input type="hidden" name="etag" value={etag} />
            <FileField
              state={proofForm}
              name="file"
              label={certificatesPage.proofFile}
              hint={certificatesPage.fileHint}
              isRequired
            />
          </Form>
        </li>
      </ol>
    </section>
  );
}
