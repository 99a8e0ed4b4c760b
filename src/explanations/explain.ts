/** The one lookup of all codes: of DPS, ARM, IoT Hub, HTTP, TLS, connections, and of enrollkit itself. */
import { type ErrorCode, nextStep } from '../errors.js';
import { sentences } from '../languages/language.js';
import type { Cause, Explanation } from './explanation.js';
import { hubNumbers } from './hub-numbers.js';
import { tlsAlertNames } from './tls-alert-names.js';
import { codeOfVerificationText } from './verification-texts.js';
import { windowsCodes } from './windows-codes.js';

export type CodeKind =
  | 'dps'
  | 'arm'
  | 'hub'
  | 'http'
  | 'tls'
  | 'connection'
  | 'enrollkit'
  | 'finding'
  | 'exit';

/** An entry of the table. */
export interface ExplainedCode extends Explanation {
  /** As it is written in errors: `401002`, `DeviceNotFound`, `unknown_ca`, `NETWORK`. */
  code: string;
  kind: CodeKind;
  /** A number that is also a name, or the reverse: 48 of unknown_ca, 404001 of DeviceNotFound. */
  number?: number;
  /** Codes with the same number and another meaning. */
  related: readonly string[];
}

/** An explanation as the catalogue has it. */
interface Explained {
  readonly meaning: string;
  /** Pairs of a cause and how to check it. */
  readonly causes: readonly (readonly string[])[];
  readonly next: string;
}

let all: readonly ExplainedCode[] | undefined;

/** All codes. A number that two services have is found as that of DPS first. */
export function explainedCodes(): readonly ExplainedCode[] {
  // Most commands explain none.
  all ??= withRelated(readCodes());
  return all;
}

function readCodes(): ExplainedCode[] {
  const { dps, hub, arm, http, tls, connection, own, findings, exits } = sentences.explanations;
  // Every error code of enrollkit is explained.
  const ownCodes: Readonly<Record<ErrorCode, Omit<Explained, 'next'>>> = own;
  return [
    ...entries('dps', dps),
    ...namesOf(hub).map((code) => entry('hub', code, hub[code], hubNumbers[code])),
    ...entries('arm', arm),
    ...entries('http', http),
    ...namesOf(tls).map((number) => entry('tls', tlsAlertNames[number], tls[number], Number(number))),
    ...entries('connection', connection),
    ...namesOf(ownCodes).map((code) => entry('enrollkit', code, { ...ownCodes[code], next: nextStep(code) })),
    ...entries('finding', findings),
    ...namesOf(exits).map((status) => entry('exit', `exit-${status}`, exits[status], Number(status))),
  ];
}

function namesOf<Name extends PropertyKey>(table: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(table) as Name[];
}

function entries(kind: CodeKind, table: Readonly<Record<string, Explained>>): ExplainedCode[] {
  return Object.entries(table).map(([code, explained]) => entry(kind, code, explained));
}

function entry(kind: CodeKind, code: string, explained: Explained, number?: number): ExplainedCode {
  const { meaning, next } = explained;
  const causes = explained.causes.map(([cause, check]) => ({ cause: cause!, check: check! }));
  return { code, kind, meaning, causes, next, related: [], ...(number === undefined ? {} : { number }) };
}

function withRelated(codes: readonly ExplainedCode[]): ExplainedCode[] {
  const ofNumber = new Map<number, string[]>();
  const numberOf = ({ code, number = Number(code) }: ExplainedCode) => number;
  for (const one of codes) ofNumber.set(numberOf(one), [...(ofNumber.get(numberOf(one)) ?? []), one.code]);
  // Names have no number, and are not related.
  ofNumber.delete(Number.NaN);
  return codes.map((one) => ({
    ...one,
    related: (ofNumber.get(numberOf(one)) ?? []).filter((code) => code !== one.code),
  }));
}

/** How numbers are introduced: `HTTP/1.1 404`, `Status: 429`, `error code 401002`, `exit status 13`, `IH404015`. */
const introductions =
  /^(http(?:\/\d(?:\.\d)?)?|(?:http )?status(?: code)?|error(?: ?code)?|code|ih|exit(?: status| code)?)\W*(\d+)\W*$/i;

/**
 * Finds a code, in any of the forms in which it appears: a number, also hexadecimal (`0x30`) or with words around it
 * (`HTTP 401`, `404 Not Found`, `IH404015`, `exit status 13`), or a name in any case, in quotes, with spaces, hyphens or
 * underscores; a code of Windows (`0x80090325`); a TLS alert also as OpenSSL and Node.js write it, `tlsv1 alert unknown ca` or
 * `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`; why a certificate was refused also as OpenSSL, Python and curl write it,
 * `certificate verify failed: self-signed certificate in certificate chain`.
 *
 * @returns undefined for an unknown code
 */
