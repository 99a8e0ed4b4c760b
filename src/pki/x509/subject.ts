/** The subject and alternative names that callers give for a certificate. */

/** A distinguished name; everything but the common name is optional. Values are UTF-8. */
export interface Subject {
  commonName: string;
  organization?: string;
  organizationalUnit?: string;
  locality?: string;
  stateOrProvince?: string;
  /** Two letters, ISO 3166. */
  country?: string;
}

/** The kinds of alternative names that `issue` writes (RFC 5280 section 4.2.1.6). */
export interface SubjectAlternativeNames {
  dns?: string[];
  ip?: string[];
  uri?: string[];
  email?: string[];
}
