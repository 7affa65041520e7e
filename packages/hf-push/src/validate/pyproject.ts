import { TomlError, parse } from 'smol-toml';
import type { Project } from '../env/project.js';
import type { Finding } from '../tree/types.js';
import type { PythonVersion } from './python.js';

const path = 'pyproject.toml';

/** What `openenv validate` asks of pyproject.toml. */
export function checkPyproject({ pyproject, dockerfile, layout }: Project): readonly Finding[] {
  if (pyproject === undefined) {
    if (layout.kind === 'repository') return [];
    return [{ rule: 'pyproject/missing', severity: 'error', message: 'There is no pyproject.toml.', path }];
  }
  let parsed: unknown;
  try {
    parsed = parse(pyproject);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message = ''] = error.message.split('\n');
    return [{ rule: 'pyproject/syntax', severity: 'error', message: `${path}: ${message}`, path, line: error.line }];
  }
  const project = tableOf(tableOf(parsed)['project']);
  return [
    ...checkScript(tableOf(project['scripts'])['server']),
    ...checkDependencies(project['dependencies'], dockerfile?.text),
  ];
}

/** The oldest Python that pyproject.toml lets in, as far as `requires-python` names one. */
export function oldestPython(pyproject: string | undefined): PythonVersion | undefined {
  let parsed: unknown;
  try {
    parsed = parse(pyproject ?? '');
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
  }
  const required = tableOf(tableOf(parsed)['project'])['requires-python'];
  const [, major, minor] = /(?:>=?|[=~]=)\s*(\d+)\.(\d+)/.exec(String(required)) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

function checkScript(server: unknown): readonly Finding[] {
  const rule = 'pyproject/server-script';
  if (typeof server !== 'string')
    return [
      {
        rule,
        severity: 'error',
        message: `${path} has no script called server.`,
        hint: 'Add server = "NAME.server.app:main" to [project.scripts].',
        path,
      },
    ];
  if (server.endsWith(':main')) return [];
  return [
    { rule, severity: 'error', message: `${path}: the script server is ${server}, and does not end in :main.`, path },
  ];
}

function checkDependencies(dependencies: unknown, dockerfile: string | undefined): readonly Finding[] {
  const all = Array.isArray(dependencies) ? dependencies.map(String) : [];
  if (all.some((each) => /^openenv(?:[-_.]core)?\b/i.test(each.trim()))) return [];
  if (dockerfile !== undefined && /\bpip3? install\b[^\n]*\bopenenv\b/i.test(dockerfile.replace(/\\\r?\n/g, ' ')))
    return [];
  return [
    {
      rule: 'pyproject/no-openenv',
      severity: 'error',
      message: `${path} does not depend on openenv.`,
      hint: 'Add "openenv[core]" to dependencies.',
      path,
    },
  ];
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
