/** Proof of possession by hand: in the Azure portal, without rights on Azure Resource Manager, or on the emulator. */
import type { Target } from '../dps/client/target.js';

/** What to show a person who proves possession by hand. */
export interface PortalInstructions {
  /** The emulator has its own page, and commands that do the same. */
  kind: Target['kind'];
  /** The certificate folder; absolute path. */
  folder: string;
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

/**
 * The page of a provisioning service; the portal's start page where the plan does not say which one. For the emulator, its
 * own page, with the token that opens it.
 */
export function portalAddress({ subscriptionId, resourceGroup, dpsName, certificatesPage }: Target): string {
  if (certificatesPage !== undefined) return certificatesPage;
  if (!subscriptionId || !resourceGroup) return 'https://portal.azure.com';
  return `https://portal.azure.com/#resource/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(resourceGroup)}/providers/Microsoft.Devices/provisioningServices/${encodeURIComponent(dpsName)}`;
}
