import type { Environment } from '../types.js';
import type { ProjectSettings, SettingSource } from './project-settings.js';
import { shownUrl } from './url.js';

/** Something that makes Prefect go elsewhere than the profile says. */
export interface PrefectOverride {
  readonly setting: 'PREFECT_API_URL' | 'PREFECT_PROFILE';
  readonly source: SettingSource;
  /** Without a login. */
  readonly value: string;
}

/** What beats a profile: another address, or another profile chosen by the environment. */
export function findOverrides(
  settings: readonly ProjectSettings[],
  env: Environment,
  wanted: { readonly profile: string; readonly apiUrl: string },
): readonly PrefectOverride[] {
  const found: PrefectOverride[] = [];
  const profile = env['PREFECT_PROFILE'];
  if (profile !== undefined && profile !== '' && profile !== wanted.profile) {
    found.push({ setting: 'PREFECT_PROFILE', source: 'environment', value: profile });
  }
  const first = settings.find(({ apiUrl }) => apiUrl !== undefined);
  if (first?.apiUrl !== undefined && first.apiUrl.replace(/\/+$/, '') !== wanted.apiUrl) {
    found.push({ setting: 'PREFECT_API_URL', source: first.source, value: shownUrl(first.apiUrl) });
  }
  return found;
}

/** An override as a sentence, with what to do about it. */
export function explainOverride({ setting, source, value }: PrefectOverride): string {
  const where = source === 'environment' ? 'the environment' : source;
  const cure = source === 'environment' ? `unset ${setting}` : `take it out of ${source}`;
  return setting === 'PREFECT_PROFILE'
    ? `PREFECT_PROFILE=${value} in ${where} chooses another profile: ${cure}.`
    : `PREFECT_API_URL is ${value} in ${where}, which beats every profile: ${cure}.`;
}
