/** Proof of possession through the portal, for someone without rights on Azure Resource Manager. */

/** What to show a person who proves possession by hand. */
export interface PortalInstructions {
  dpsName: string;
  /** The CA certificate to upload; absolute path. */
  certificatePath: string;
  /** What to call it there. */
  certificateName: string;
  /** The page of the provisioning service's certificates. */
  portalUrl: string;
}

/** Asks the person at the terminal; an unattended run has none. */
export interface PortalAssistant {
  /** Shows what to upload; gives the verification code that the portal shows. */
  askVerificationCode(instructions: PortalInstructions, signal: AbortSignal): Promise<string>;
  /** Shows which file to upload as the answer; returns when the person says that the portal shows "Verified". */
  confirmVerified(
    instructions: PortalInstructions & { verificationCertificatePath: string },
    signal: AbortSignal,
  ): Promise<void>;
}
