/** The emulator answers as Azure was seen to answer: test/data/azure/exchanges. See docs/contract.md. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { startEmulator } from '../../src/emulator/start.js';
import { emulatorTarget, paceSeconds } from './emulator-target.js';
import { exchangesOf, readRecordings } from './exchange.js';
import { performAll, type SuiteRun } from './run.js';
import { contentText, countTable, failureText } from './summary.js';

/** By id of an exchange: what the emulator does not do yet. */
const knownDifferences: Record<string, string> = JSON.parse(
  readFileSync(new URL('known-differences.json', import.meta.url), 'utf8'),
);

const recordings = readRecordings();
let run: SuiteRun;

test.before(async () => {
  const emulator = await startEmulator({ dir: ':memory:', hubs: ['contract-hub'], retryAfter: paceSeconds });
  try {
    run = await performAll(emulatorTarget(emulator.endpoints), recordings);
  } finally {
    await emulator.stop();
  }
  console.log(`\n${contentText(recordings)}\n${countTable(run.outcomes)}`);
});

test('each exchange has an id of its own, and its evidence', () => {
  const exchanges = recordings.sessions.flatMap(exchangesOf);
  const ids = [...exchanges, ...recordings.notPerformed].map(({ id }) => id);
  assert.deepEqual([...new Set(ids)], ids);
  for (const { id, evidence, source } of [...exchanges, ...recordings.notPerformed]) {
    assert.match(evidence, /^[RTLMDI]$/, id);
    assert.ok(source.repository.length > 0, id);
  }
  const performed = run.outcomes.map(({ exchange }) => exchange.id).sort();
  assert.deepEqual(performed, exchanges.map(({ id }) => id).sort());
});

test('each is answered as recorded, but for the known differences', () => {
  const unexpected = run.outcomes.filter(({ exchange }) => !(exchange.id in knownDifferences));
  assert.equal(failureText(unexpected), '');
});

test('what is a known difference still differs', () => {
  const failed = run.outcomes.filter(({ result }) => result === 'failed').map(({ exchange }) => exchange.id);
  const others = Object.keys(knownDifferences).filter((id) => !failed.includes(id));
  assert.deepEqual(
    others,
    [],
    'remove them from known-differences.json: they pass, or there are none of this name',
  );
  for (const [id, reason] of Object.entries(knownDifferences)) assert.ok(reason.length > 0, id);
});

test('nothing that was made for them is left', () => {
  assert.deepEqual(run.left, []);
});

test.run();
