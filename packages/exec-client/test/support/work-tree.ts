import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitEnvironment } from '../../../../test/support/git-server.js';

/** A folder that is gone when the test is. */
export class Scratch implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'exec-client-'));

  in(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs git as nobody in particular. */
export function gitIn(folder: string, ...words: readonly string[]): string {
  const env = {
    ...gitEnvironment(),
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@example.com',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@example.com',
  };
  return execFileSync('git', words, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** Everything of a work tree that git would keep: content, whether it can be run, where a link leads. */
export function contentOf(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (name === '.git' || name.startsWith('.git/')) continue;
    const path = join(folder, name);
    const facts = lstatSync(path);
    if (facts.isSymbolicLink()) found.set(name, `link to ${readlinkSync(path)}`);
    else if (facts.isFile()) found.set(name, `${(facts.mode & 0o100) > 0 ? 'x' : '-'} ${readFileSync(path, 'base64')}`);
  }
  return found;
}
