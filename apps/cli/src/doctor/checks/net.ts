import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DoctorCheck } from '@hawser/cli-kit';
import { askStatus } from '@hawser/tunnels/ask-status';
import { findOnPath } from '../../wiring/find-on-path.js';
import { failing } from '../checked.js';
import { homeOf } from '../home-of.js';
import { saidBy } from '../said-by.js';

/** OpenSSH shares one connection among tunnels (ControlMaster, ssh_config(5)); its port to Windows cannot. */
export const ssh: DoctorCheck = {
  id: 'ssh',
  title: 'ssh',
  topic: 'net',
  neededFor: 'tunnels through a bastion (via: ssh)',
  look: async (input) => {
    const path = await findOnPath('ssh', input.environment);
    if (path === undefined) {
      return {
        state: 'warn',
        found: 'not on PATH',
        next: 'Install the OpenSSH client, as package openssh-client or openssh.',
      };
    }
    const version = await saidBy(path, ['-V'], input);
    if (version === undefined || !version.includes('OpenSSH')) {
      const next = 'Install the OpenSSH client, and put it first on PATH.';
      return { state: 'warn', found: `${path} is not OpenSSH: ${version ?? 'it says no version'}`, next };
    }
    const shares = process.platform !== 'win32' && !version.includes('Windows');
    return {
      state: shares ? 'ok' : 'warn',
      found: `${version}${shares ? '' : ', without ControlMaster'}, ${path}`,
      ...(shares ? {} : { next: 'Use the OpenSSH of WSL, or via: ssm.' }),
      facts: { path, version },
    };
  },
};

/** Whether whoever keeps the tunnels of this project answers. */
export const supervisor: DoctorCheck = {
  id: 'net-supervisor',
  title: 'Supervisor of tunnels',
  topic: 'net',
  neededFor: 'tunnels that stay open',
  look: async (input) => {
    const { directory } = await input.state();
    if (!existsSync(join(directory, 'net.json'))) return { state: 'skip', found: 'no tunnel was opened here yet' };
    const status = await askStatus({ from: process.cwd(), env: input.environment });
    if (status === null) return { state: 'skip', found: 'no tunnel is open' };
    if (status === undefined) {
      return {
        state: 'warn',
        found: 'the one on record does not answer: it was killed, or is suspended',
        next: 'hawser doctor net --fix',
      };
    }
    const { tunnels, pid } = status;
    const ill = tunnels.filter(({ link, probe }) => link.state !== 'ready' || probe.state === 'failing');
    const idle = ill.every(({ spec, link }) => spec.lazy === true && link.state === 'idle');
    const facts = { pid: String(pid), tunnels: String(tunnels.length) };
    if (idle) return { state: 'ok', found: `process ${pid} keeps ${count(tunnels.length)}`, facts };
    const names = ill.map(({ spec }) => spec.name).join(', ');
    return { state: 'warn', found: `not ready: ${names}`, next: 'hawser net doctor', facts };
  },
  // Clears away only what is proven dead: a supervisor that is merely suspended goes on when it is woken.
  mend: async (input) => {
    const { reap } = await import('@hawser/tunnels/supervisor');
    const { ended, stale, setAside } = await reap({ from: process.cwd(), env: input.environment });
    return [
      ...(stale.length > 0 ? [`took ${stale.join(', ')} off the record`] : []),
      ...(ended.length > 0 ? [`ended the processes ${ended.join(', ')} that it had left`] : []),
      ...(setAside ? [`put a record that could not be read aside, to ${setAside.path}`] : []),
    ].join('; ');
  },
};

/** Whether `tunnels.yaml` can be read, and may be used. */
export const tunnelsFile: DoctorCheck = {
  id: 'tunnels-file',
  title: 'tunnels.yaml',
  topic: 'net',
  neededFor: 'hawser net up SET',
  look: async (input) => {
    const { loadTunnels } = await import('@hawser/tunnels/config');
    const { providerNames } = await import('../../plugins/tunnels.js');
    try {
      const { files, sets } = await loadTunnels({
        from: process.cwd(),
        env: input.environment,
        home: homeOf(input),
        providers: providerNames(),
      });
      if (files.length === 0) return { state: 'skip', found: 'there is none; flags of net up say what to open' };
      const untrusted = sets.filter((set) => set.untrusted.length > 0).map(({ name }) => name);
      const facts = { files: files.join(', '), sets: sets.map(({ name }) => name).join(', ') };
      if (untrusted.length === 0) return { state: 'ok', found: `${sets.length} in ${files.join(', ')}`, facts };
      const found = `asks for what only you may allow, in ${untrusted.join(', ')}`;
      return { state: 'warn', found, next: 'hawser net trust', facts };
    } catch (error) {
      return failing(error);
    }
  },
};

function count(tunnels: number): string {
  return tunnels === 1 ? 'one tunnel' : `${tunnels} tunnels`;
}
