import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Context } from '@hawser/cli-kit';
import type { GitCredential } from '@hawser/exec-client/contract';
import { CliError } from '../../errors.js';

/** What the flags say of access to git servers. */
export interface GitAccessFlags {
  readonly 'git-token-stdin': boolean;
  readonly 'ssh-key-file'?: string | undefined;
  readonly 'git-host': string;
  readonly yes: boolean;
}

/** The user name that goes with a token, where a server is particular about it: their documentation on cloning. */
const TOKEN_USERS: Readonly<Record<string, string>> = { 'gitlab.com': 'oauth2', 'bitbucket.org': 'x-token-auth' };

/**
 * How private repositories are cloned: a token from standard input, a private key from a file, or what a person at a
 * terminal answers. `undefined`: public ones only. Never from the command line itself.
 */
export async function readGitAccess(
  flags: GitAccessFlags,
  { ask, out }: Pick<Context, 'ask' | 'out'>,
): Promise<GitCredential | undefined> {
  const host = flags['git-host'];
  if (flags['git-token-stdin']) return tokenFor(host, await text(process.stdin), out);
  if (flags['ssh-key-file'] !== undefined) return keyFor(host, flags['ssh-key-file'], out);
  if (flags.yes || !ask.interactive) return undefined;
  const flag = '--git-token-stdin or --ssh-key-file';
  if (!(await ask.confirm({ question: `Configure access to ${host}?`, flag }))) return undefined;
  const how = await ask.choose({
    question: 'Choose authentication method:',
    flag,
    choices: [
      { name: 'Personal access token (recommended)', value: 'token' },
      { name: 'SSH private key', value: 'ssh' },
      { name: 'Skip (public repositories only)', value: 'skip' },
    ] as const,
  });
  if (how === 'token') return tokenFor(host, await ask.secret({ question: 'Token:', flag }), out);
  if (how === 'ssh') return keyFor(host, await ask.text({ question: 'File of the private key:', flag }), out);
  return undefined;
}

function tokenFor(host: string, given: string, out: Context['out']): GitCredential {
  const password = given.trim();
  if (!/^[\x21-\x7e]{4,}$/.test(password)) {
    throw new CliError('HAWSER_EXEC_SETTING', 'Standard input held no token.', { hint: 'Pipe it in, on one line.' });
  }
  out.hide(password);
  return { kind: 'basic', host, username: TOKEN_USERS[host] ?? 'x-access-token', password };
}

async function keyFor(host: string, file: string, out: Context['out']): Promise<GitCredential> {
  const private_key = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError('HAWSER_EXEC_FILE', `${file} cannot be read.`, { cause });
  });
  if (!/^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----$/m.test(private_key)) {
    throw new CliError('HAWSER_EXEC_FILE', `${file} holds no private key.`, {
      hint: 'Give the file without .pub, as ssh-keygen wrote it.',
    });
  }
  if (isEncrypted(private_key)) {
    throw new CliError('HAWSER_EXEC_FILE', `${file} is protected by a passphrase that nobody will be there to type.`, {
      hint: 'Make a key of its own for this, without a passphrase, that may only read.',
    });
  }
  out.hide(private_key);
  return { kind: 'ssh', host, private_key };
}

/** PEM says so in words; OpenSSH's own form names the cipher first, behind its 15 bytes of magic: PROTOCOL.key. */
function isEncrypted(key: string): boolean {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)/.exec(key)?.[1];
  if (body === undefined) return key.includes('ENCRYPTED');
  return Buffer.from(body, 'base64').subarray(19, 23).toString('latin1') !== 'none';
}
