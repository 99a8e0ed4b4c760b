/**
 * Validates chains with the validator at an address, `node validate-chains.mjs ADDRESS FILE`, and prints the processor
 * time on standard error, without that of loading and of the first chains.
 */
import { readFileSync } from 'node:fs';

const [address, file] = process.argv.slice(2);
const { validateChain } = await import(address);
const { at, root, intermediate, leaves } = JSON.parse(readFileSync(file, 'utf8'));
const der = (base64) => Buffer.from(base64, 'base64');
let started = process.cpuUsage();
for (const [index, leaf] of leaves.entries()) {
  if (index === Math.floor(leaves.length / 4)) started = process.cpuUsage();
  const { valid, failures } = await validateChain({
    leaf: der(leaf),
    intermediates: [der(intermediate)],
    trustAnchors: [der(root)],
    at: new Date(at),
    purpose: 'clientAuth',
  });
  if (!valid) throw new Error(JSON.stringify(failures));
}
const { user, system } = process.cpuUsage(started);
process.stderr.write(`@cpu ${JSON.stringify({ seconds: (user + system) / 1e6 })}\n`);
