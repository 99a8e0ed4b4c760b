/** The page Certificates: the CA certificates of a provisioning service, and the upload of another one. */
import { inspectCertificate } from '../../../pki/x509/inspect.js';
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import { FileField, TextField } from '../fields.js';
import { Form } from '../form.js';
import { Live, renderPage, Table, Time } from '../layout.js';
import { type PageContext, paths } from '../page-context.js';
import { type FormState, stateOf } from '../submission.js';
import { VerifiedBadge } from './verified-badge.js';

export function certificateList(page: PageContext, service: ProvisioningService, sent?: FormState): string {
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
