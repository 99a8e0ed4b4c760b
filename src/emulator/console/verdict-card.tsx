/** One registration: the chain that the device presented, and the reason at the link where it breaks. */
import type { RegistrationVerdict } from '../dps/registration/verdict.js';
import type { Numbered } from './activity.js';
import { type ChainLink, chainPictureOf } from './chain-picture.js';
import { Badge, Time } from './layout.js';
import type { PageContext } from './page-context.js';

export function VerdictCard({
  page,
  verdict: { number, value: verdict },
}: {
  page: PageContext;
  verdict: Numbered<RegistrationVerdict>;
}) {
  const { text } = page;
  const { outcome, registrationId, idScope } = verdict;
  const isAssigned = outcome.type === 'accepted' && outcome.status === 'assigned';
  return (
    <article class="verdict" aria-labelledby={`verdict-${number}`}>
      <h3 id={`verdict-${number}`}>
        <span class="id">{registrationId}</span>{' '}
        <Badge kind={isAssigned ? 'good' : 'bad'}>
          {outcome.type === 'refused'
            ? text.logPage.refusedWith(outcome.errorCode)
            : statusText(page, outcome)}
        </Badge>
      </h3>
      <p class="hint">
        <Time at={verdict.at} /> · {text.overviewPage.idScope} {idScope}
      </p>
      <Chain page={page} verdict={verdict} />
    </article>
  );
}

function statusText(
  { text: { logPage } }: PageContext,
  { status, hubId = '' }: Extract<RegistrationVerdict['outcome'], { type: 'accepted' }>,
) {
  return {
    assigned: logPage.assignedTo(hubId),
    failed: logPage.assignmentFailed,
    disabled: logPage.wasDisabled,
  }[status];
}

function Chain({ page, verdict }: { page: PageContext; verdict: RegistrationVerdict }) {
  const { logPage } = page.text;
  const { links, missingIssuer, unrelated, breaksAt } = chainPictureOf(verdict);
  const reason = <Reason page={page} verdict={verdict} />;
  const enrollmentAt = links.length + (missingIssuer === undefined ? 0 : 1);
  return (
    <>
      {links.length === 0 && <p>{verdict.hasToken ? logPage.token : logPage.noCertificate}</p>}
      <ol class="chain" aria-label={logPage.chain}>
        {links.map((link, index) => (
          <li class={index === breaksAt ? 'broken' : 'whole'}>
            {index > 0 && <p class="signed-by">{logPage.signedBy}</p>}
            <LinkBox page={page} link={link} isTop={index > 0} />
            {index === breaksAt && reason}
          </li>
        ))}
        {missingIssuer !== undefined && (
          <li class={breaksAt === links.length ? 'broken' : 'whole'}>
            <p class="signed-by">{logPage.signedBy}</p>
            <div class="box missing">
              <p>{logPage.missing(missingIssuer)}</p>
            </div>
            {breaksAt === links.length && reason}
          </li>
        )}
        <li class={breaksAt === enrollmentAt ? 'broken' : 'whole'}>
          <div class="box enrollment">
            <p>{enrollmentText(page, verdict)}</p>
          </div>
          {breaksAt === enrollmentAt && reason}
          {verdict.outcome.type === 'accepted' && verdict.outcome.errorMessage !== undefined && (
            <p class="error" lang="en">
              {verdict.outcome.errorMessage}
            </p>
          )}
        </li>
      </ol>
      {unrelated.length > 0 && (
        <p>
          {logPage.unrelated}{' '}
          {unrelated
            .map(({ certificate }) => certificate?.subject.text ?? logPage.links.unreadable)
            .join(', ')}
        </p>
      )}
    </>
  );
}

function enrollmentText({ text: { logPage } }: PageContext, { outcome }: RegistrationVerdict): string {
  if (outcome.type === 'refused') return logPage.noEnrollment;
  const { kind, id } = outcome.enrollment;
  return kind === 'group' ? logPage.enrollmentGroup(id) : logPage.individual(id);
}

function LinkBox({ page, link, isTop }: { page: PageContext; link: ChainLink; isTop: boolean }) {
  const { logPage } = page.text;
  const { certificate, kind, isSent, verifiedAs, unverifiedAs } = link;
  if (certificate === undefined) {
    return (
      <div class="box">
        <p>{logPage.links.unreadable}</p>
      </div>
    );
  }
  const { subject, notBefore, notAfter } = certificate;
  return (
    <div class="box">
      <p>
        <strong>{subject.text.slice(0, 200)}</strong>
      </p>
      <p>
        {logPage.links[kind]}
        {!isSent && `, ${logPage.notSent}`}
      </p>
      <p class="hint">{logPage.validity(dayOf(notBefore), dayOf(notAfter))}</p>
      {verifiedAs.length > 0 && (
        <p>
          <Badge kind="good">{logPage.knownToDps(verifiedAs.join(', '))}</Badge>
        </p>
      )}
      {unverifiedAs !== undefined && verifiedAs.length === 0 && (
        <p>
          <Badge kind="bad">{logPage.unverifiedInDps(unverifiedAs)}</Badge>
        </p>
      )}
      {isTop && verifiedAs.length === 0 && unverifiedAs === undefined && (
        <p class="hint">{logPage.unknownToDps}</p>
      )}
    </div>
  );
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Why the device was refused, and what the code means. */
function Reason({ page, verdict: { outcome } }: { page: PageContext; verdict: RegistrationVerdict }) {
  const { sentences, text } = page;
  if (outcome.type === 'accepted') return null;
  const codes: Record<string, { meaning: string; next: string } | undefined> = sentences.explanations.dps;
  const explanation = codes[outcome.errorCode];
  return (
    <div class="break">
      <p>
        <Badge kind="bad">{text.logPage.broken}</Badge>
      </p>
      <p class="error" {...(outcome.reasonIn ? {} : { lang: 'en' })}>
        {outcome.reasonIn?.(sentences) ?? outcome.reason}
      </p>
      {explanation && (
        <details>
          <summary>{text.logPage.explanation}</summary>
          <p>{explanation.meaning}</p>
          <p>{explanation.next}</p>
        </details>
      )}
    </div>
  );
}
