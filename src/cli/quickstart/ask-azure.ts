/** Asks for a provisioning service in Azure: picked from those that the account may read, or typed. */

import { EnrollkitError, type ErrorCode, interruption, isAbort } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Answers, FieldPath } from '../../quickstart/plan/fields.js';
import type { Interview } from '../terminal/dialogue.js';

export interface FoundSubscription {
  id: string;
  name: string;
}

export interface FoundService {
  name: string;
  subscriptionId: string;
  resourceGroup: string;
  location: string;
  idScope: string | undefined;
  /** Host names of the linked hubs. */
  hubs: readonly string[];
}

/** What is in a provisioning service; undefined where the account may not look. */
export interface FoundContents {
  /** Names of the uploaded CA certificates. */
  certificates: readonly string[] | undefined;
  /** IDs of the enrollment groups. */
  groups: readonly string[] | undefined;
}

/** What an Azure account may read. Each can throw an EnrollkitError of the clients. */
export interface AzureAccount {
  subscriptions(): Promise<FoundSubscription[]>;
  services(subscriptionId: string): Promise<FoundService[]>;
  contents(service: FoundService): Promise<FoundContents>;
}

/** The answers that a picked service gives, and what is known of it; nothing of one that is to be created. */
export interface PickedService {
  answers: Partial<Answers>;
  service?: FoundService;
  contents: FoundContents;
}

type Looked<Value> = { kind: 'found'; value: Value } | { kind: 'failed'; error: EnrollkitError };

/** What a question counts with until something is looked up. */
const someService: FoundService = {
  name: '',
  subscriptionId: '',
  resourceGroup: '',
  location: '',
  idScope: undefined,
  hubs: [],
};
const noContents: FoundContents = { certificates: undefined, groups: undefined };

/** Beside names and IDs of Azure, which have no colon. */
const create = 'create:';
const manually = 'type:';
const lookAgain = 'again:';

const signInHelp = sentences.cliQuickstart.signInHelp;

/**
 * @param given fields that flags have answered
 * @returns undefined if the names are to be typed
 */
export async function askAzure(
  ask: Interview,
  account: AzureAccount,
  answers: Answers,
  given: ReadonlySet<FieldPath>,
): Promise<PickedService | undefined> {
  const subscriptionId = given.has('target.subscriptionId')
    ? answers['target.subscriptionId']!
    : await pickSubscription(ask, account, answers);
  if (subscriptionId === undefined) return undefined;
  const service = await pickService(ask, account, subscriptionId, answers);
  if (service === undefined) return undefined;
  if (service === create) {
    return {
      contents: noContents,
      answers: { 'target.create': true, 'target.subscriptionId': subscriptionId },
    };
  }
  const contents = await ask.find(
    `contents ${subscriptionId} ${service.name}`,
    () => contentsOf(account, service),
    noContents,
  );
  return {
    service,
    contents,
    answers: {
      'target.dpsName': service.name,
      'target.subscriptionId': service.subscriptionId,
      'target.resourceGroup': service.resourceGroup,
      'target.idScope': service.idScope,
      // It exists, so nothing is to be created, unless a flag says otherwise.
      'target.create': given.has('target.create') ? answers['target.create'] : undefined,
    },
  };
}

/** Only helps to avoid names that are taken, so a failure does not stop the dialogue. */
async function contentsOf(account: AzureAccount, service: FoundService): Promise<FoundContents> {
  try {
    return await account.contents(service);
  } catch (error) {
    if (isAbort(error)) throw interruption(error);
    if (error instanceof EnrollkitError) return noContents;
    throw error;
  }
}

async function pickSubscription(
  ask: Interview,
  account: AzureAccount,
  before: Answers,
): Promise<string | undefined> {
  const subscriptions = await lookUp(
    ask,
    'subscriptions',
    sentences.cliQuickstart.lookingUpSubscriptions,
    () => account.subscriptions(),
    [{ id: 'x', name: '' }],
  );
  if (subscriptions === undefined) return undefined;
  if (subscriptions.length === 0) {
    ask.say('azure.no-subscription', sentences.cliQuickstart.noSubscription);
    return undefined;
  }
  const [only] = subscriptions;
  if (subscriptions.length === 1) return only!.id;
  const picked = await ask.select<string>({
    id: 'azure.subscription',
    message: sentences.cliQuickstart.whichSubscription,
    help: sentences.cliQuickstart.subscriptionHelp(signInHelp),
    default: before['target.subscriptionId'] ?? only!.id,
    choices: [
      ...subscriptions.map(({ id, name }) => ({
        value: id,
        name,
        why: sentences.cliQuickstart.subscriptionId(id),
      })),
      {
        value: manually,
        name: sentences.cliQuickstart.typeInstead,
        why: sentences.cliQuickstart.typeInsteadNeeds,
      },
    ],
  });
  return picked === manually ? undefined : picked;
}

