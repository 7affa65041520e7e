import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpile } from 'typescript';

/** What an example printed, and what the comments behind its `console.log` lines say it prints. */
export interface ReadmeExample {
  /** One text for each comment, with its line end. */
  readonly said: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the first `ts` block of the README in `home` as it stands.
 *
 * @param home - the package
 * @param beside - a folder within the package from which its name leads to itself
 */
export function runReadmeExample(home: string, beside: 'dist' | 'node_modules' = 'dist'): ReadmeExample {
  const [, example = ''] = /```ts\n(.*?)```/su.exec(readFileSync(join(home, 'README.md'), 'utf8')) ?? [];
  const folder = mkdtempSync(join(home, beside, 'readme-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, transpile(example, { module: ModuleKind.ESNext, target: ScriptTarget.ES2023 }));
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    const said = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => `${comment}\n`);
    return { said, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
