/**
 * Errors of Azure Resource Manager: names of its own, and numbers of the resource provider Microsoft.Devices.
 *
 * Sources: Microsoft Learn, "Common Azure deployment errors"; recordings in Azure/azure-sdk-for-net.
 */
import { causes, type Explanation } from './explanation.js';

const wrongNames: Explanation['causes'] = causes(
  ['a mistyped name', 'az iot dps list shows the names'],
  ['another subscription is selected', 'az account show'],
);

export const armCodes: Readonly<Record<string, Explanation>> = {
  400019: {
    meaning: 'The provisioning service holds no more of these.',
    causes: causes([
      'a limit of DPS is reached, such as 25 CA certificates',
      'enrollkit ca list counts them',
    ]),
    next: 'Delete what is not used any more: enrollkit ca delete NAME',
  },
  400053: {
    meaning:
      'The proof of possession failed: the verification certificate does not prove the key of this CA.',
    causes: causes(
      [
        'it was signed by another CA than the uploaded one',
        'compare the issuer of the verification certificate with the uploaded subject',
      ],
      [
        'its common name is not the latest verification code',
        'each request for a code replaces the one before',
      ],
    ),
    next: 'Ask for a new code, and answer it with the key of the uploaded CA: enrollkit ca verify NAME',
  },
  400059: {
    meaning: 'The provisioning service cannot have this SKU.',
    causes: causes(['a SKU other than S1', 'the sku in the request']),
    next: 'Use the SKU S1.',
  },
  400303: {
    meaning: 'The hub is linked twice.',
    causes: causes([
      'the list of hubs names a hub that is linked already',
      'az iot dps linked-hub list --dps-name NAME',
    ]),
    next: 'Name each hub once.',
  },
  400305: {
    meaning: 'The name is not allowed.',
    causes: causes(['characters or a length that the resource cannot have', 'the message has the rule']),
    next: 'Choose a name of 3 to 64 letters, digits and hyphens.',
  },
  404002: {
    meaning: 'There is no such provisioning service.',
    causes: wrongNames,
    next: 'List the provisioning services that you have: az iot dps list',
  },
  404015: {
    meaning: 'There is no CA certificate with this name.',
    causes: causes(
      ['it was deleted, or never uploaded', 'enrollkit ca list'],
      ['the provisioning service is another one', 'compare its name with the plan’s'],
    ),
    next: 'List what is uploaded: enrollkit ca list',
  },
  409004: {
    meaning: 'The name is taken.',
    causes: causes(['names of provisioning services are unique in all of Azure', 'someone else may have it']),
    next: 'Choose another name.',
  },
  500001: {
    meaning: 'The resource provider failed.',
    causes: causes(['a temporary failure in Azure', 'Azure status: https://status.azure.com']),
    next: 'Wait a minute, then run the same command again.',
  },
  AuthenticationFailed: {
    meaning: 'Azure Resource Manager does not accept the token.',
    causes: causes(
      ['the login has expired', 'az account get-access-token fails as well'],
      ['the token is for another tenant', 'az account show names the tenant'],
      ['the clock of this computer is wrong', 'enrollkit doctor compares it with Azure’s'],
    ),
    next: 'Run az login again.',
  },
  AuthorizationFailed: {
    meaning: 'Your identity lacks a role on this resource.',
    causes: causes(
      ['no role assignment on the DPS or its resource group', 'az role assignment list --assignee USER'],
      ['the role was assigned a few minutes ago', 'new assignments take up to 10 minutes'],
    ),
    next: 'Ask for the Contributor role on the DPS.',
  },
  SubscriptionNotFound: {
    meaning: 'There is no such subscription, or you cannot see it.',
    causes: wrongNames,
    next: 'List your subscriptions: az account list',
  },
  ResourceGroupNotFound: {
    meaning: 'There is no such resource group in the subscription.',
    causes: wrongNames,
    next: 'List the resource groups: az group list',
  },
  ResourceNotFound: {
    meaning: 'There is no such resource in the resource group.',
    causes: wrongNames,
    next: 'List the provisioning services that you have: az iot dps list',
  },
  ParentResourceNotFound: {
    meaning: 'The resource that contains this one does not exist.',
    causes: wrongNames,
    next: 'List the provisioning services that you have: az iot dps list',
  },
  NotFound: {
    meaning: 'Azure Resource Manager has nothing at this address.',
    causes: wrongNames,
    next: 'Run again with --verbose to see the request.',
  },
  InvalidApiVersionParameter: {
    meaning: 'Azure Resource Manager does not know the api-version.',
    causes: causes(['a client that is newer or older than the service', 'the message lists the versions']),
    next: 'Use an api-version that the message lists.',
  },
  InvalidRequestContent: {
    meaning: 'The body of the request cannot be read.',
    causes: causes(['it is not JSON, or has a member of a wrong type', 'the message names the place']),
    next: 'Correct what the message names.',
  },
  InvalidResourceLocation: {
    meaning: 'The resource exists in another location.',
    causes: causes(['a PUT with another location than the resource has', 'az iot dps show --name NAME']),
    next: 'Send the location that it has, or choose another name.',
  },
  MethodNotAllowed: {
    meaning: 'Azure Resource Manager does not offer this method at this address.',
    causes: causes(['a request that is not of the API', 'run again with --verbose to see the request']),
    next: 'Compare the request with the REST reference.',
  },
  RequestEntityTooLarge: {
    meaning: 'The body of the request is too large.',
    causes: causes(['a request of more than 4 MB', 'the size of the body']),
    next: 'Send less.',
  },
  UnsupportedMediaType: {
    meaning: 'The body of the request is not declared as JSON.',
    causes: causes(['a client that sends another Content-Type', 'it must be application/json']),
    next: 'Send Content-Type: application/json.',
  },
};
