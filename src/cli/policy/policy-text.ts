/** Certificate policies for people. */
import type { CertificatePolicy } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
import { columns } from '../terminal/text.js';

export function validityText({ properties }: CertificatePolicy): string {
  const days = properties.certificate?.validityPeriodInDays;
  return days === undefined ? '' : sentences.cliRegistry.policy.days(days);
}

export function policyText(policy: CertificatePolicy): string {
  return columns([
    [sentences.cliDps.rows.name, policy.name],
    [sentences.cliRegistry.policy.validity, validityText(policy)],
  ]).join('\n');
}
