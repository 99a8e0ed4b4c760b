/** What a recording never contains: secrets, which leave their kind, and paths of the computer. */
import { kindOfSecretMember, maskSecrets } from '../../dps/client/redact.js';
import { maxTextLength } from './schema.js';
import { withoutUnprintable } from './unprintable.js';

const mark = (kind: string) => `<${kind}>`;

export interface MaskOptions {
  /** The certificate folder, absolute. */
  folder: string;
  /** The user's home folder. */
  home: string;
  /** Secrets that this run works with. */
  secrets: readonly string[];
}

/** Masks any JSON value; a text, or a member's name, as well. */
export type Mask = <Value>(value: Value) => Value;

/** A secret this short could be any word, and masking it would destroy the recording. */
const minSecretLength = 4;

/** Texts that are masked once, and not each time: what recurs is short. */
const maxMasked = 10_000;
const maxRepeatedLength = 200;

export function createMask({ folder, home, secrets }: MaskOptions): Mask {
  const known = knownSecrets(secrets);
  const places = [
    [folder, '<folder>'],
    [home, '<home>'],
  ].filter(([path]) => path!.length > 3) as [string, string][];
  // Names of members and many values are in every request; the patterns are most of the work of a recording.
  const masked = new Map<string, string>();
  const maskText = (text: string) => {
    const before = masked.get(text);
    if (before !== undefined) return before;
    const clean = maskNewText(text);
    if (masked.size < maxMasked && text.length <= maxRepeatedLength) masked.set(text, clean);
    return clean;
  };
  const maskNewText = (text: string) => {
    let clean = maskSecrets(text, mark);
    for (const secret of known) clean = clean.replaceAll(secret, mark('secret'));
    for (const [path, name] of places) clean = withoutPath(clean, path, name);
    if (clean.length > maxTextLength) clean = `${clean.slice(0, maxTextLength - 1)}…`;
    return withoutUnprintable(clean);
  };
  const maskValue = (value: unknown): unknown => {
    if (typeof value === 'string') return maskText(value);
    if (Array.isArray(value)) return value.map(maskValue);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [maskText(name), maskMember(name, member)]),
    );
  };
  const maskMember = (name: string, value: unknown): unknown => {
    const kind = kindOfSecretMember(name, value);
    return kind === undefined ? maskValue(value) : mark(kind);
  };
  return maskValue as Mask;
}

/** Also as they are in a URL and in base64; the longest first, since one can contain another. */
function knownSecrets(secrets: readonly string[]): string[] {
  const forms = secrets
    .filter(({ length }) => length >= minSecretLength)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ]);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** Below a folder whose name is replaced, paths have `/` between their parts. */
function withoutPath(text: string, path: string, name: string): string {
  return text
    .split(path)
    .map((part, index) =>
      index === 0 ? part : part.replace(/^\\[^\s"'<>|]*/, (rest) => rest.replaceAll('\\', '/')),
    )
    .join(name);
}
