import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DoctorCheck, DoctorInput, Finding } from '@hawser/cli-kit';
import { type ContextRecord, contextsDocument, examineContext, type LiveTunnel } from '@hawser/contexts';
import { askStatus } from '@hawser/tunnels/ask-status';
import { liveTunnel } from '../../net/lookup.js';
import { findOnPath } from '../../wiring/find-on-path.js';
import { gravest } from '../checked.js';
import { homeOf } from '../home-of.js';
import { saidBy } from '../said-by.js';

/** Whether the current context of the project is still true. */
export const currentContext: DoctorCheck = {
  id: 'context',
  title: 'Current context',
  topic: 'ctx',
  neededFor: 'Prefect and kubectl pointing at the right place',
  look: async (input) => {
    const current = await currentOf(input);
    if (!current) return { state: 'skip', found: 'there is none; hawser ctx init makes one' };
    const { timeoutMs, signal, environment } = input;
    const place = { env: environment, directory: process.cwd(), home: homeOf(input), timeoutMs, signal };
    // Other commands clear away what a killed supervisor left before they answer; a doctor only looks.
    const tunnels = async (): Promise<{ live: LiveTunnel[]; dead: [] }> => ({
      live: ((await askStatus({ from: process.cwd(), env: environment }))?.tunnels ?? []).map(liveTunnel),
      dead: [],
    });
    const checks = await examineContext({ ...place, ...current, tunnels });
    const found = checks.map(({ verdict, detail, next }): Finding => ({
      state: verdict === 'pass' ? 'ok' : verdict,
      found: `${current.name}: ${detail}`,
      ...(next === undefined ? {} : { next }),
    }));
    const [first, ...others] = found;
    if (!first) return { state: 'skip', found: `${current.name} points nowhere` };
    const worst = gravest([first, ...others]);
    return worst.state === 'ok' ? { state: 'ok', found: `${current.name} is in force` } : worst;
  },
};

/** The tools that contexts are written for. */
export const kubectl: DoctorCheck = {
  id: 'kubectl',
  title: 'kubectl',
  topic: 'ctx',
  neededFor: 'working with the clusters that contexts point to; hawser itself needs none',
  look: (input) => lookForTool('kubectl', ['version', '--client'], input, ({ kubernetes }) => kubernetes !== undefined),
};

export const prefect: DoctorCheck = {
  id: 'prefect',
  title: 'Prefect',
  topic: 'ctx',
  neededFor: 'working with the servers that contexts point to; hawser itself needs none',
  look: (input) => lookForTool('prefect', ['--version'], input, (record) => record.prefect !== undefined),
};

/** What `env write` puts at the top of its block in a file. */
const ours = '# hawser:begin env';

/** Whether env files of this project are their owner's alone. */
export const envFiles: DoctorCheck = {
  id: 'env-files',
  title: 'Env files',
  topic: 'env',
  neededFor: 'programs that read .env.TARGET',
  look: async (input) => {
    const files = await ownEnvFiles(input);
    if (files.length === 0) return { state: 'skip', found: 'none was written here' };
    const open = files.filter(({ mode }) => (mode & 0o077) !== 0).map(({ path }) => path);
    const all = files.map(({ path }) => path).join(', ');
    if (open.length === 0) return { state: 'ok', found: all };
    const found = `others than you can read ${open.join(', ')}`;
    return { state: 'warn', found, next: `chmod 600 ${open.join(' ')}`, facts: { readable: open.join(', ') } };
  },
  mend: async (input) => {
    const open = (await ownEnvFiles(input)).filter(({ mode }) => (mode & 0o077) !== 0);
    for (const { path } of open) await chmod(path, 0o600);
    return `took from others what they could read: ${open.map(({ path }) => path).join(', ')}`;
  },
};

async function lookForTool(
  name: string,
  args: readonly string[],
  input: DoctorInput,
  needs: (record: ContextRecord) => boolean,
): Promise<Finding> {
  const path = await findOnPath(name, input.environment);
  const current = await currentOf(input);
  const isNeeded = current !== undefined && needs(current.record);
  if (path === undefined) {
    if (!isNeeded) return { state: 'skip', found: 'not on PATH, and no context here needs it' };
    return { state: 'warn', found: `not on PATH, and ${current.name} is a context for it`, next: `Install ${name}.` };
  }
  const version = isNeeded ? await saidBy(path, args, input) : undefined;
  return { state: 'ok', found: version === undefined ? path : `${version}, ${path}`, facts: { path } };
}

async function currentOf({ state }: DoctorInput): Promise<{ name: string; record: ContextRecord } | undefined> {
  const { data } = await (await state()).document(contextsDocument).read();
  const record = data.current === undefined ? undefined : data.contexts[data.current];
  return data.current === undefined || record === undefined ? undefined : { name: data.current, record };
}

async function ownEnvFiles({ state }: DoctorInput): Promise<readonly { path: string; mode: number }[]> {
  const folder = dirname((await state()).directory);
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\.env\.[^/]+$/.test(name));
  const found = names.map(async (name) => {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (!facts?.isFile() || facts.size > 1 << 20 || !(await readFile(path, 'utf8')).includes(ours)) return [];
    return [{ path, mode: facts.mode & 0o777 }];
  });
  return process.platform === 'win32' ? [] : (await Promise.all(found)).flat();
}
