import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { quoteCommand } from '@hawser/ssm-channel';

/** Environment variables, as of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How a person gets fresh AWS credentials, and which file shows that they did. */
export interface Login {
  /** Undefined when no command helps: the keys are in the environment of a process that runs already. */
  readonly command?: string;
  readonly hint: string;
  readonly watch?: string;
}

/** Profiles may name each other as the source of their credentials; nobody means a longer chain. */
const LONGEST_CHAIN = 5;

/**
 * Finds out how the credentials of a profile are renewed: by `aws sso login`, or by new keys in the credentials file.
 *
 * The token cache of IAM Identity Center is `~/.aws/sso/cache/<SHA-1 of the session's name, else of the start URL>.json`
 * (AWS CLI awscli/customizations/sso/utils.py and botocore/tokens.py; the SDKs read the same file).
 */
export async function findLogin(profile: string | undefined, env: Environment): Promise<Login> {
  if (profile === undefined && env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) {
    return {
      hint: 'The keys are those of the environment in which the tunnels were opened: set new ones, then hawser net down --all and hawser net up.',
    };
  }
  const named = profile ?? env['AWS_PROFILE'];
  const home = env['HOME'] ?? homedir();
  const sections = await readSections(env['AWS_CONFIG_FILE'] ?? join(home, '.aws/config'));
  const flag = named === undefined ? [] : ['--profile', named];
  const sso = findSso(sections, named ?? 'default');
  if (sso === undefined) {
    const command = quoteCommand(['aws', 'configure', ...flag]);
    return {
      command,
      hint: `Run ${command}, or put new keys into the credentials file; the tunnel goes on by itself.`,
      watch: env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, '.aws/credentials'),
    };
  }
  const command = quoteCommand(['aws', 'sso', 'login', ...flag]);
  const name = createHash('sha1').update(sso).digest('hex');
  return {
    command,
    hint: `Run ${command}; the tunnel goes on by itself.`,
    watch: join(home, '.aws/sso/cache', `${name}.json`),
  };
}

type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The name of the SSO session, or the start URL, that a profile's credentials come from in the end. */
function findSso(sections: Sections, profile: string): string | undefined {
  let name: string | undefined = profile;
  for (let step = 0; step < LONGEST_CHAIN && name !== undefined; step++) {
    const section: ReadonlyMap<string, string> | undefined = sections.get(
      name === 'default' && sections.has('default') ? name : `profile ${name}`,
    );
    const sso = section?.get('sso_session') ?? section?.get('sso_start_url');
    if (sso !== undefined) return sso;
    name = section?.get('source_profile');
  }
  return undefined;
}

async function readSections(path: string): Promise<Sections> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    const [, key, value] = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (heading !== undefined) {
      current = new Map();
      sections.set(heading.replaceAll(/\s+/g, ' ').replaceAll(/["']/g, ''), current);
    } else if (key !== undefined && value !== undefined) current?.set(key, value);
  }
  return sections;
}
