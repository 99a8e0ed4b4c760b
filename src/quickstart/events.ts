/** What a run tells while it goes on. The pipeline knows no terminal: who listens decides how it looks. */
import type { EnrollkitError } from '../errors.js';

export interface StepTitle {
  id: string;
  /** What it does, for people: "Upload the CA certificate". */
  title: string;
}

export type RunEvent =
  /** Steps that follow one another; an interactive phase asks a person, and nothing else may draw meanwhile. */
  | { type: 'phase'; interactive: boolean; steps: StepTitle[] }
  | { type: 'step-started'; step: string }
  | { type: 'step-progress'; step: string; text: string }
  /** `already`: it was found done, and nothing was changed. */
  | {
      type: 'step-done';
      step: string;
      outcome: string;
      /** The outcome in English, whatever the language. */
      recordedOutcome: string;
      already: boolean;
      elapsedMs: number;
    }
  | { type: 'step-failed'; step: string; error: EnrollkitError };

export type Emit = (event: RunEvent) => void;
