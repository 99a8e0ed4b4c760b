/** The page of one CA certificate, with its proof of possession. */
import { inspectCertificate } from '../../../pki/x509/inspect.js';
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import type { StoredCertificate } from '../../dps/state/ca-certificates.js';
import { FileField } from '../fields.js';
import { DeleteForm, Form } from '../form.js';
import { Copyable, renderPage, Time } from '../layout.js';
import { type PageContext, paths } from '../page-context.js';
import { type FormState, stateOf } from '../submission.js';
import { VerifiedBadge } from './verified-badge.js';

export function certificatePage(
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
