#!/usr/bin/env node
import { main } from './cli/kernel/main.js';

await main(process.argv.slice(2));