export function explainCode(text: string): ExplainedCode | undefined {
  const asked = text.trim().replace(/^["'`(]+|["'`.:)]+$/g, '');
  if (asked.length > maxCodeLength || !/^(-\d{10}$|[a-z0-9])/i.test(asked)) return undefined;
  const ofWindows = windowsCode(asked);
  if (ofWindows) return ofWindows;
  const ofOpenssl = codeOfVerificationText(asked);
  if (ofOpenssl !== undefined) return codeNamed(ofOpenssl);
  const withoutNote = asked.replace(/ \([^()]*$/, '').replace(/^http(?:\/\d(?:\.\d)?)? (?=\d{3} )/i, '');
  if (withoutNote !== asked) return explainCode(withoutNote);
  const [, introduction, introduced] = introductions.exec(asked) ?? [];
  if (introduced !== undefined) {
    return codeNamed(/^exit/i.test(introduction!) ? `exit-${introduced}` : introduced);
  }
  if (/^0x[0-9a-f]+$/i.test(asked)) return codeNamed(String(Number(asked)));
  const [, leading] = /^(\d{3}|\d{6})[^\w-].*[a-z]/i.exec(asked) ?? [];
  return codeNamed(asked) ?? (leading === undefined ? undefined : codeNamed(leading));
}

/** As a name, in hexadecimal, or in decimal, where it is negative. */
function windowsCode(asked: string): ExplainedCode | undefined {
  const number = /^-?\d+$|^0x[0-9a-f]{1,8}$/i.test(asked) ? Number(asked) >>> 0 : undefined;
  const found = windowsCodes.find(([code, name]) => code === number || name === asked.toUpperCase());
  return found && codeNamed(found[2]);
}

/** No code and no message of OpenSSL is longer. */
const maxCodeLength = 200;

function codeNamed(asked: string): ExplainedCode | undefined {
  const wanted = comparable(asked);
  const lower = asked.toLowerCase();
  // NotFound is of ARM, NOT_FOUND of enrollkit.
  const found =
    explainedCodes().find(({ code }) => code === asked) ??
    explainedCodes().find(({ code }) => code.toLowerCase() === lower) ??
    explainedCodes().find(
      ({ code }) => comparable(code) === wanted || comparable(`amqp:${asked}`) === comparable(code),
    );
  if (found) return found;
  // As MQTT clients write it.
  const [, returnCode] = /^(?:mqtt|connack)?(?:returncode|rc)?([1-5])$/.exec(wanted) ?? [];
  if (returnCode !== undefined) return codeNamed(`connack-${returnCode}`);
  const numbered = explainedCodes().find(({ number }) => String(number) === wanted);
  if (numbered) return numbered;
  const [, alert] = /^(?:err)?(?:(?:ssl|tls)(?:v\d+)?)*(?:alert)?(?:number)?(.+)$/.exec(wanted) ?? [];
  // OpenSSL spells it with two l.
  const name = alert === 'usercancelled' ? 'usercanceled' : alert;
  return explainedCodes().find(
    ({ kind, code, number: alertNumber }) =>
      kind === 'tls' && (comparable(code) === name || String(alertNumber) === name),
  );
}

/**
 * The explanation for an error that carries a code. Of a number without an entry, it is that of its HTTP status.
 *
 * @param code a number such as 401002, or a name
 */
export function explainServiceCode(code: string | number): ExplainedCode | undefined {
  const found = explainCode(String(code));
  const [, status] = /^(\d{3})\d{3}$/.exec(String(code)) ?? [];
  if (found || status === undefined) return found;
  return explainedCodes().find(({ kind, code }) => kind === 'http' && code === status);
}

/** Without case and punctuation. */
function comparable(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/**
 * The codes nearest to an unknown one, nearest first: numbers of the same status, and names with few different letters.
 * None if no code is similar.
 *
 * @param count how many at most
 */
export function nearestCodes(text: string, count = 3): string[] {
  const wanted = comparable(text).slice(0, 64);
  const ranked = explainedCodes().map(({ code }) => ({
    code,
    distance: editDistance(wanted, comparable(code)),
  }));
  const most = Math.max(2, Math.floor(wanted.length / 2));
  return ranked
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance)
    .slice(0, count)
    .map(({ code }) => code);
}

/** Levenshtein's. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const substitution = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}

/**
 * The short form for the end of an error: what the code means, its likeliest cause, and where to read more.
 *
 * @param isCauseKnown whether the error names the cause itself
 */
export function shortExplanation({ code, meaning, causes }: ExplainedCode, isCauseKnown: boolean): string {
  const { short } = sentences.explanations;
  return short(code, meaning, isCauseKnown ? undefined : causes[0]!.cause);
}

/** The parts that programs get. */
export function explanationDocument({ code, meaning, causes, next, kind, related }: ExplainedCode): {
  code: string;
  kind: CodeKind;
  meaning: string;
  causes: readonly Cause[];
  next: string;
  related: readonly string[];
} {
  return { code, kind, meaning, causes, next, related };
}
