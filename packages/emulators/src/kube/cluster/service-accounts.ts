import { randomBytes } from 'node:crypto';
import type { Identity } from '../api/world.js';

/** Bearer tokens of service accounts. */
export interface ServiceAccounts {
  readonly tokenOf: (namespace: string, name: string) => string;
  identify(token: string): Identity | undefined;
}

/** Names and groups as Kubernetes gives them (documentation, "Authenticating", service account tokens). */
export function createServiceAccounts(): ServiceAccounts {
  const tokens = new Map<string, Identity>();
  return {
    tokenOf: (namespace, name) => {
      const token = `emulated-sa-${randomBytes(18).toString('base64url')}`;
      tokens.set(token, {
        user: `system:serviceaccount:${namespace}:${name}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
      });
      return token;
    },
    identify: (token) => tokens.get(token),
  };
}
