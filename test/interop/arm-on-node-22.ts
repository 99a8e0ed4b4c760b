/**
 * The journey of arm.ts with the latest client, in a process of Node.js 22. The first line on stdin has the input, as JSON.
 * It prints the verification code and reads a certificate, then prints "verified" and reads a line before it goes on.
 */
import { createInterface } from 'node:readline';
import { type ArmGiven, armClients, proveCa } from './arm.js';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const nextLine = async () => (await lines.next()).value as string;

async function ask(question: string): Promise<string> {
  process.stdout.write(`${question}\n`);
  return JSON.parse(await nextLine());
}

const given = JSON.parse(await nextLine()) as ArmGiven;
await proveCa(armClients.latest, given, ask, async () => {
  await ask('verified');
});
process.exit(0);
