import { spawnSync } from 'node:child_process';
import dotenv from 'dotenv';

/** Values as a program has them that an env file was read for. */
export type EnvValues = Readonly<Record<string, string>>;

/** The environment of children: nothing of ours, and a locale that keeps bytes. */
const BARE = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', HOME: '/nonexistent' };

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { stdout, stderr, status } = spawnSync(program, args, { env: { ...BARE, ...env }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}

/** `NAME=value` records as `env -0` prints them. */
function records(text: string, names: readonly string[]): EnvValues {
  const found = text.split('\0').map((record) => {
    const at = record.indexOf('=');
    return [record.slice(0, at), record.slice(at + 1)] as const;
  });
  return Object.fromEntries(found.filter(([name]) => names.includes(name)));
}

/** A POSIX shell: `set -a; . FILE`. */
export function readByShell(shell: string, path: string, names: readonly string[]): EnvValues {
  return records(run(shell, ['-c', `set -a; . "$0"; exec env -0`, path]), names);
}

/** fish: `source FILE`. */
export function readByFish(fish: string, path: string, names: readonly string[]): EnvValues {
  return records(run(fish, ['--no-config', '-c', 'source $argv[1]; env -0', path]), names);
}

/** Node: `--env-file`. */
export function readByNode(path: string, names: readonly string[], node: string = process.execPath): EnvValues {
  const script = `process.stdout.write(JSON.stringify(process.env))`;
  const all = JSON.parse(run(node, [`--env-file=${path}`, '-e', script])) as Record<string, string>;
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

/** The npm package dotenv. */
export function readByDotenv(text: string): EnvValues {
  return dotenv.parse(text);
}

/** python-dotenv. */
export function readByPython(python: string, path: string): EnvValues {
  const script =
    'import json, sys, dotenv; print(json.dumps(dotenv.dotenv_values(sys.argv[1], encoding="utf-8", interpolate=True)))';
  return JSON.parse(run(python, ['-c', script, path])) as EnvValues;
}

/**
 * The docker CLI's rule, modelled: leading blanks of a line are dropped, `#` begins a comment line, everything behind the
 * first `=` is the value (docker/cli pkg/kvfile; a scanner of lines drops one carriage return at their end).
 */
export function readByDockersRule(text: string): EnvValues {
  const values: Record<string, string> = {};
  for (const raw of text.replace(/^\uFEFF/, '').split('\n')) {
    const line = raw.replace(/\r$/, '').replace(/^\s+/u, '');
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const name = at === -1 ? line : line.slice(0, at);
    if (name === '' || /\s/u.test(name)) throw new Error(`docker refuses the name ${JSON.stringify(name)}`);
    if (at !== -1) values[name] = line.slice(at + 1);
  }
  return values;
}

/**
 * The rule for `$GITHUB_ENV`, modelled on actions/runner FileCommandManager: `NAME=value`, or `NAME<<DELIMITER`, lines,
 * the delimiter; whichever sign comes first decides, and any other line is an error.
 */
export function readByGithubsRule(text: string): EnvValues {
  const values: Record<string, string> = {};
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] ?? '').replace(/\r?\n$/, '');
    if (line === '') continue;
    const [equals, heredoc] = [line.indexOf('='), line.indexOf('<<')];
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) values[line.slice(0, equals)] = line.slice(equals + 1);
    else if (heredoc >= 0) {
      const delimiter = line.slice(heredoc + 2);
      const held: string[] = [];
      for (;;) {
        index++;
        const next = lines[index];
        if (next === undefined) throw new Error(`the delimiter ${delimiter} is not found`);
        if (next.replace(/\r?\n$/, '') === delimiter) break;
        held.push(next);
      }
      values[line.slice(0, heredoc)] = held.join('').replace(/\r?\n$/, '');
    } else throw new Error(`invalid format: ${line}`);
  }
  return values;
}

/**
 * The rules of `EnvironmentFile=`, written from systemd.exec(5) alone: lines beginning with `#` or `;` are comments;
 * a value may be in double quotes, where a backslash before `"`, `\`, `` ` `` or `$` is dropped and line breaks are kept.
 */
export function readBySystemdsRule(text: string): EnvValues {
  const values: Record<string, string> = {};
  let at = 0;
  const line = (): string => {
    const end = text.indexOf('\n', at);
    const found = text.slice(at, end === -1 ? text.length : end);
    at = end === -1 ? text.length : end + 1;
    return found;
  };
  while (at < text.length) {
    const start = at;
    const found = line();
    const equals = found.indexOf('=');
    if (/^\s*[#;]|^\s*$/.test(found) || equals === -1) continue;
    const name = found.slice(0, equals).trim();
    if (found[equals + 1] !== '"') {
      values[name] = found.slice(equals + 1).trim();
      continue;
    }
    let value = '';
    let place = start + equals + 2;
    for (; text[place] !== '"'; place++) {
      if (place >= text.length) throw new Error('a quote is left open');
      if (text[place] === '\\' && '"\\`$'.includes(text[place + 1] ?? ' ')) place++;
      value += text[place];
    }
    at = place + 1;
    line();
    values[name] = value;
  }
  return values;
}
