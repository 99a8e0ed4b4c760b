/** The fields of an enrollment's attestation. */
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import { FileField, SelectField, TextField } from '../fields.js';
import type { PageContext } from '../page-context.js';
import type { FormState } from '../submission.js';
import { attestations, choiceOf, type EnrollmentJson, type EnrollmentType } from './enrollment-form.js';

/** The fields of every kind of attestation; a script hides those of the kinds that are not selected. */
export function AttestationFields({
  page: { text },
  service,
  type,
  enrollment,
  state,
}: {
  page: PageContext;
  service: ProvisioningService;
  type: EnrollmentType;
  enrollment: EnrollmentJson | undefined;
  state: FormState;
}) {
  const { enrollmentsPage } = text;
  const current = enrollment && choiceOf(enrollment);
  const offered = [...attestations[type]];
  const references = enrollment?.attestation.x509?.caReferences;
  const names = service.certificates.list().map(({ name }) => [name, name]);
  const choices = {
    '': names.length === 0 ? enrollmentsPage.notUploaded : '–',
    ...Object.fromEntries(names),
  };
  const fileKinds = type === 'group' ? 'signingCertificates' : 'clientCertificates';
  const hint = current === fileKinds ? enrollmentsPage.keepFile : undefined;
  return (
    <fieldset>
      <legend>{enrollmentsPage.attestation}</legend>
      <SelectField
        state={state}
        name="attestation"
        label={enrollmentsPage.attestation}
        choices={{
          ...(enrollment !== undefined && current === undefined ? { '': enrollmentsPage.kinds.tpm } : {}),
          ...Object.fromEntries(offered.map((name) => [name, enrollmentsPage.kinds[name]])),
        }}
        value={current ?? (enrollment === undefined ? offered[0] : '')}
      />
      <div data-when="attestation" data-is="caReferences">
        <SelectField
          state={state}
          name="primary"
          label={enrollmentsPage.primary}
          choices={choices}
          value={references?.primary ?? ''}
        />
        <SelectField
          state={state}
          name="secondary"
          label={enrollmentsPage.secondary}
          choices={choices}
          value={references?.secondary ?? ''}
        />
      </div>
      <div data-when="attestation" data-is={fileKinds}>
        <FileField state={state} name="primaryFile" label={enrollmentsPage.primaryFile} hint={hint} />
        <FileField state={state} name="secondaryFile" label={enrollmentsPage.secondaryFile} hint={hint} />
      </div>
      <div data-when="attestation" data-is="symmetricKey">
        <TextField
          state={state}
          name="primaryKey"
          label={enrollmentsPage.primaryKey}
          hint={enrollmentsPage.keysHint}
        />
        <TextField state={state} name="secondaryKey" label={enrollmentsPage.secondaryKey} />
      </div>
    </fieldset>
  );
}
