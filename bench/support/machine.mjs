// Where a benchmark ran: what a reader must know to compare, and nothing that names the machine or who owns it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

/** @returns the machine, its load at this moment, and the versions of what runs on it. */
export function machine() {
  const [first] = cpus();
  return {
    processor: first?.model.replaceAll(/\s+/g, ' ').trim() || 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release().split(/[-+]/)[0]} ${arch()}`,
    node: process.versions.node,
    // Of the minute before; where it is near the number of cores or above, others were at work.
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
    day: new Date().toISOString().slice(0, 10),
  };
}

/** The versions of the programs that stand beside ours, as far as they are here. */
export function peers() {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const state = `${root}.cache/counterparts/state.json`;
  const { found = {} } = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : {};
  const { devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const said = (program, args) => {
    const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
    return error ? undefined : `${stdout}${stderr}`.trim().split('\n')[0];
  };
  const all = {
    'session-manager-plugin (AWS)': found['official-plugin']?.version,
    'AWS CLI 1': found['aws-cli-v1']?.version.split(' ')[0],
    'AWS CLI 2': found['aws-cli-v2']?.version.split(' ')[0],
    huggingface_hub: found.huggingface_hub?.version,
    'proper-lockfile': devDependencies['proper-lockfile'],
    'write-file-atomic': devDependencies['write-file-atomic'],
    OpenSSH: said('ssh', ['-V'])?.split(',')[0],
    autossh: said('autossh', ['-V']),
    git: said('git', ['--version']),
    'Node 22': found['node-22']?.version,
    'Node 24': found['node-24']?.version,
  };
  return Object.fromEntries(Object.entries(all).filter(([, version]) => typeof version === 'string' && version !== ''));
}
