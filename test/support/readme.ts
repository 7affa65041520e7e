import { execFileSync, spawnSync } from 'node:child_process';
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
  const example = exampleIn(home);
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

/**
 * What the first `ts` block of the README in `home` prints when it runs there, as somebody would paste it into Node: it is
 * JavaScript too.
 *
 * @param input - what is typed into it
 */
export function printedByReadme(home: string, input = ''): string {
  const example = exampleIn(home);
  const argv = ['--input-type=module', '--eval', example];
  return execFileSync(process.execPath, argv, { cwd: home, input, stdio: 'pipe', encoding: 'utf8' });
}

function exampleIn(home: string): string {
  return /```ts\n(.*?)```/su.exec(readFileSync(join(home, 'README.md'), 'utf8'))?.[1] ?? '';
}
