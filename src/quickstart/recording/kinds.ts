/** Values that differ from run to run, by their kind: two runs that differ in nothing else are the same. */
import { runTag, twinTag } from '../resource-tags.js';
import type { Recording } from './schema.js';

/** By the name of the member, whatever its text is. */
const members: readonly [RegExp, string][] = [
  [/etag$|^if-match$/i, 'etag'],
  [/^(operationId|generationId|trackingId|verificationCode|messageId|clientRequestId)$/i, 'ID'],
  [/^serialNumber$/i, 'serial number'],
  [/thumbprint$/i, 'thumbprint'],
  [/^csr$/i, 'certificate request'],
  [/(date|time|timestamp|utc|expiry|created|updated|notBefore|notAfter|sentAt)$/i, 'date'],
];

const isoDate = '\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?( ?Z|[+-]\\d\\d:?\\d\\d)?';
const httpDate = '[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT';

/** Within a text, in this order. Recordings come from anybody: none takes longer than in proportion to the text. */
const patterns: readonly [RegExp, string][] = [
  [/-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]*-----END \1-----\s*/g, '<certificate>'],
  [/\bMII[A-Za-z0-9+/\s]{100,}={0,2}/g, '<certificate>'],
  [new RegExp(`${isoDate}|${httpDate}`, 'g'), '<date>'],
  [/(?<!api-version=)\b\d{4}-\d\d-\d\d\b/g, '<date>'],
  [/((?:\$rid|(?:%24|\$)\.mid|operationId|iotdps-operation-id)=)[^&\s]+/g, '$1<ID>'],
  [/(\/operations\/)[^/?\s]+/g, '$1<ID>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<ID>'],
  [/\b([0-9a-f]{40}|[0-9a-f]{64})\b/gi, '<thumbprint>'],
  [/\b0ne[0-9a-zA-Z]{8}\b/g, '<ID scope>'],
  // Of CAs whose names the plan leaves open.
  [/\b[0-9A-F]{8}\b/g, '<digits>'],
  [/(?<![\w.-])(localhost|[\w-]+\.localhost|127(\.\d+){3}|\[::1\])(?![\w.-])/g, '<host>'],
  [/(?<=<host>|[a-z0-9-]\.[a-z0-9-]{1,63}|<name [^>]*>):\d{2,5}\b/g, ':<port>'],
  [/\b\d+(\.\d+)? m?s\b/g, '<duration>'],
  // What a recording on another system could not shorten.
  [/(?<![\w:/<>])[A-Za-z]:\\[^\s"'<>|]+/g, '<path>'],
  [/(?<![\w:/<>.])(\/(?:home|Users|tmp|var|private|root|opt|mnt|etc)\/[^\s"'<>|]+)/g, '<path>'],
];

/** Replaces what differs from run to run in a text by its kind. */
export type TextMask = (text: string) => string;

/** @param others how a provisioning service of another kind is compared: then, Azure’s host names are masked, too */
export function textMask({ target }: Recording, otherKind: Recording['target']['kind']): TextMask {
  const own = [
    [target.subscriptionId, '<subscription>'],
    [target.resourceGroup, '<resource group>'],
    [target.dpsName, '<provisioning service>'],
    [target.idScope, '<ID scope>'],
  ].filter((one): one is [string, string] => Boolean(one[0]));
  const mayBeAnyHost = target.kind !== otherKind;
  return (text) => {
    let masked = text;
    for (const [value, kind] of own) masked = replaceWhole(masked, value, kind);
    if (mayBeAnyHost) {
      masked = masked.replace(
        /(?<![\w.-])[\w.-]+\.azure-devices(-provisioning)?\.(net|us|cn)\b|\bmanagement\.azure\.com\b/g,
        '<host>',
      );
    }
    for (const [pattern, kind] of patterns) masked = masked.replace(pattern, kind);
    // An emulator on the usual ports, and Azure, have none in their host names.
    masked = masked.replaceAll('<host>:<port>', '<host>');
    return masked.replace(/<folder>[^\s"'|]*/g, (path) => path.replaceAll('\\', '/'));
  };
}

/** Only where it is not part of a longer name. */
function replaceWhole(text: string, value: string, kind: string): string {
  const [first = '', ...others] = text.split(value);
  const replaced = [first];
  let before = first.at(-1);
  for (const after of others) {
    const isPart = [before, after[0]].some((next) => next !== undefined && /[A-Za-z0-9_-]/.test(next));
    const between = isPart ? value : kind;
    replaced.push(between, after);
    before = after.at(-1) ?? between.at(-1);
  }
  return replaced.join('');
}

/** Whether a member only says which run created something, and what it had uploaded before. */
export function isMark(name: string): boolean {
  return name === twinTag || name === runTag;
}

/** The kind of a member's value, if it differs from run to run; a value that is missing stays so. */
export function kindOfMember(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  if (value === '' || value === '*') return undefined;
  const kind = members.find(([pattern]) => pattern.test(name))?.[1];
  return kind === undefined ? undefined : `<${kind}>`;
}
