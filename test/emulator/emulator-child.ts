/** An emulator in a process of its own, for a test to kill: prints its endpoints, then runs until it is ended. */
import { startEmulator } from '../../src/emulator/start.js';

const { endpoints } = await startEmulator({ dir: process.argv[2]! });
process.stdout.write(`${JSON.stringify(endpoints)}\n`);
