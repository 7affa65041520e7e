#!/usr/bin/env node
// Writes src/scripts/texts.ts from the scripts beside it. A bundle has no files, so the scripts travel as text in the
// code; a test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('src/scripts/', import.meta.url));
const text = (name) => JSON.stringify(readFileSync(`${folder}${name}`, 'utf8'));

writeFileSync(
  `${folder}texts.ts`,
  `// Made by embed-scripts.mjs: edit the scripts, not this.

/** What makes a task ready: \`init.sh\`. */
export const initScript: string =
  ${text('init.sh')};

/** What runs the command in any image: \`run.sh\`. */
export const runScript: string =
  ${text('run.sh')};
`,
);
