import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../../..');
const guide = readFileSync(join(root, 'docs/how-to/write-a-plugin.md'), 'utf8');

test.each(['src/commands/hello.ts', 'src/greetings.ts'])('the guide to plugins shows %s as it is', (file) => {
  const shown = new RegExp(`<!-- ${file} -->\\n\`\`\`ts\\n([^]*?)\`\`\``).exec(guide)?.[1];
  expect(shown).toBe(readFileSync(join(root, 'examples/hawser-plugin-hello', file), 'utf8'));
});
