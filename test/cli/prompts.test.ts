/** Keys at the questions of a terminal, without a terminal: what is typed goes in, what is drawn comes out. */
import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'uvu';
import { Output } from '../../src/cli/kernel/output.js';
import { type Asker, type Place, WentBack } from '../../src/cli/terminal/asker.js';
import { terminalAsker } from '../../src/cli/terminal/prompts.js';
import { unbroken } from '../../src/cli/terminal/text.js';
import { EnrollkitError } from '../../src/errors.js';
import { useLanguage } from '../../src/languages/language.js';

class Screen extends Writable {
  readonly isTTY = true;
  columns = 60;
  readonly rows = 24;
  /** What was written since the last key. */
  drawn = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.drawn += chunk.toString();
    done();
  }

  /** As standard error, it cannot be ended. */
  override end(): this {
    return this;
  }

  get text(): string {
    return stripVTControlCharacters(this.drawn);
  }
}

class Keyboard extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }
}

const keys = {
  enter: '\r',
  escape: '\u001b',
  up: '\u001b[A',
  down: '\u001b[B',
  f1: '\u001bOP',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  ctrlZ: '\u001a',
  clear: '\u0015',
};

interface Terminal {
  ask: Asker;
  screen: Screen;
  keyboard: Keyboard;
  suspended: () => number;
  interrupted: () => number;
  /** Types keys, each when the screen is quiet. */
  type(...typed: string[]): Promise<void>;
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function terminal(env: Record<string, string> = {}, signal = new AbortController().signal): Terminal {
  const screen = new Screen();
  const keyboard = new Keyboard();
  const stream = screen as unknown as NodeJS.WriteStream;
  const output = new Output({
    stdout: stream,
    stderr: stream,
    env,
    json: false,
    verbose: false,
    color: false,
  });
  let suspended = 0;
  let interrupted = 0;
  const ask = terminalAsker(output, signal, {
    input: keyboard,
    env: { LANG: 'C.UTF-8', ...env },
    suspend: async () => {
      suspended += 1;
      assert.equal(keyboard.isRaw, false, 'the shell gets the terminal as it was');
    },
    interrupt() {
      interrupted += 1;
    },
  });
  return {
    ask,
    screen,
    keyboard,
    suspended: () => suspended,
    interrupted: () => interrupted,
    async type(...typed) {
      for (const key of typed) {
        await wait(25);
        screen.drawn = '';
        keyboard.write(key);
        // A lone Esc is told from an arrow key by the time.
        await wait(key === keys.escape ? 160 : 10);
      }
    },
  };
}

const place: Place = { number: 3, total: 12, canGoBack: true };
const text = {
  id: 'test.text',
  message: 'Name of the provisioning service:',
  why: 'As the portal shows it.',
  help: 'The service that devices contact first.',
  place,
  default: 'contoso',
  problem: (value: string) => (value.length < 3 ? 'A name has at least 3 characters.' : undefined),
};
const secret = { id: 'test.secret', message: 'Again:', why: 'To catch a typo.', help: 'Help.', place };
const choices = ['one', 'two', 'three'].map((value) => ({
  value,
  name: `Number ${value}`,
  why: `It means ${value}.`,
}));
const select = { id: 'test.select', message: 'Which?', help: 'Choose one.', place, choices, default: 'two' };

test('a rule is named as one types, Enter gives the default, and the counter is shown', async () => {
  const { ask, screen, type } = terminal();
  const answer = ask.text(text);
  await wait(20);
  assert.match(screen.text, /3 of 12 · Name of the provisioning service:/);
  await type('a');
  assert.match(screen.text, /at least 3 characters/);
  await type(keys.enter, 'b', 'c');
  assert.match(screen.text, /As the portal shows it/);
  await type(keys.enter);
  assert.equal(await answer, 'abc');
  const second = ask.text(text);
  await type(keys.enter);
  assert.equal(await second, 'contoso');
});

test('? shows the help at an empty line, F1 at any, and ? can be typed', async () => {
  const { ask, screen, type } = terminal();
  const answer = ask.text(text);
  await type('?');
  assert.match(screen.text, /devices contact first/);
  await type('a', keys.f1);
  assert.doesNotMatch(screen.text, /devices contact first/);
  await type('b', '?', keys.enter);
  assert.equal(await answer, 'ab?');
});

test('full-width characters of an input method are taken, and yes and no in the language of the wizard', async () => {
  const { ask, screen, type } = terminal();
  const answer = ask.text(text);
  await type('？');
  assert.match(screen.text, /devices contact first/);
  await type(keys.enter);
  assert.equal(await answer, 'contoso');
  await useLanguage('zh-CN');
  try {
    for (const [typed, expected] of [
      ['是', true],
      ['否', false],
      ['ｙ', true],
      ['no', false],
    ] as const) {
      const confirmed = ask.confirm({ ...text, default: !expected });
      await type(typed, keys.enter);
      assert.equal(await confirmed, expected, typed);
    }
  } finally {
    await useLanguage('en');
  }
});

test('a command in a message is not broken where it could no longer be copied', () => {
  const { ask, screen } = terminal();
  const command = `enrollkit ca verify enrollkit-root --verification-certificate ${'x'.repeat(40)}`;
  ask.say(
    'test.message',
    `Or in another terminal:\n  ${unbroken(command)}\n  ${unbroken('enrollkit clean')}`,
  );
  assert.ok(screen.text.includes(`\n  ${command}\n  enrollkit clean`), screen.text);
});

test('keys that are typed between questions are dropped, apart from Ctrl-C and Ctrl-Z', async () => {
  const { ask, keyboard, type, suspended, interrupted } = terminal();
  const first = ask.text(text);
  await type(keys.enter);
  await first;
  const found = await ask.waitFor(async () => {
    assert.equal(keyboard.isRaw, true, 'the terminal does not show what is typed');
    await type('x', keys.enter, keys.ctrlZ, keys.ctrlC);
    assert.equal(keyboard.isRaw, true);
    return 7;
  });
  assert.deepEqual([found, suspended(), interrupted(), keyboard.isRaw], [7, 1, 1, false]);
  const second = ask.text(text);
  await type('a', 'b', 'c', keys.enter);
  assert.equal(await second, 'abc');
  await assert.rejects(
    ask.waitFor(() => Promise.reject(new Error('no network'))),
    /no network/,
  );
  assert.equal(keyboard.isRaw, false);
});

test('Esc goes back, at each kind of question, and only where there is a question before', async () => {
  const { ask, type } = terminal();
  const questions = [
    () => ask.text(text),
    () => ask.select(select),
    () => ask.confirm({ ...text, default: true }),
    () => ask.secret({ ...secret, problem: () => undefined }),
  ];
  for (const question of questions) {
    const answer = assert.rejects(question(), (error) => error instanceof WentBack);
    await type(keys.escape);
    await answer;
  }
  const first = ask.text({ ...text, place: { ...place, canGoBack: false } });
  await type(keys.escape, keys.enter);
  assert.equal(await first, 'contoso');
});

test('Back erases the question, and the answered one above it, unless a message is between', async () => {
  const { ask, screen, type } = terminal();
  const erased = '\u001b[1A\u001b[2K';
  const linesAbove = () => {
    let end = screen.drawn;
    for (; end.endsWith(erased); end = end.slice(0, -erased.length));
    return (screen.drawn.length - end.length) / erased.length;
  };
  const back = async (question: Promise<unknown>) => {
    const left = assert.rejects(question, (error) => error instanceof WentBack);
    await type(keys.escape);
    await left;
    return linesAbove();
  };
  for (const question of [() => ask.text(text), () => ask.select(select)]) {
    const answer = question();
    await type(keys.enter);
    await answer;
  }
  // The empty line of the question itself, and the answered one.
  assert.equal(await back(ask.text(text)), 2);
  assert.equal(await back(ask.select(select)), 2);
  assert.equal(await back(ask.text(text)), 1);
  const answer = ask.text(text);
  await type(keys.enter);
  await answer;
  ask.say('test.message', 'The plan:');
  assert.equal(await back(ask.text(text)), 1);
});

test('a choice by arrow or by number', async () => {
  const { ask, screen, type } = terminal();
  const byArrow = ask.select(select);
  await type(keys.down);
  assert.match(screen.text, /❯ 3\. Number three[\s\S]*It means three\./);
  await type(keys.enter);
  assert.equal(await byArrow, 'three');
  const byNumber = ask.select(select);
  await type('1', keys.enter);
  assert.equal(await byNumber, 'one');
});

test('a long list is a page of the screen, and is searched by typing', async () => {
  const { ask, screen, type } = terminal();
  const many = Array.from({ length: 100 }, (_, index) => ({
    value: index,
    name: `dps-${index}`,
    why: 'westeurope',
  }));
  const answer = ask.select({ ...select, choices: many, default: 0 });
  await wait(20);
  assert.ok(screen.text.split('\n').length < 20, screen.text);
  assert.match(screen.text, /100 of 100/);
  await type('x');
  assert.match(screen.text, /No matches/);
  await type(keys.clear, '7', '7');
  assert.match(screen.text, /1 of 100/);
  await type(keys.enter);
  assert.equal(await answer, 77);
});

test('a repetition that does not match is cleared, and says so', async () => {
  const { ask, screen, type } = terminal();
  const answer = ask.secret({ ...secret, problem: (value) => (value === 'right' ? undefined : 'No match.') });
  await type('wrong');
  assert.match(screen.text, /> \*{5}\n/);
  assert.ok(!screen.text.includes('wrong'));
  await type(keys.enter);
  assert.match(screen.text, /> *\n +No match\./);
  await type('right', keys.enter);
  assert.equal(await answer, 'right');
});

test('Ctrl-Z stops the job with the terminal as it was, and what was typed stays', async () => {
  const { ask, type, suspended } = terminal();
  const answer = ask.text(text);
  await type('ab', keys.ctrlZ, 'c', keys.enter);
  assert.equal(await answer, 'abc');
  const choice = ask.select(select);
  await type(keys.ctrlZ, keys.ctrlZ, keys.enter);
  assert.equal(await choice, 'two');
  assert.equal(suspended(), 3);
});

test('Ctrl-C, the end of the input and an aborted signal end a question as an interruption', async () => {
  const interrupted = (error: unknown) => error instanceof EnrollkitError && error.code === 'INTERRUPTED';
  for (const env of [{}, { ENROLLKIT_PLAIN: '1' }] as Record<string, string>[]) {
    for (const key of [keys.ctrlC, keys.ctrlD]) {
      const { ask, type } = terminal(env);
      const answer = assert.rejects(ask.secret({ ...secret, problem: () => undefined }), interrupted);
      await type(key);
      await answer;
    }
    const controller = new AbortController();
    const { ask } = terminal(env, controller.signal);
    const answer = assert.rejects(ask.text(text), interrupted);
    controller.abort();
    await answer;
  }
});

test('no line is wider than 60 columns, and a narrower terminal gets the question again', async () => {
  const { ask, screen, type } = terminal();
  const long = {
    ...text,
    help: 'word '.repeat(60),
    why: 'word '.repeat(30),
    message: 'word '.repeat(20).trim(),
  };
  const answer = ask.text(long);
  await type('?');
  for (const line of screen.text.split(/[\r\n]+/)) assert.ok(line.length < 60, line);
  screen.columns = 40;
  screen.drawn = '';
  screen.emit('resize');
  await wait(30);
  for (const line of screen.text.split(/[\r\n]+/)) assert.ok(line.length < 40, line);
  assert.match(screen.text, /3 of 12/);
  await type(keys.enter);
  assert.equal(await answer, 'contoso');
});

test('the answer stays on the line where the question does not fit, and a key stays whole', async () => {
  const { ask, screen, type } = terminal();
  screen.columns = 44;
  const answer = ask.select({
    ...select,
    message: 'How do you want to verify the CA (proof of possession)?',
  });
  await wait(20);
  assert.match(screen.text, /^↑↓: choose {3}Enter: next {3}Esc: back\s*$/m);
  assert.match(screen.text, /^\?: help/m);
  screen.drawn = '';
  await type(keys.enter);
  await answer;
  assert.match(screen.text, /✔ How do you want to verify the… Number two/);
});

test('plain questions: numbers, words for the keys, and nothing that moves the cursor', async () => {
  for (const env of [{ ENROLLKIT_PLAIN: '1' }, { TERM: 'dumb' }] as Record<string, string>[]) {
    const { ask, screen, keyboard } = terminal(env);
    const listeners = () =>
      ['data', 'end', 'error', 'keypress'].reduce((sum, event) => sum + keyboard.listenerCount(event), 0);
    const before = listeners();
    const all: string[] = [];
    const type = async (line: string) => {
      await wait(10);
      all.push(screen.drawn);
      screen.drawn = '';
      keyboard.write(line);
      await wait(10);
    };
    const choice = ask.select(select);
    await type('?\n');
    assert.match(screen.drawn, /Choose one\./);
    await type('9\n');
    assert.match(screen.drawn, /a number from 1 to 3/);
    await type('3\n');
    assert.equal(await choice, 'three');
    const answer = ask.text(text);
    await type('a\n');
    assert.match(screen.drawn, /at least 3 characters/);
    await type('\n');
    assert.equal(await answer, 'contoso');
    const confirmed = ask.confirm({ ...text, default: false });
    await type('y\n');
    assert.equal(await confirmed, true);
    const back = assert.rejects(ask.text(text), (error) => error instanceof WentBack);
    await type('<\n');
    await back;
    const hidden = ask.secret({
      ...secret,
      problem: (value) => (value === 'right' ? undefined : 'No match.'),
    });
    await type('wrong\r');
    assert.match(screen.drawn, /No match/);
    await type('right\r');
    assert.equal(await hidden, 'right');
    all.push(screen.drawn);
    // Those of keys stay with the stream.
    assert.ok(listeners() <= before + 4, `${listeners()} listeners are left, ${before} were there`);
    const drawn = all.join('');
    assert.match(drawn, /Question 3 of 12\. Which\?/);
    assert.match(drawn, /2\. Number two: It means two\./);
    assert.ok(!drawn.includes('\u001b'), JSON.stringify(drawn));
    assert.ok(!drawn.includes('wrong') && !drawn.includes('right'));
  }
});

test.run();
