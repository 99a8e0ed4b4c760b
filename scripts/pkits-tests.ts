/**
 * The tests of NIST's Public Key Interoperability Test Suite (PKITS, version 1.0.1), sections 4.1 to 4.16: what each is
 * called, with which inputs it runs, and whether its path is valid.
 */

/** The inputs of RFC 5280 section 6.1.1; policies by their last number, 1 for NIST-test-policy-1. */
export interface Inputs {
  policies?: readonly number[];
  explicit?: boolean;
  inhibitMapping?: boolean;
  inhibitAny?: boolean;
}

export interface PkitsTest {
  /** Such as 4.8.1, or 4.8.1-2 for the second set of inputs. */
  id: string;
  /** The end entity's file, without `.crt`. */
  leaf: string;
  inputs: Inputs;
  isValid: boolean;
}

export interface PkitsSection {
  number: string;
  title: string;
  tests: readonly PkitsTest[];
}

type Run = Inputs & { isValid: boolean };

const valid = (inputs: Inputs = {}): Run => ({ ...inputs, isValid: true });
const invalid = (inputs: Inputs = {}): Run => ({ ...inputs, isValid: false });
const policies = (...numbers: number[]): Inputs => ({ policies: numbers });
const explicit: Inputs = { explicit: true };

/** Names of end entities, each with the numbers of its tests; `Valid...` and `Invalid...` say what the result is. */
type Names = Readonly<Record<string, readonly number[]>>;

/**
 * Other inputs than the default ones, or names that do not tell the result.
 *
 * @param runs by the number of the test
 */
function section(
  number: string,
  title: string,
  names: Names,
  runs: Readonly<Record<number, readonly Run[]>> = {},
): PkitsSection {
  const tests = Object.entries(names)
    .flatMap(([name, numbers]) => numbers.map((test) => ({ name, test })))
    .sort((a, b) => a.test - b.test)
    .flatMap(({ name, test }) => {
      const own = runs[test] ?? [{ isValid: /^Valid/.test(name) }];
      return own.map(({ isValid, ...inputs }, index) => ({
        id: `${number}.${test}${own.length > 1 ? `-${index + 1}` : ''}`,
        leaf: `${name}Test${test}EE`,
        inputs,
        isValid,
      }));
    });
  return { number, title, tests };
}

