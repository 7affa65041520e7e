import type { DoctorCheck, DoctorInput } from '@hawser/cli-kit';
import {
  chooseBackend,
  createExecClient,
  readProjectFile,
  readUserFile,
  rememberedBackend,
  type ChosenBackend,
} from '@hawser/exec-client';
import { findOnPath } from '../../wiring/find-on-path.js';
import { failing, inTime } from '../checked.js';
import { saidBy } from '../said-by.js';

export const git: DoctorCheck = {
  id: 'git',
  title: 'git',
  topic: 'exec',
  neededFor: 'exec, which finds and clones repositories, and setup',
  look: async (input) => {
    const path = await findOnPath('git', input.environment);
    const version = path === undefined ? undefined : await saidBy(path, ['--version'], input);
    if (version !== undefined) return { state: 'ok', found: version, facts: { path: path ?? '' } };
    return { state: 'fail', found: 'git cannot be run', next: 'Install git, as package git.' };
  },
};

/** Whether the service that executions of this project go to answers, and knows the key. */
export const execBackend: DoctorCheck = {
  id: 'exec-backend',
  title: 'Where executions run',
  topic: 'exec',
  neededFor: 'exec elsewhere than on this machine',
  look: async (input) => {
    let backend: ChosenBackend;
    try {
      backend = await chosenBackend(input);
    } catch (error) {
      return failing(error);
    }
    if (backend.kind === 'local') return { state: 'ok', found: `this machine (${backend.source})` };
    const { endpoint, apiKey, name, source } = backend;
    const client = createExecClient({ endpoint, apiKey, backendName: name, retry: { giveUpAfterMs: 0 } });
    return inTime(
      input,
      async (signal) => {
        const [{ version }, { scopes }] = await Promise.all([client.health({ signal }), client.whoami({ signal })]);
        const found = `${name} at ${endpoint} (${source}) answers, version ${version}; you may ${scopes.join(', ')}`;
        return { state: 'ok', found, facts: { name, endpoint, version } };
      },
      { next: `hawser exec doctor --backend ${name}` },
    );
  },
};

async function chosenBackend({ environment, folders }: DoctorInput): Promise<ChosenBackend> {
  const from = process.cwd();
  const [project, user, ranOn] = await Promise.all([
    readProjectFile(from),
    readUserFile(folders.config),
    rememberedBackend(from),
  ]);
  return chooseBackend({ environment, project, user, ranOn });
}

/** What keeps commands apart from this machine; a program that is there but may not make namespaces keeps nothing. */
export function sandbox(topic: 'exec' | 'sessions'): DoctorCheck {
  return {
    id: `${topic}-sandbox`,
    title: 'Sandbox',
    topic,
    neededFor:
      topic === 'exec'
        ? 'executions on this machine that see only their own folder'
        : 'sessions on this machine that see only their own folder',
    look: async (input) => {
      if (process.platform !== 'linux') return { state: 'skip', found: 'bubblewrap is for Linux' };
      const path = await findOnPath('bwrap', input.environment);
      const next = 'Install bubblewrap, as package bubblewrap; or run what you do not trust elsewhere.';
      if (path === undefined)
        return { state: 'warn', found: 'no bubblewrap: commands here see all of this machine', next };
      // Says nothing when it may, and why when it may not.
      const works = await saidBy(path, ['--unshare-pid', '--ro-bind', '/', '/', 'true'], input);
      if (works !== undefined) return { state: 'ok', found: `bubblewrap at ${path}`, facts: { path } };
      return {
        state: 'warn',
        found: `bubblewrap at ${path} may not make namespaces: commands here see all of this machine`,
        next: 'Allow unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns.',
        facts: { path },
      };
    },
  };
}
