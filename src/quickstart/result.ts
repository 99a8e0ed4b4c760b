/** What a run gives back: the object that `quickstart --json` prints. All paths are absolute. */
import type { EnrollmentGroup, IndividualEnrollment } from '../dps/contract/schemas.js';

export interface CertificateResult {
  commonName: string;
  /** Upper-case hexadecimal. */
  sha1Thumbprint: string;
  sha256Thumbprint: string;
  /** ISO 8601. */
  notAfter: string;
  certificate: string;
  chain: string;
  key: string;
}

export interface DeviceResult {
  registrationId: string;
  deviceId: string;
  /** Host name, with the MQTT port unless that is 8883. */
  assignedHub: string;
  status: string;
  /** Paths. The chain begins with the device's certificate and ends with the root. */
  certificate: string;
  chain: string;
  /** Null for a device that keeps its key, as is the PKCS#12 file. */
  key: string | null;
  pfx: string | null;
  sha256Thumbprint: string;
  notAfter: string;
  /** What Azure issued when the device registered, for its connections; only if the plan requests it. */
  operational?: CertificateResult;
}

export interface QuickstartResult {
  target: {
    kind: 'emulator' | 'azure';
    dpsName: string;
    idScope: string;
    /** The enrollment group's page in the portal; null on the emulator, or when the plan lacks the subscription. */
    portalUrl: string | null;
  };
  certificates: {
    /** Null with self-signed certificates, or when the intermediate is an existing CA: its root is only in its chain, if it is known. */
    root: CertificateResult | null;
    intermediate: CertificateResult | null;
    /** What the uploaded CA is called in DPS; null when none is, as with individual enrollments. */
    uploadedName: string | null;
  };
  /** As the service gave it when it was read back; null with individual enrollments. */
  enrollmentGroup: EnrollmentGroup | null;
  /** Only with individual enrollments: those of the devices, in their order, as they were read back. */
  enrollments?: IndividualEnrollment[];
  devices: DeviceResult[];
  /** The filled-in EnrollmentGroup.py; null with individual enrollments. */
  program: string | null;
  /** The program was left as it is, because someone changed it since a run wrote it. */
  programKept?: true;
  /** How long each step took. */
  steps: { id: string; elapsedMs: number; already: boolean }[];
  elapsedMs: number;
  /** The recording of this run: an absolute path. */
  recording: string;
}

/** What a dry run lists. */
export interface Preview {
  steps: {
    id: string;
    title: string;
    /** Absolute paths of files, and remote things, in words. */
    makes: string[];
    /** Files that are there already, and stay as they are. */
    keeps: string[];
    requests: {
      method: string;
      url: string;
      /** Until when it is sent again. */
      repeated?: string;
      /** On what it depends whether it is sent. */
      when?: string;
    }[];
  }[];
}
