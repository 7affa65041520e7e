import type { GitCredential } from '@hawser/exec-client/contract';

/** The credential in the value of a secret `git/HOST`: JSON of its fields, a private key, `user:password`, or a mere token. */
export function gitCredentialOf(host: string, value: string): GitCredential {
  if (value.startsWith('{')) return { ...(JSON.parse(value) as GitCredential), host };
  if (value.includes('PRIVATE KEY-----')) return { kind: 'ssh', host, private_key: value };
  const [username, ...password] = value.trim().split(':');
  if (password.length > 0) return { kind: 'basic', host, username: username ?? '', password: password.join(':') };
  return { kind: 'basic', host, username: 'x-access-token', password: value.trim() };
}