async function pickService(
  ask: Interview,
  account: AzureAccount,
  subscriptionId: string,
  before: Answers,
): Promise<FoundService | typeof create | undefined> {
  const key = `services ${subscriptionId}`;
  const services = await lookUp(
    ask,
    key,
    sentences.cliQuickstart.lookingUpServices,
    () => account.services(subscriptionId),
    [someService],
  );
  if (services === undefined) return undefined;
  if (services.length === 0) {
    ask.say('azure.no-service', `\n${sentences.cliQuickstart.noService}\n`);
  }
  const picked = await ask.select<string>({
    id: 'azure.service',
    message:
      services.length === 0 ? sentences.cliQuickstart.howToContinue : sentences.cliQuickstart.whichService,
    help: sentences.cliQuickstart.serviceHelp(signInHelp),
    default:
      services.find(({ name }) => name === before['target.dpsName'])?.name ?? services[0]?.name ?? manually,
    choices: [
      ...services.map(({ name, resourceGroup, location, hubs }) => ({
        value: name,
        name,
        why: sentences.cliQuickstart.serviceFacts(location, resourceGroup, hubs.length),
      })),
      {
        value: create,
        name: sentences.cliQuickstart.createNew,
        why: sentences.cliQuickstart.createNewWhat,
      },
      {
        value: lookAgain,
        name: sentences.cliQuickstart.lookAgain,
        why: sentences.cliQuickstart.lookAgainWhen,
      },
      {
        value: manually,
        name: sentences.cliQuickstart.typeInstead,
        why: sentences.cliQuickstart.typeInsteadNeeds,
      },
    ],
  });
  if (picked === create) {
    const sure = await ask.confirm({
      id: 'azure.create',
      message: sentences.cliQuickstart.createConfirm,
      why: sentences.cliQuickstart.price,
      help: sentences.cliQuickstart.createHelp,
      default: false,
    });
    return sure ? create : ask.lookAgain(key, 'azure.service', 'azure.create');
  }
  if (picked === lookAgain) return ask.lookAgain(key, 'azure.service');
  return picked === manually ? undefined : services.find(({ name }) => name === picked);
}

/** Looks something up. If that fails, it says why, and offers to try again. @returns undefined if names are to be typed */
async function lookUp<Value>(
  ask: Interview,
  key: string,
  saying: string,
  look: () => Promise<Value>,
  guess: Value,
): Promise<Value | undefined> {
  const looked = await ask.find<Looked<Value>>(
    key,
    async () => {
      try {
        return { kind: 'found', value: await look() };
      } catch (error) {
        if (!(error instanceof EnrollkitError)) throw error;
        if (isAbort(error)) throw interruption(error);
        return { kind: 'failed', error };
      }
    },
    { kind: 'found', value: guess },
    { id: 'azure.looking', text: saying },
  );
  if (looked.kind === 'found') return looked.value;
  ask.say('azure.failed', `\n${failureText(looked.error)}\n`);
  const id = `azure.failed.${key.split(' ')[0]}`;
  const next = await ask.select({
    id,
    message: sentences.cliQuickstart.howToContinue,
    help: signInHelp,
    default: 'type',
    choices: [
      {
        value: 'again',
        name: sentences.cliQuickstart.tryAgain,
        why: sentences.cliQuickstart.tryAgainAfterLogin,
      },
      {
        value: 'type',
        name: sentences.cliQuickstart.typeNames,
        why: sentences.cliQuickstart.typeNamesWithoutRights,
      },
    ],
  });
  return next === 'again' ? ask.lookAgain(key, id) : undefined;
}

/** What went wrong, and what to do about it without leaving the dialogue. */
function failureText({ code, message, next }: EnrollkitError): string {
  const { rolesNeeded, signInAgain, checkNetwork } = sentences.cliQuickstart;
  const here: Partial<Record<ErrorCode, string>> = {
    FORBIDDEN: rolesNeeded,
    NO_CREDENTIALS: signInAgain,
    NETWORK: checkNetwork,
  };
  return `${message}\n${here[code] ?? next}`;
}
