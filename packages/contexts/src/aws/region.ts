import { type AwsFiles, profileSection } from '../eks/aws-files.js';
import type { Environment } from '../types.js';

/** A region, and who said so. */
export interface FoundRegion {
  readonly region: string;
  readonly source: 'option' | 'AWS_REGION' | 'AWS_DEFAULT_REGION' | 'profile' | 'default';
}

/** The region in force: what is asked for, the environment, the profile; STS alone can be asked anywhere. */
export function findRegion(options: {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly env: Environment;
  readonly files: AwsFiles;
}): FoundRegion {
  const { region, env, files } = options;
  if (region !== undefined) return { region, source: 'option' };
  for (const source of ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const) {
    const value = env[source];
    if (value) return { region: value, source };
  }
  const ofProfile = profileSection(files, options.profile ?? (env['AWS_PROFILE'] || 'default'))?.['region'];
  return ofProfile === undefined
    ? { region: 'us-east-1', source: 'default' }
    : { region: ofProfile, source: 'profile' };
}
