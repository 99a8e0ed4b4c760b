/** The page Clock: the emulator's time. */
import type { Outcome } from './actions.js';
import type { ConsoleApp } from './console-app.js';
import { SelectField, TextField } from './fields.js';
import { Form } from './form.js';
import { Live, renderPage, Time } from './layout.js';
import { type PageContext, paths } from './page-context.js';
import { type FormState, type Submission, stateOf } from './submission.js';

const dayMs = 86_400_000;

/** How far the clock can be moved, in days. */
const steps = { forward1d: 1, forward30d: 30, forward365d: 365, back1d: -1 } as const;

type Step = keyof typeof steps;

export function clockRoutes(console: ConsoleApp): void {
  console.get(paths.clock, (page) => clockPage(page));
  for (const [key, act] of Object.entries({ at: setTo, advance, reset })) {
    console.post(`${paths.clock}/do/${key}`, (page) => ({
      act: (sent) => act(page, sent),
      rerender: (sent, refusal) => clockPage(page, { key, sent, refusal }),
    }));
  }
}

const done: Outcome = { to: paths.clock, done: 'clockSet' };

function setTo({ console: { clock }, sentences }: PageContext, sent: Submission): Outcome {
  const given = sent.text('at').trim();
  // A field for date and time has no zone.
  const at = new Date(/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(given) ? `${given}Z` : given);
  try {
    clock.set(at);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { refusal: { status: 400, field: 'at', message: sentences.cliEmulator.timeRange } };
  }
  return done;
}

function advance({ console: { clock }, sentences }: PageContext, sent: Submission): Outcome {
  const step = sent.text('step');
  try {
    clock.advance((Object.hasOwn(steps, step) ? steps[step as Step] : Number.NaN) * dayMs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { refusal: { status: 400, field: 'step', message: sentences.cliEmulator.timeRange } };
  }
  return done;
}

function reset({ console: { clock } }: PageContext): Outcome {
  clock.reset();
  return done;
}

function clockPage(page: PageContext, sent?: FormState): string {
  const { text } = page;
  const { clockPage } = text;
  const { clock } = page.console;
  const days = Math.round(Math.abs(clock.offset / dayMs) * 10) / 10;
  const [atForm, advanceForm, resetForm] = (['at', 'advance', 'reset'] as const).map((key) =>
    stateOf(key, sent),
  );
  return renderPage(
    page,
    text.clock,
    <>
      <p>{clockPage.intro}</p>
      <Live id="live-clock">
        <dl>
          <dt>{clockPage.now}</dt>
          <dd>
            <Time at={clock.now()} />
          </dd>
        </dl>
        <p>
          {clock.offset === 0
            ? clockPage.same
            : clock.offset > 0
              ? clockPage.ahead(days)
              : clockPage.behind(days)}
        </p>
      </Live>
      <Form page={page} state={advanceForm!} action={`${paths.clock}/do/advance`} submit={clockPage.set}>
        <SelectField
          state={advanceForm!}
          name="step"
          label={clockPage.advance}
          choices={Object.fromEntries((Object.keys(steps) as Step[]).map((step) => [step, clockPage[step]]))}
        />
      </Form>
      <Form page={page} state={atForm!} action={`${paths.clock}/do/at`} submit={clockPage.set}>
        <TextField state={atForm!} name="at" label={clockPage.at} type="datetime-local" isRequired />
      </Form>
      <Form page={page} state={resetForm!} action={`${paths.clock}/do/reset`} submit={clockPage.reset} />
    </>,
  );
}
