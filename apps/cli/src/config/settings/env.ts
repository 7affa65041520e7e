import { type Setting, setting } from '../setting.js';

const vault = (variable: string, summary: string, otherwise: string, secret = false): Setting =>
  setting({
    name: `env.${variable.slice('HAWSER_'.length).toLowerCase().replaceAll('_', '-')}`,
    summary,
    variables: [variable],
    project: false,
    user: false,
    otherwise,
    secret,
  });

/** Env files, and the Vault their secrets are from; how a job logs in to Vault is its environment's to say. */
export const envSettings: readonly Setting[] = [
  setting({
    name: 'env.target',
    summary: 'which environment: the file is .env.TARGET',
    flags: [{ flag: 'target', commands: ['env'] }],
    choice: 'target',
    otherwise: 'staging',
  }),
  setting({
    name: 'env.allow-network',
    summary: 'whether programs may look things up in the network',
    value: { kind: 'switch' },
    flags: [{ flag: 'allow-network', commands: ['env'] }],
    choice: 'allow-network',
    otherwise: 'false',
  }),
  vault('HAWSER_VAULT_ADDR', 'where Vault is', 'Vault is not asked'),
  vault('HAWSER_VAULT_TOKEN', 'the token for Vault', 'a GitHub Actions job logs in by its own identity', true),
  vault('HAWSER_VAULT_ROLE', 'the role such a job logs in to', 'it does not log in'),
  vault('HAWSER_VAULT_AUTH_MOUNT', 'where Vault lets such a job log in', 'github'),
  vault('HAWSER_VAULT_OIDC_AUDIENCE', 'whom the identity of such a job is for', 'hawser'),
  vault('HAWSER_VAULT_KV_MOUNT', 'where Vault keeps secrets', 'kv'),
  vault('HAWSER_VAULT_PREFECT_PATH', 'the path of the secret', 'hawser/prefect'),
  vault('HAWSER_VAULT_NAMESPACE', 'the namespace of Vault', 'none'),
];
