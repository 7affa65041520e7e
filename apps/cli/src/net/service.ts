import { join } from 'node:path';
import { loadTunnels, pickSet } from '@hawser/tunnels/config';
import {
  describeService,
  installService,
  type ServiceOptions,
  type ServiceReport,
  uninstallService,
} from '@hawser/tunnels/supervisor';
import { places } from './specs.js';

/** What `hawser net install-service` came to: the service, its file and what that says. */
export interface ServiceFacts extends ServiceReport {
  readonly state: 'printed' | 'installed' | 'removed';
}

/** Hands a set to the person's service manager, shows what would be handed to it, or takes it back. */
export async function changeService(
  set: string | undefined,
  { 'dry-run': isDry, remove }: { readonly 'dry-run': boolean; readonly remove: boolean },
  { root }: { readonly root: string },
): Promise<ServiceFacts> {
  const name = set ?? 'default';
  const options: ServiceOptions = {
    from: process.cwd(),
    kind: process.platform === 'darwin' ? 'launchd' : 'systemd',
    set: name,
    // Whether an application behind a tunnel answers is no reason to begin the service again.
    command: [process.execPath, join(root, 'bin/hawser.js'), 'net', 'up', name, '--foreground', '--wait', 'bound'],
  };
  if (remove) return { ...(await uninstallService(options)), state: 'removed' };
  // What cannot be opened is said now, not by a service that fails at the next login.
  pickSet(await loadTunnels(places()), name);
  if (isDry) return { ...(await describeService(options)), state: 'printed' };
  return { ...(await installService(options)), state: 'installed' };
}
