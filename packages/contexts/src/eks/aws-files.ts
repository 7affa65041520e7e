import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../types.js';

/** One section of an AWS configuration file; names in lower case. */
export type AwsSection = Readonly<Record<string, string>>;

/** What the shared configuration and credentials files say. */
export interface AwsFiles {
  /** Profiles of the configuration file, by name. */
  readonly config: Readonly<Record<string, AwsSection>>;
  readonly ssoSessions: Readonly<Record<string, AwsSection>>;
  /** Profiles of the credentials file, by name. */
  readonly credentials: Readonly<Record<string, AwsSection>>;
  /** Both files as read, for whoever must know whether they changed. */
  readonly text: string;
  readonly paths: { readonly config: string; readonly credentials: string };
}

/** Reads both files; one that is missing or may not be read is empty, as the SDK has it. */
export async function readAwsFiles(env: Environment, home: string): Promise<AwsFiles> {
  const paths = {
    config: env['AWS_CONFIG_FILE'] || join(home, '.aws', 'config'),
    credentials: env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws', 'credentials'),
  };
  const [config, credentials] = await Promise.all([readIfThere(paths.config), readIfThere(paths.credentials)]);
  const sections = parseAwsFile(config);
  return {
    config: ofKind(sections, 'profile'),
    ssoSessions: ofKind(sections, 'sso-session'),
    credentials: Object.fromEntries(parseAwsFile(credentials)),
    text: `${config}\0${credentials}`,
    paths,
  };
}

/** The setting of a profile; the credentials file outranks the configuration file. */
export function profileSection(files: AwsFiles, profile: string): AwsSection | undefined {
  const parts = [files.config[profile], files.credentials[profile]];
  return parts.some((part) => part !== undefined) ? { ...parts[0], ...parts[1] } : undefined;
}

/**
 * Sections and their settings. Nested settings (indented lines) are left out: none of them matters for credentials.
 *
 * @see AWS SDKs and Tools Reference Guide, "Shared config and credentials files", format of the file.
 */
export function parseAwsFile(text: string): Map<string, AwsSection> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\[([^\]]*)\]/.exec(line)?.[1]?.trim();
    if (heading !== undefined) {
      section = sections.get(heading) ?? {};
      sections.set(heading, section);
      continue;
    }
    const [, name, value] = /^([^\s#;=][^=]*?)\s*=\s*(.*?)(?:\s+[#;].*)?\s*$/.exec(line) ?? [];
    if (section !== undefined && name !== undefined && value !== undefined) section[name.toLowerCase()] = value;
  }
  return sections;
}

/** Sections named `[kind NAME]`, quotes around the name taken off; `[default]` is a profile without the word. */
function ofKind(sections: ReadonlyMap<string, AwsSection>, kind: string): Record<string, AwsSection> {
  const found: Record<string, AwsSection> = {};
  for (const [heading, section] of sections) {
    const name = new RegExp(`^${kind}\\s+(["']?)(.+)\\1$`).exec(heading)?.[2];
    if (name !== undefined) found[name] = section;
    else if (kind === 'profile' && heading === 'default') found['default'] ??= section;
  }
  return found;
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
