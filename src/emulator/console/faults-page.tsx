/** The page Faults: on, off, and how often each rule applied. */
import { EnrollkitError } from '../../errors.js';
import { inLanguage } from '../../languages/language.js';
import type { FaultSelection } from '../faults/control.js';
import type { Outcome } from './actions.js';
import type { ConsoleApp } from './console-app.js';
import { SelectField, TextArea, TextField } from './fields.js';
import { Form } from './form.js';
import { Live, renderPage, Table } from './layout.js';
import { type PageContext, paths } from './page-context.js';
import { type FormState, parseJsonField, type Submission, stateOf } from './submission.js';

export function faultRoutes(console: ConsoleApp): void {
  console.get(paths.faults, (page) => faultsPage(page));
  console.post(`${paths.faults}/do/on`, (page) => ({
    act: (sent) => turnOn(page, sent),
    rerender: (sent, refusal) => faultsPage(page, { key: 'on', sent, refusal }),
  }));
  console.post(`${paths.faults}/do/off`, (page) => ({
    act() {
      page.console.faults.clear();
      return { to: paths.faults, done: 'faultsCleared' };
    },
    rerender: () => faultsPage(page),
  }));
}

function turnOn(page: PageContext, sent: Submission): Outcome {
  const preset = sent.text('preset');
  const own = parseJsonField(page, sent, 'rules');
  if (preset === 'own' && 'refusal' in own) return own;
  const rules = preset === 'own' && 'value' in own ? own.value : preset;
  const seed = sent.text('seed').trim();
  try {
    inLanguage(page.sentences, () =>
      page.console.faults.set(rules as FaultSelection, seed === '' ? undefined : Number(seed)),
    );
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    const field = error.code === 'USAGE' ? 'seed' : 'rules';
    return { refusal: { status: 400, field, message: error.message, isEnglish: error.code !== 'USAGE' } };
  }
  return { to: paths.faults, done: 'faultsSet' };
}

function faultsPage(page: PageContext, sent?: FormState): string {
  const { text } = page;
  const { faultsPage } = text;
  const { seed, rules } = page.console.faults.list();
  const [onForm, offForm] = [stateOf('on', sent), stateOf('off', sent)];
  return renderPage(
    page,
    text.faults,
    <>
      <p>{faultsPage.intro}</p>
      <Live id="live-faults">
        {rules.length === 0 || seed === null ? (
          <p>{faultsPage.off}</p>
        ) : (
          <>
            <p>{faultsPage.on(seed)}</p>
            <Table label={text.faults} head={[faultsPage.rule, faultsPage.injected]}>
              {rules.map(({ id, injected }) => (
                <tr>
                  <td class="id">{id}</td>
                  <td>{injected}</td>
                </tr>
              ))}
            </Table>
          </>
        )}
      </Live>
      {rules.length > 0 && (
        <Form page={page} state={offForm} action={`${paths.faults}/do/off`} submit={faultsPage.turnOff} />
      )}
      <Form page={page} state={onForm} action={`${paths.faults}/do/on`} submit={faultsPage.turnOn}>
        <SelectField
          state={onForm}
          name="preset"
          label={faultsPage.preset}
          choices={faultsPage.presets}
          value="mild"
        />
        <div data-when="preset" data-is="own">
          <TextArea state={onForm} name="rules" label={faultsPage.rules} />
        </div>
        <TextField state={onForm} name="seed" label={faultsPage.seed} hint={faultsPage.seedHint} />
      </Form>
    </>,
  );
}
