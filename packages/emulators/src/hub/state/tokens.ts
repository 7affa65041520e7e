import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../http/answer.js';
import type { Caller } from '../http/call.js';
import type { HubAccount } from '../types.js';

/** A device that waits for a person. */
export interface DeviceLogin {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly clientId: string;
  readonly expiresMs: number;
  state: 'pending' | 'denied' | { readonly account: HubAccount };
  /** When the device asked last. */
  polledMs: number;
}

/** Tokens: those of the accounts, and those handed out. */
export interface Tokens {
  /** Whose token came: as `Bearer`, or as the password of `Basic`, which is what git sends. */
  identify(headers: IncomingMessage['headers']): Caller | undefined;
  /** A new token for a caller. */
  issue(caller: Caller, prefix: string): string;
  /** A word that can be exchanged for a new token, once. */
  issueRefresh(account: HubAccount): string;
  redeemRefresh(word: string): HubAccount | undefined;
  startDevice(clientId: string, expiresMs: number): DeviceLogin;
  device(code: string): DeviceLogin | undefined;
  deviceByUserCode(userCode: string): DeviceLogin | undefined;
  forgetDevice(login: DeviceLogin): void;
}

/** Makes the tokens of these accounts. */
export function createTokens(accounts: readonly HubAccount[]): Tokens {
  const callers = new Map<string, Caller>(accounts.map((account) => [account.token, { account }]));
  const refreshes = new Map<string, HubAccount>();
  const devices = new Map<string, DeviceLogin>();
  return {
    identify: ({ authorization = '' }) => {
      if (authorization === '') return undefined;
      const [scheme = '', given = ''] = authorization.split(' ');
      const token = /^basic$/iu.test(scheme)
        ? Buffer.from(given, 'base64')
            .toString()
            .replace(/^[^:]*:/u, '')
        : given;
      const caller = callers.get(token);
      if (!caller) throw new Refusal(401, 'Invalid credentials in Authorization header');
      return caller;
    },
    issue: (caller, prefix) => {
      const token = `${prefix}${randomBytes(16).toString('hex')}`;
      callers.set(token, caller);
      return token;
    },
    issueRefresh: (account) => {
      const word = `hf_refresh_${randomBytes(16).toString('hex')}`;
      refreshes.set(word, account);
      return word;
    },
    redeemRefresh: (word) => {
      const account = refreshes.get(word);
      refreshes.delete(word);
      return account;
    },
    startDevice: (clientId, expiresMs) => {
      const letters = [...randomBytes(8)].map((byte) => userCodeLetters.charAt(byte % userCodeLetters.length)).join('');
      const login: DeviceLogin = {
        deviceCode: randomBytes(20).toString('hex'),
        userCode: `${letters.slice(0, 4)}-${letters.slice(4)}`,
        clientId,
        expiresMs,
        state: 'pending',
        polledMs: Number.NEGATIVE_INFINITY,
      };
      devices.set(login.deviceCode, login);
      return login;
    },
    device: (code) => devices.get(code),
    deviceByUserCode: (userCode) => [...devices.values()].find((one) => one.userCode === userCode.toUpperCase()),
    forgetDevice: ({ deviceCode }) => void devices.delete(deviceCode),
  };
}

/** No vowels, so that no words come of it (RFC 8628 §6.1). */
const userCodeLetters = 'BCDFGHJKLMNPQRSTVWXZ';
