/** An enrollment as it may be shown: without the key of the webhook that assigns its devices. */
import type { CustomAllocationDefinition } from '../contract/schemas.js';
import { withoutSecrets } from './redact.js';

interface WithWebhook {
  customAllocationDefinition?: CustomAllocationDefinition | null | undefined;
}

/** The same with `***` in place of the key; a URL with it must not be sent to DPS. */
export function shownEnrollment<Enrollment extends WithWebhook>(enrollment: Enrollment): Enrollment {
  const { customAllocationDefinition: webhook } = enrollment;
  if (!webhook) return enrollment;
  const customAllocationDefinition = { ...webhook, webhookUrl: withoutSecrets(webhook.webhookUrl) };
  return { ...enrollment, customAllocationDefinition };
}
