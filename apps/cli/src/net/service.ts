import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from '@hawser/cli-kit';
import { TunnelsError } from '@hawser/tunnels';
import { loadTunnels, pickSet } from '@hawser/tunnels/config';
import { places } from './specs.js';
import { systemdUnit } from '../render/net/systemd-unit.js';

/** What `hawser net install-service` came to. */
export interface ServiceFacts {
  /** Name of the unit. */
  readonly unit: string;
  /** Its file. */
  readonly path: string;
  /** What stands in it, or what was done. */
  readonly text: string;
  readonly state: 'printed' | 'installed' | 'removed';
}

const run = promisify(execFile);

/** Hands a set to the user's service manager, shows what would be handed to it, or takes it back. */
export async function changeService(
  set: string | undefined,
  { print, remove }: { readonly print: boolean; readonly remove: boolean },
  { root, signal }: Pick<Context, 'signal'> & { readonly root: string },
): Promise<ServiceFacts> {
  const name = set ?? 'default';
  const project = process.cwd();
  const unit = unitName(project, name);
  const path = join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'systemd/user', unit);
  if (remove) {
    await systemctl(['disable', '--now', unit], signal);
    await rm(path, { force: true });
    await systemctl(['daemon-reload'], signal);
    return { unit, path, state: 'removed', text: `${unit} is stopped and taken away.` };
  }
  // What cannot be opened is said now, not by a service that fails at the next login.
  pickSet(await loadTunnels(places()), name);
  const text = systemdUnit({
    project,
    set: name,
    program: [process.execPath, join(root, 'bin/hawser.js')],
    path: process.env['PATH'] ?? '',
  });
  if (print) return { unit, path, state: 'printed', text: text.trimEnd() };
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  await systemctl(['daemon-reload'], signal);
  await systemctl(['enable', '--now', unit], signal);
  return { unit, path, state: 'installed', text: `${unit} runs now, and from every login on: ${path}` };
}

/** One unit for each project and set. */
function unitName(project: string, set: string): string {
  const where = createHash('sha256').update(project).digest('hex').slice(0, 8);
  const words = `${basename(project)}-${set}`.replaceAll(/[^A-Za-z0-9._-]/g, '-');
  return `hawser-net-${words}-${where}.service`;
}

async function systemctl(args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await run('systemctl', ['--user', ...args], { signal });
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    const why = code === 'ENOENT' ? 'There is no systemctl here' : stderr.trim() || 'It did not say why';
    throw new TunnelsError('HAWSER_NET_SERVICE_FAILED', `systemctl --user ${args.join(' ')} failed: ${why}.`, {
      cause: error,
      hint:
        code === 'ENOENT'
          ? 'Let another service manager run hawser net up SET --foreground in this folder.'
          : 'Read what systemctl said; loginctl enable-linger lets units of users run without a login.',
    });
  }
}
