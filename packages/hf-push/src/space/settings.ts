import type { Hub, SpaceInfo } from '../hub/types.js';
import type { Journal } from '../journal/journal.js';
import type { SettingChange, SpaceSettings } from '../plan/types.js';

/** What of the wanted settings an existing Space does not have yet. Only what is wanted is asked for. */
export async function compareSettings(
  hub: Hub,
  info: SpaceInfo,
  wanted: SpaceSettings,
  secrets: Readonly<Record<string, string | undefined>>,
  journal: Journal,
): Promise<readonly SettingChange[]> {
  const changes: SettingChange[] = [];
  if (wanted.private !== undefined && wanted.private !== info.private)
    changes.push({ kind: 'visibility', to: wanted.private ? 'private' : 'public' });
  const hardware = info.runtime?.hardware.requested ?? info.runtime?.hardware.current;
  if (wanted.hardware !== undefined && wanted.hardware !== hardware)
    changes.push({ kind: 'hardware', from: hardware, to: wanted.hardware });
  if (Object.keys(wanted.variables).length > 0) {
    const present = await hub.variables(info.id);
    for (const [key, to] of Object.entries(wanted.variables))
      if (present[key] !== to) changes.push({ kind: 'variable', key, to });
  }
  if (Object.keys(secrets).length > 0) {
    const present = await hub.secrets(info.id);
    for (const [key, value] of Object.entries(secrets)) {
      const there = present[key];
      if (!there || value === undefined || !journal.hasSecret(key, value, there.updatedAt))
        changes.push({ kind: 'secret', key });
    }
  }
  return changes;
}

/** Makes the changes, one request each: before the commit, so that its build has them. */
export async function applySettings(
  hub: Hub,
  space: string,
  changes: readonly SettingChange[],
  { settings, secrets }: { readonly settings: SpaceSettings; readonly secrets: Readonly<Record<string, string>> },
  journal: Journal,
): Promise<void> {
  for (const change of changes) {
    switch (change.kind) {
      case 'visibility':
        await hub.setVisibility(space, change.to);
        break;
      case 'hardware':
        await hub.requestHardware(space, change.to, settings.sleepTimeSeconds);
        break;
      case 'variable':
        await hub.setVariable(space, change.key, change.to);
        break;
      case 'secret':
        await hub.setSecret(space, change.key, secrets[change.key] ?? '');
        break;
    }
  }
  await rememberSecrets(
    hub,
    space,
    Object.fromEntries(
      changes.flatMap((change) => (change.kind === 'secret' ? [[change.key, secrets[change.key] ?? '']] : [])),
    ),
    journal,
  );
  if (changes.length > 0) await journal.write({ did: 'settings' });
}

/** Writes down what secrets were set to, with the time the Hub gave them. */
export async function rememberSecrets(
  hub: Hub,
  space: string,
  secrets: Readonly<Record<string, string>>,
  journal: Journal,
): Promise<void> {
  const entries = Object.entries(secrets);
  if (entries.length === 0) return;
  const present = await hub.secrets(space);
  for (const [key, value] of entries) await journal.writeSecret(key, value, present[key]?.updatedAt);
}
