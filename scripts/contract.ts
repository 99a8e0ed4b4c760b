/** `npm run contract`: the contract suite against an emulator or against Azure. See docs/contract.md. */
import { parseArgs } from 'node:util';
import { DefaultAzureCredential } from '@azure/identity';
import { runningEmulator } from '../src/emulator/control/running.js';
import { startEmulator } from '../src/emulator/start.js';
import { azureTarget, inResourceGroup, plannedText } from '../test/contract/azure-target.js';
import { emulatorTarget, paceSeconds } from '../test/contract/emulator-target.js';
import { readRecordings } from '../test/contract/exchange.js';
import { performAll, type SuiteRun } from '../test/contract/run.js';
import { contentText, countTable, failureText } from '../test/contract/summary.js';
import type { Target } from '../test/contract/target.js';

const usage = `Usage: npm run contract -- [options] [TEXT ...]

Performs the exchanges of test/data/azure/exchanges; with TEXT, only sessions whose name or exchanges contain it.

  --target emulator           an emulator that is started for the run (the default)
  --target emulator --dir S   the emulator that runs on the state folder S; start it with --retry-after 2
  --target azure              Azure, with what "az login" or the AZURE_ variables sign in
  --subscription ID           Azure: the subscription; AZURE_SUBSCRIPTION_ID by default
  --location NAME             Azure: where resources are made; westus by default
  --yes                       Azure: agree to what is going to be created and deleted
`;

const stop = new AbortController();
process.exitCode = await main();

/** @returns the exit status: 0 when all exchanges passed, 1 when one did not, 2 when the command was wrong */
async function main(): Promise<number> {
  const given = readArguments();
  if (given === undefined) return 2;
  const { values, positionals } = given;
  if (values.help) {
    console.log(usage);
    return 0;
  }
  process.once('SIGINT', () => {
    console.error('Stopping when the sessions that run have ended; then everything is removed.');
    stop.abort();
  });
  if (values.target === 'azure') return onAzure(values, positionals);
  if (values.target !== 'emulator') return complain(`There is no target "${values.target}".\n\n${usage}`);
  if (values.dir === undefined) {
    const emulator = await startEmulator({
      dir: ':memory:',
      hubs: ['contract-hub'],
      retryAfter: paceSeconds,
    });
    try {
      return await perform(emulatorTarget(emulator.endpoints), positionals);
    } finally {
      await emulator.stop();
    }
  }
  const endpoints = await runningEmulator(values.dir);
  if (endpoints === undefined) return complain(`There is no running emulator in ${values.dir}.`);
  return perform(emulatorTarget(endpoints), positionals);
}

async function onAzure(
  { subscription, location = 'westus', yes }: { subscription?: string; location?: string; yes?: boolean },
  texts: string[],
): Promise<number> {
  const id = subscription ?? process.env.AZURE_SUBSCRIPTION_ID;
  if (!id) return complain('Name the subscription: --subscription ID.');
  const target = azureTarget(new DefaultAzureCredential(), id, location);
  console.log(plannedText(target));
  if (!yes) return complain('Nothing was created. Run it again with --yes if you agree.');
  return inResourceGroup(target, console.log, () => perform(target, texts));
}

async function perform(target: Target, texts: string[]): Promise<number> {
  const recordings = readRecordings();
  if (texts.length > 0) {
    recordings.sessions = recordings.sessions.filter(({ name, steps }) =>
      texts.some((text) => name.includes(text) || steps.some(({ id }) => id?.includes(text))),
    );
  }
  if (recordings.sessions.length === 0)
    return complain(`No session or exchange contains ${texts.join(' or ')}.`);
  const run = await performAll(target, recordings, {
    signal: stop.signal,
    progress: ({ name }, outcomes) => {
      const failed = outcomes.filter(({ result }) => result === 'failed').length;
      console.log(`${failed === 0 ? 'ok  ' : 'FAIL'}  ${name}`);
    },
  });
  return conclude(run, contentText(recordings));
}

function conclude({ outcomes, left }: SuiteRun, content: string): number {
  const failures = failureText(outcomes);
  console.log(`${failures === '' ? '' : `\n${failures}`}\n${content}\n${countTable(outcomes)}`);
  for (const one of left) console.error(`Could not be removed: ${one}`);
  return failures === '' && left.length === 0 ? 0 : 1;
}

function complain(text: string): number {
  console.error(text);
  return 2;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        target: { type: 'string', default: 'emulator' },
        dir: { type: 'string' },
        subscription: { type: 'string' },
        location: { type: 'string' },
        yes: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}
