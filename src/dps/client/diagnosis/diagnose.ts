/** Finds out why DPS does not accept a device, from its chain and from what the provisioning service has. */
import { sentences } from '../../../languages/language.js';
import {
  chainProblems,
  commonNameProblems,
  type DeviceChain,
  deviceChain,
  leafProblems,
  nameOf,
} from './device-chain.js';
import type { Problem, ProblemCode } from './problem.js';
import type { ServiceFacts } from './service-facts.js';
import { authorityProblems, individualProblems, knowsMissingIssuer, needsChain } from './service-problems.js';

/** Of a sentence. */
const maxLength = 1000;

export interface DiagnosisRequest {
  /** PEM: what the device sends, its own certificate first. */
  certificateChain: string;
  registrationId: string;
  idScope: string;
  /** The time by which the service judges certificates. */
  at: Date;
  /** What the service has; without it, only the chain is looked at. */
  facts?: ServiceFacts | undefined;
}

/**
 * Names the broken link between a device and an enrollment.
 *
 * @returns the problems, the likeliest first; none if nothing wrong is seen
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function diagnose(request: DiagnosisRequest): Problem[] {
  return problemsOf(request).map(({ code, message, fix }) => ({
    code,
    message: legible(message),
    fix: legible(fix),
  }));
}

/** Names come from certificates and services: nothing in them may reach a terminal, or fill it. */
function legible(text: string): string {
  const escaped = text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
  return escaped.length > maxLength ? `${escaped.slice(0, maxLength)}…` : escaped;
}

function problemsOf({
  certificateChain,
  registrationId,
  idScope,
  at,
  facts = {},
}: DiagnosisRequest): Problem[] {
  if (facts.idScope !== undefined && facts.idScope.toLowerCase() !== idScope.toLowerCase()) {
    return [
      {
        code: 'WRONG_ID_SCOPE',
        message: sentences.diagnosis.wrongIdScope(idScope, facts.idScope),
        fix: sentences.diagnosis.useIdScope(facts.idScope),
      },
    ];
  }
  const chain = deviceChain(certificateChain);
  const { individual } = facts;
  const problems = [
    ...commonNameProblems(chain, registrationId),
    ...(individual ? individualProblems(individual, chain) : []),
  ];
  if (individual && (!needsChain(individual) || individual.attestation.type !== 'x509')) {
    return [...problems, ...leafProblems(chain, at)];
  }
  const ofChain = [...chainProblems(chain, at), ...missingIssuer(chain, facts)];
  // A chain that is broken by itself leads nowhere in the service.
  const breaks: readonly ProblemCode[] = ['WRONG_KEY', 'INTERMEDIATE_NOT_SENT', 'NO_ENROLLMENT'];
  const isBroken = ofChain.some(({ code }) => breaks.includes(code));
  return [...problems, ...ofChain, ...(isBroken ? [] : authorityProblems(chain, facts))];
}

/** A device that does not send the issuers between its certificate and the one that the service has. */
function missingIssuer(chain: DeviceChain, facts: ServiceFacts): Problem[] {
  const { leaf, issuers, top, namesakes, unrelated, isComplete } = chain;
  if (isComplete) return issuers.length > 0 || knowsSelfSigned(facts) ? [] : [selfSigned(chain)];
  if (namesakes.length > 0 || knowsMissingIssuer(chain, facts)) return [];
  // DPS has the CAs that are uploaded, so the device need not send the last one.
  if (issuers.length > 0 && unrelated.length === 0) return [];
  const issuer = top.issuer.commonName ?? top.issuer.text;
  const sent =
    unrelated.length === 0
      ? sentences.diagnosis.onlyLeaf
      : sentences.diagnosis.unrelated(nameOf(top), unrelated.map(nameOf));
  return [
    {
      code: 'INTERMEDIATE_NOT_SENT',
      message: sentences.diagnosis.issuerNotSent(sent, issuer),
      fix: sentences.diagnosis.sendWholeChain(issuer, (top === leaf ? leaf : top).subject.commonName ?? ''),
    },
  ];
}

function knowsSelfSigned({ individual }: ServiceFacts): boolean {
  return individual !== undefined && individual !== null;
}

function selfSigned({ leaf }: DeviceChain): Problem {
  return {
    code: 'NO_ENROLLMENT',
    message: sentences.diagnosis.selfSigned(leaf.subject.commonName ?? ''),
    fix: sentences.diagnosis.enrollCertificate(leaf.subject.commonName ?? 'ID'),
  };
}
