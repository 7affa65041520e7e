import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from '../env/project.js';
import type { Finding } from '../tree/types.js';
import { oldestPython } from './pyproject.js';
import { readPython, type PythonFile, type PythonVersion } from './python.js';
import type { SkippedCheck } from './types.js';

/** Files without which an environment of today's layout is none; without the others it is less than it could be. */
const needed = ['openenv.yaml', 'server/app.py'];
const wanted = ['__init__.py', 'client.py', 'models.py', 'README.md', 'server/__init__.py'];
const seedWanted = ['client.py', 'models.py', 'README.md', 'server/app.py'];

/** Which files there are, by the rules of `openenv push` and `openenv validate`. */
export function checkFiles({ folder, layout, pyproject }: Project): readonly Finding[] {
  const isThere = (path: string): boolean => existsSync(join(folder, path));
  const missing = (severity: Finding['severity'], paths: readonly string[]): readonly Finding[] =>
    paths
      .filter((path) => !isThere(path))
      .map((path) => ({ rule: 'structure/missing-file', severity, message: `There is no ${path}.`, path }));
  if (layout.kind === 'repository' && pyproject === undefined) return missing('warning', seedWanted);
  return [
    ...missing('error', needed),
    ...missing('warning', wanted),
    ...(isThere('uv.lock')
      ? []
      : [
          {
            rule: 'structure/no-lock',
            severity: 'warning',
            message: 'There is no uv.lock: a build takes the newest versions of that day.',
            hint: 'Run uv lock in the environment.',
            path: 'uv.lock',
          } as const,
        ]),
  ];
}

const checkedSources = ['__init__.py', 'client.py', 'models.py', 'server/__init__.py', 'server/app.py'];

/**
 * What Python says of models, client and server. What a Python older than the environment asks for cannot read may be
 * right: that check is skipped.
 */
export async function checkPython(
  { folder, layout, pyproject }: Project,
  options: { readonly python: string; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly findings: readonly Finding[]; readonly skipped: readonly SkippedCheck[] }> {
  const paths = checkedSources.filter((path) => existsSync(join(folder, path)));
  const sources = Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
  const answer = await readPython(sources, options);
  const needsMain = layout.kind === 'flat' || pyproject !== undefined;
  if ('unavailable' in answer) {
    return { findings: [], skipped: skippedRules(needsMain).map((rule) => ({ rule, reason: answer.unavailable })) };
  }
  const unread = answer.files.find(({ error }) => error);
  const oldest = oldestPython(pyproject);
  if (unread && oldest && isOlder(answer.version, oldest)) {
    const reason = `Python ${answer.version.join('.')} cannot read ${unread.path}, which is for ${oldest.join('.')}`;
    return { findings: [], skipped: skippedRules(needsMain).map((rule) => ({ rule, reason })) };
  }
  const findings = answer.files.flatMap(({ path, error }): readonly Finding[] =>
    error
      ? [{ rule: 'python/syntax', severity: 'error', message: `${path}: ${error.message}.`, path, line: error.line }]
      : [],
  );
  const app = answer.files.find(({ path }) => path === 'server/app.py');
  return { findings: [...findings, ...(app && needsMain ? checkMain(app) : [])], skipped: [] };
}

function skippedRules(needsMain: boolean): readonly string[] {
  return ['python/syntax', ...(needsMain ? ['server/no-main', 'server/main-not-called'] : [])];
}

function isOlder([major, minor]: PythonVersion, than: PythonVersion): boolean {
  return major < than[0] || (major === than[0] && minor < than[1]);
}

function checkMain({ path, error, definesMain, callsMain }: PythonFile): readonly Finding[] {
  if (error) return [];
  if (!definesMain)
    return [{ rule: 'server/no-main', severity: 'error', message: `${path} defines no function main.`, path }];
  if (callsMain) return [];
  return [
    {
      rule: 'server/main-not-called',
      severity: 'error',
      message: `${path} does not call main when it is run.`,
      hint: 'End it with: if __name__ == "__main__": main()',
      path,
    },
  ];
}
