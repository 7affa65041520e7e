import { requestLimits } from './limits.js';
import { byteLength, checkText, isObject, type Problems } from './problems.js';
import { isSecretName, secretNameLike } from './secret-name.js';

type Body = Readonly<Record<string, unknown>>;

/** Exactly one of `command` and `argv`, within their limits. */
export function checkCommand(problems: Problems, body: Body): void {
  const { command, argv } = body;
  if ((command === undefined) === (argv === undefined)) {
    return problems.add('command', 'or argv must be given, and not both');
  }
  if (argv === undefined) checkShellCommand(problems, command);
  else checkArgv(problems, argv);
}

/** `env` and `secrets`: names that an environment can have, each once, and within what a system call takes. */
export function checkEnvironment(problems: Problems, body: Body): void {
  const env = body['env'] ?? {};
  const secrets = body['secrets'] ?? {};
  if (!isObject(env)) return problems.add('env', 'must be an object of text');
  if (!isObject(secrets)) return problems.add('secrets', 'must be an object of names');
  if (Object.keys(env).length + Object.keys(secrets).length > requestLimits.envNames) {
    problems.add('env', `and secrets must be at most ${requestLimits.envNames} together`);
  }
  let bytes = 0;
  for (const [name, value] of Object.entries(env)) {
    checkEnvName(problems, `env.${name}`, name);
    if (typeof value !== 'string') problems.add(`env.${name}`, 'must be text');
    else if (value.includes('\0')) problems.add(`env.${name}`, 'must not contain a zero byte');
    else bytes += checkPair(problems, name, value);
  }
  if (bytes > requestLimits.envBytes) problems.add('env', 'must have at most 512 KiB in all');
  for (const [name, stored] of Object.entries(secrets)) {
    const path = `secrets.${name}`;
    checkEnvName(problems, path, name);
    if (Object.hasOwn(env, name)) problems.add(path, 'is in env too');
    if (!isSecretName(stored)) problems.add(path, secretNameLike);
    else if (stored.startsWith('git/')) {
      problems.add(path, 'is the credential of a git server: git_credentials: run gives git the use of it');
    }
  }
}

/** A path below the repository. */
export function checkWorkdir(problems: Problems, path: string, value: unknown): void {
  if (!checkText(problems, path, value, { most: 1024 })) return;
  if (value.startsWith('/') || value.startsWith('\\') || /^[A-Za-z]:/.test(value)) {
    problems.add(path, 'must be relative to the repository');
  } else if (value.split(/[/\\]/).includes('..')) {
    problems.add(path, 'must not leave the repository with ..');
  }
}

function checkShellCommand(problems: Problems, command: unknown): void {
  if (typeof command !== 'string') problems.add('command', 'must be text');
  else if (command.trim() === '') problems.add('command', 'must not be empty');
  else if (command.includes('\0')) problems.add('command', 'must not contain a zero byte');
  else if (byteLength(command) > requestLimits.commandBytes) {
    problems.add('command', 'must have at most 65,536 bytes: put it into a file of the repository');
  }
}

function checkArgv(problems: Problems, argv: unknown): void {
  if (!Array.isArray(argv) || argv.length === 0) return problems.add('argv', 'must be a list of at least one word');
  if (argv.length > requestLimits.argvWords) problems.add('argv', `must be at most ${requestLimits.argvWords} words`);
  let bytes = 0;
  for (const [index, word] of argv.entries()) {
    const path = `argv[${index}]`;
    if (typeof word !== 'string') problems.add(path, 'must be text');
    else if (word.includes('\0')) problems.add(path, 'must not contain a zero byte');
    else if (index === 0 && word === '') problems.add(path, 'must not be empty');
    else {
      const length = byteLength(word);
      if (length > requestLimits.argvWordBytes) problems.add(path, 'must have at most 32,768 bytes');
      bytes += length;
    }
  }
  if (bytes > requestLimits.commandBytes) problems.add('argv', 'must have at most 65,536 bytes in all');
}

function checkEnvName(problems: Problems, path: string, name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name === '__proto__') {
    problems.add(path, 'is no name of a variable: letters, digits and _, no digit first');
  } else if (name.length > 255) {
    problems.add(path, 'must be named with at most 255 characters');
  } else if (/^(?:HAWSER_|AWS_CONTAINER_)/.test(name)) {
    problems.add(path, 'is reserved: names beginning with HAWSER_ and AWS_CONTAINER_ are set for the command');
  }
}

function checkPair(problems: Problems, name: string, value: string): number {
  const bytes = byteLength(name) + byteLength(value) + 2;
  if (bytes > requestLimits.envPairBytes) problems.add(`env.${name}`, 'must have at most 128 KiB with its name');
  return bytes;
}
