/** What runs in the process of one test file: its tests, counted by uvu. Arguments: the compiled file, and its name. */
import { run } from 'uvu/run';

const [file, name] = process.argv.slice(2);
await run([{ file, name }]);
