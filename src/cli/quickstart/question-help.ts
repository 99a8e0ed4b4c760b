/**
 * What `?` shows at the questions of the wizard, in words for someone who has never made a certificate: what it is,
 * what to choose, when it matters.
 */
import { sentences } from '../../languages/language.js';
import type { FieldPath } from '../../quickstart/plan/fields.js';

type OtherQuestion =
  | 'quickstart.folder'
  | 'quickstart.existing'
  | 'quickstart.more'
  | 'quickstart.run'
  | 'quickstart.change'
  | 'devices.naming'
  | 'devices.count'
  | 'devices.prefix'
  | 'devices.file'
  | 'devices.requests';

export const questionHelp: Readonly<Record<FieldPath | OtherQuestion, string>> = sentences.cliQuickstart.help;
