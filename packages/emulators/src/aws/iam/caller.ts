import type { Credentials } from '../../http/sigv4.js';

/** Who signed a request. */
export interface Caller {
  readonly arn: string;
  readonly userId: string;
  /** Name of the role whose policies hold; missing for the account's administrator. */
  readonly role?: string;
}

/** All key pairs the account knows. */
export interface Keyring {
  /** Key pair of the account's administrator. */
  readonly administrator: Credentials;
  find(accessKeyId: string): { readonly credentials: Credentials; readonly caller: Caller } | undefined;
  /** A temporary key pair of a role, as a function or a task gets it. */
  issue(role: string, session: string): Credentials;
}

/** Looks like a key pair and opens nothing. */
const administrator: Credentials = {
  accessKeyId: 'AKIAHAWSEREMULATOR00',
  secretAccessKey: 'hawser/emulator/secret/access/key/000000',
};

/** Makes a keyring that knows the administrator. `random` answers as many hex digits as asked for. */
export function createKeyring(accountId: string, random: (digits: number) => string): Keyring {
  const keys = new Map<string, { readonly credentials: Credentials; readonly caller: Caller }>([
    [
      administrator.accessKeyId,
      {
        credentials: administrator,
        caller: { arn: `arn:aws:iam::${accountId}:user/hawser`, userId: 'AIDAHAWSEREMULATOR00' },
      },
    ],
  ]);
  return {
    administrator,
    find: (accessKeyId) => keys.get(accessKeyId),
    issue: (role, session) => {
      const credentials: Credentials = {
        accessKeyId: `ASIA${random(16).toUpperCase()}`,
        secretAccessKey: random(40),
        sessionToken: random(64),
      };
      keys.set(credentials.accessKeyId, {
        credentials,
        caller: {
          arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${session}`,
          userId: `AROAHAWSEREMULATOR00:${session}`,
          role,
        },
      });
      return credentials;
    },
  };
}
