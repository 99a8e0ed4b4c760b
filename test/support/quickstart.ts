/** Quickstarts in this process, against an emulator of their own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestEvent } from '../../src/dps/client/observer.js';
import { emulatorTarget, type Target } from '../../src/dps/client/target.js';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start.js';
import type { RunEvent } from '../../src/quickstart/events.js';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import type { Plan } from '../../src/quickstart/plan/fields.js';
import { checkPlan } from '../../src/quickstart/plan/plan.js';
import type { QuickstartResult } from '../../src/quickstart/result.js';
import { type QuickstartOptions, runQuickstart } from '../../src/quickstart/run.js';
import { inTemporaryFolder } from './temporary-folder.js';
import './quick-key-derivation.js';

export type PlanChange = (plan: any) => void;

/** The default plan with one device, changed. */
export function planWith(change: PlanChange = () => {}): Plan {
  const plan = structuredClone(defaultPlan) as any;
  plan.devices.registrationIds = ['device-001'];
  change(plan);
  return checkPlan(plan, 'the test’s plan');
}

export interface World {
  folder: string;
  emulator: Emulator;
  target: Target;
  /** Every request of the runs so far. */
  requests: RequestEvent[];
  events: RunEvent[];
  run(plan?: Plan, more?: Partial<QuickstartOptions>): Promise<QuickstartResult>;
}

/** A certificate folder and an emulator, both gone afterwards. */
export async function inWorld(
  act: (world: World) => Promise<void>,
  options: Partial<EmulatorOptions> = {},
): Promise<void> {
  await inTemporaryFolder(async (top) => {
    const folder = join(top, 'certs');
    const emulator = await startEmulator({ dir: ':memory:', ...options });
    const requests: RequestEvent[] = [];
    const events: RunEvent[] = [];
    const trust = readFileSync(emulator.endpoints.caFile, 'utf8');
    const target = emulatorTarget(emulator.endpoints, trust, { onRequest: (event) => requests.push(event) });
    const run: World['run'] = (plan = planWith(), more = {}) =>
      runQuickstart({
        plan,
        folder,
        target,
        signal: new AbortController().signal,
        emit: (event) => events.push(event),
        ...more,
      });
    try {
      await act({ folder, emulator, target, requests, events, run });
    } finally {
      await emulator.stop();
    }
  });
}
