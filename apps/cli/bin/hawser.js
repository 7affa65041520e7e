#!/usr/bin/env node
// The fast path: `hawser --version` is asked by scripts and completions, and needs nothing but package.json.
import { readFileSync } from 'node:fs';
import module from 'node:module';

if (process.argv[2] === '--version') {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`hawser/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  module.enableCompileCache?.();
  const { main } = await import('../dist/main.js');
  await main(process.argv.slice(2));
}
