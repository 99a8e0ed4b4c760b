import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'uvu';
import { Output } from '../../src/cli/kernel/output.js';
import { type Progress, plainProgress } from '../../src/cli/terminal/plain-progress.js';
import { listProgress } from '../../src/cli/terminal/progress.js';
import { EnrollkitError } from '../../src/errors.js';
import type { RunEvent } from '../../src/quickstart/events.js';

/** A terminal of 80 columns that keeps what is written to it. */
class Screen extends Writable {
  isTTY = true;
  readonly columns = 80;
  rows = 24;
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += stripVTControlCharacters(chunk.toString());
    done();
  }
}

function outputTo(screen: Screen): Output {
  const stream = screen as unknown as NodeJS.WriteStream;
  return new Output({ stdout: stream, stderr: stream, env: {}, json: false, verbose: false, color: false });
}

const steps = [
  { id: 'a', title: 'Make this' },
  { id: 'b', title: 'Send that' },
];
const phase: RunEvent = { type: 'phase', interactive: false, steps };
const done = (step: string, already = false): RunEvent => ({
  type: 'step-done',
  step,
  outcome: `outcome of ${step} ${'x'.repeat(90)}`,
  recordedOutcome: '',
  already,
  elapsedMs: 1200,
});
const failed: RunEvent = { type: 'step-failed', step: 'b', error: new EnrollkitError('REFUSED', 'No.') };

const uninterrupted = new AbortController().signal;
const list = (output: Output): Progress => listProgress(output, uninterrupted);

async function shown(
  make: (output: Output) => Progress,
  events: RunEvent[],
  screen = new Screen(),
): Promise<string> {
  const progress = make(outputTo(screen));
  for (const event of events) {
    progress.on(event);
    await new Promise(setImmediate);
  }
  await progress.end();
  return screen.text;
}

test('plain: one line a step, when it has ended', async () => {
  const events: RunEvent[] = [
    phase,
    { type: 'step-started', step: 'a' },
    { type: 'step-progress', step: 'a', text: '1 of 2' },
    done('a'),
    done('b', true),
  ];
  const pipe = new Screen();
  pipe.isTTY = false;
  assert.match(
    await shown(plainProgress, events, pipe),
    /^ {2}done {2}Make this: outcome of a x+ \(1\.2 s\)\n {4}ok {2}Send that: outcome of b x+\n$/,
  );
  assert.match(await shown(plainProgress, [phase, failed]), /^failed {2}Send that\n$/);
});

test('plain at a terminal: a line is broken between words, and continues below its text', async () => {
  const event = { ...done('a'), outcome: `${'word '.repeat(20)}end` } as RunEvent;
  const lines = (await shown(plainProgress, [phase, event])).trimEnd().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /^ {2}done {2}Make this: word .*word$/);
  assert.match(lines[1]!, /^ {8}word .*end \(1\.2 s\)$/);
  for (const line of lines) assert.ok(line.length < 80, line);
});

test('list: every step stays with its whole outcome, wrapped to the terminal, and is drawn once', async () => {
  const screen = new Screen();
  screen.rows = 5;
  const text = await shown(
    list,
    [phase, { type: 'step-started', step: 'a' }, done('a'), { type: 'step-started', step: 'b' }, done('b')],
    screen,
  );
  const whole = text.replace(/\s/g, '');
  assert.match(whole, /Makethis:outcomeofax{90}/);
  assert.match(whole, /Sendthat:outcomeofbx{90}/);
  for (const line of text.split(/[\r\n]+/)) assert.ok(line.length <= 80, line);
});

test('list: the time stays with its unit, and further lines begin below the first', async () => {
  for (let length = 54; length <= 62; length += 1) {
    const outcome = `${'word '.repeat(length / 5)}${'x'.repeat(length % 5)}`.trim();
    const event = { ...done('a'), outcome, elapsedMs: 543 } as RunEvent;
    const text = await shown(list, [phase, { type: 'step-started', step: 'a' }, event]);
    assert.match(text, /\(543 ms\)/, `${length}: ${text}`);
    assert.doesNotMatch(text, /^ {3}\S/m);
  }
});

test('list: lines are broken once, also where one is exactly as wide as the terminal has room for', async () => {
  for (let length = 1; length <= 8; length += 1) {
    const event = { ...done('a'), outcome: `${'x'.repeat(length)} ${'signed '.repeat(20)}` } as RunEvent;
    const text = await shown(list, [phase, { type: 'step-started', step: 'a' }, event]);
    const lines = text
      .slice(text.lastIndexOf('Make this'))
      .trimEnd()
      .split(/[\r\n]+ */);
    for (const [index, next] of lines.slice(1).entries()) {
      const [first] = next.split(' ');
      assert.ok(`? ${lines[index]} ${first}`.length > 76, text);
    }
  }
});

test('list: a failed step ends it, and so does the end of the run in the middle of a step', async () => {
  assert.match(await shown(list, [phase, done('a'), failed]), /Send that/);
  assert.match(await shown(list, [phase, { type: 'step-started', step: 'a' }]), /Make this/);
});

test('list: Ctrl-C is acknowledged while a step goes on', async () => {
  const [screen, controller] = [new Screen(), new AbortController()];
  const progress = listProgress(outputTo(screen), controller.signal);
  progress.on(phase);
  // A step that has ended is drawn no more.
  progress.on(done('a'));
  await progress.settled();
  progress.on({ type: 'step-started', step: 'b' });
  await sleep(50);
  controller.abort();
  progress.on({ type: 'step-progress', step: 'b', text: '2 of 200' });
  for (let tries = 0; tries < 100 && !screen.text.includes('Ctrl-C'); tries += 1) await sleep(20);
  assert.match(screen.text, /Press Ctrl-C again/);
  assert.ok(!screen.text.includes('2 of 200'));
  await progress.end();
});

test('list: while a person is asked, only plain lines; then a list again', async () => {
  const interactive: RunEvent = { type: 'phase', interactive: true, steps: [{ id: 'p', title: 'Ask' }] };
  const text = await shown(list, [
    interactive,
    { ...done('p'), outcome: 'answered' } as RunEvent,
    phase,
    done('a'),
    done('b'),
  ]);
  assert.match(text, /^ {2}done {2}Ask: answered \(1\.2 s\)\n/);
  assert.match(text, /Make this: outcome of a/);
});

test.run();