export const pkitsSections: readonly PkitsSection[] = [
  section('4.1', 'signatures', {
    ValidCertificatePath: [1],
    InvalidCASignature: [2],
    InvalidEESignature: [3],
    ValidDSASignatures: [4],
    ValidDSAParameterInheritance: [5],
    InvalidDSASignature: [6],
  }),
  section('4.2', 'validity periods', {
    InvalidCAnotBeforeDate: [1],
    InvalidEEnotBeforeDate: [2],
    Validpre2000UTCnotBeforeDate: [3],
    ValidGeneralizedTimenotBeforeDate: [4],
    InvalidCAnotAfterDate: [5],
    InvalidEEnotAfterDate: [6],
    Invalidpre2000UTCEEnotAfterDate: [7],
    ValidGeneralizedTimenotAfterDate: [8],
  }),
  section('4.3', 'name chaining', {
    InvalidNameChaining: [1],
    InvalidNameChainingOrder: [2],
    ValidNameChainingWhitespace: [3, 4],
    ValidNameChainingCapitalization: [5],
    ValidNameUIDs: [6],
    ValidRFC3280MandatoryAttributeTypes: [7],
    ValidRFC3280OptionalAttributeTypes: [8],
    ValidUTF8StringEncodedNames: [9],
    ValidRolloverfromPrintableStringtoUTF8String: [10],
    ValidUTF8StringCaseInsensitiveMatch: [11],
  }),
  section('4.4', 'revocation', {
    InvalidMissingCRL: [1],
    InvalidRevokedCA: [2],
    InvalidRevokedEE: [3],
    InvalidBadCRLSignature: [4],
    InvalidBadCRLIssuerName: [5],
    InvalidWrongCRL: [6],
    ValidTwoCRLs: [7],
    InvalidUnknownCRLEntryExtension: [8],
    InvalidUnknownCRLExtension: [9, 10],
    InvalidOldCRLnextUpdate: [11],
    Invalidpre2000CRLnextUpdate: [12],
    ValidGeneralizedTimeCRLnextUpdate: [13],
    ValidNegativeSerialNumber: [14],
    InvalidNegativeSerialNumber: [15],
    ValidLongSerialNumber: [16, 17],
    InvalidLongSerialNumber: [18],
    ValidSeparateCertificateandCRLKeys: [19],
    InvalidSeparateCertificateandCRLKeys: [20, 21],
  }),
  section('4.5', 'self-issued certificates', {
    ValidBasicSelfIssuedOldWithNew: [1],
    InvalidBasicSelfIssuedOldWithNew: [2],
    ValidBasicSelfIssuedNewWithOld: [3, 4],
    InvalidBasicSelfIssuedNewWithOld: [5],
    ValidBasicSelfIssuedCRLSigningKey: [6],
    InvalidBasicSelfIssuedCRLSigningKey: [7, 8],
  }),
  section('4.6', 'basic constraints', {
    InvalidMissingbasicConstraints: [1],
    InvalidcAFalse: [2, 3],
    ValidbasicConstraintsNotCritical: [4],
    InvalidpathLenConstraint: [5, 6, 9, 10, 11, 12],
    ValidpathLenConstraint: [7, 8, 13, 14],
    ValidSelfIssuedpathLenConstraint: [15, 17],
    InvalidSelfIssuedpathLenConstraint: [16],
  }),
  section('4.7', 'key usage', {
    InvalidkeyUsageCriticalkeyCertSignFalse: [1],
    InvalidkeyUsageNotCriticalkeyCertSignFalse: [2],
    ValidkeyUsageNotCritical: [3],
    InvalidkeyUsageCriticalcRLSignFalse: [4],
    InvalidkeyUsageNotCriticalcRLSignFalse: [5],
  }),
  section(
    '4.8',
    'certificate policies',
    {
      ValidCertificatePath: [1],
      AllCertificatesNoPolicies: [2],
      DifferentPolicies: [3, 4, 5, 7, 8, 9, 12],
      OverlappingPolicies: [6],
      AllCertificatesSamePolicies: [10, 13],
      AllCertificatesanyPolicy: [11],
      AnyPolicy: [14],
      UserNoticeQualifier: [15, 16, 17, 18, 19],
      CPSPointerQualifier: [20],
    },
    {
      1: [
        valid(explicit),
        valid({ ...explicit, ...policies(1) }),
        invalid({ ...explicit, ...policies(2) }),
        valid({ ...explicit, ...policies(1, 2) }),
      ],
      2: [valid(), invalid(explicit)],
      3: [valid(), invalid(explicit), invalid({ ...explicit, ...policies(1, 2) })],
      6: [valid(), valid(policies(1)), invalid(policies(2))],
      10: [valid(), valid(policies(1)), valid(policies(2))],
      11: [valid(), valid(policies(1))],
      13: [valid(policies(1)), valid(policies(2)), valid(policies(3))],
      14: [valid(policies(1)), invalid(policies(2))],
      15: [valid()],
      16: [valid()],
      17: [valid()],
      18: [valid(policies(1)), valid(policies(2))],
      19: [valid()],
      20: [valid()],
    },
  ),
  section('4.9', 'explicit policies', {
    ValidrequireExplicitPolicy: [1, 2, 4],
    InvalidrequireExplicitPolicy: [3, 5],
    ValidSelfIssuedrequireExplicitPolicy: [6],
    InvalidSelfIssuedrequireExplicitPolicy: [7, 8],
  }),
  section(
    '4.10',
    'policy mappings',
    {
      ValidPolicyMapping: [1, 3, 5, 6, 9, 11, 12, 13, 14],
      InvalidPolicyMapping: [2, 4, 10],
      InvalidMappingFromanyPolicy: [7],
      InvalidMappingToanyPolicy: [8],
    },
    {
      1: [valid(policies(1)), invalid(policies(2)), invalid({ inhibitMapping: true })],
      2: [invalid(), invalid({ inhibitMapping: true })],
      3: [invalid(policies(1)), valid(policies(2))],
      5: [valid(policies(1)), invalid(policies(6))],
      6: [valid(policies(1)), invalid(policies(6))],
      12: [valid(policies(1)), valid(policies(2))],
    },
  ),
  section('4.11', 'inhibited policy mappings', {
    InvalidinhibitPolicyMapping: [1, 3, 5, 6],
    ValidinhibitPolicyMapping: [2, 4],
    ValidSelfIssuedinhibitPolicyMapping: [7],
    InvalidSelfIssuedinhibitPolicyMapping: [8, 9, 10, 11],
  }),
  section(
    '4.12',
    'inhibited anyPolicy',
    {
      InvalidinhibitAnyPolicy: [1, 4, 5, 6],
      ValidinhibitAnyPolicy: [2],
      inhibitAnyPolicy: [3],
      ValidSelfIssuedinhibitAnyPolicy: [7, 9],
      InvalidSelfIssuedinhibitAnyPolicy: [8, 10],
    },
    { 3: [valid(), invalid({ inhibitAny: true })] },
  ),
  section('4.13', 'name constraints', {
    ValidDNnameConstraints: [1, 4, 5, 6, 11, 14, 18, 19],
    InvalidDNnameConstraints: [2, 3, 7, 8, 9, 10, 12, 13, 15, 16, 17, 20],
    ValidRFC822nameConstraints: [21, 23, 25],
    InvalidRFC822nameConstraints: [22, 24, 26],
    ValidDNandRFC822nameConstraints: [27],
    InvalidDNandRFC822nameConstraints: [28, 29],
    ValidDNSnameConstraints: [30, 32],
    InvalidDNSnameConstraints: [31, 33, 38],
    ValidURInameConstraints: [34, 36],
    InvalidURInameConstraints: [35, 37],
  }),
  section('4.14', 'distribution points', {
    ValiddistributionPoint: [1, 4, 5, 7],
    InvaliddistributionPoint: [2, 3, 6, 8, 9],
    ValidNoissuingDistributionPoint: [10],
    InvalidonlyContainsUserCerts: [11],
    InvalidonlyContainsCACerts: [12],
    ValidonlyContainsCACerts: [13],
    InvalidonlyContainsAttributeCerts: [14],
    InvalidonlySomeReasons: [15, 16, 17, 20, 21],
    ValidonlySomeReasons: [18, 19],
    ValidIDPwithindirectCRL: [22, 24, 25],
    InvalidIDPwithindirectCRL: [23, 26],
    InvalidcRLIssuer: [27, 31, 32, 34, 35],
    ValidcRLIssuer: [28, 29, 30, 33],
  }),
  section('4.15', 'delta CRLs', {
    InvaliddeltaCRLIndicatorNoBase: [1],
    ValiddeltaCRL: [2, 5, 7, 8],
    InvaliddeltaCRL: [3, 4, 6, 9, 10],
  }),
  section('4.16', 'private extensions', {
    ValidUnknownNotCriticalCertificateExtension: [1],
    InvalidUnknownCriticalCertificateExtension: [2],
  }),
];
