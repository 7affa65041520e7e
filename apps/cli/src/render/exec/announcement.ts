import type { ChosenBackend, ResolvedValue } from '@hawser/exec-client';
import type { ExecutionStarted } from '@hawser/exec-client/contract';

/** What each value is called. */
const names: Readonly<Record<ResolvedValue['name'], string>> = {
  repo: 'Repository',
  branch: 'Branch',
  workdir: 'Folder',
  image: 'Image',
  isolation: 'Isolation',
  runner: 'Runner',
  env: 'Variables',
  secrets: 'Secrets',
  timeout: 'Timeout',
  lock: 'Lock',
};

/** Where a command will run: the first line of every run. */
export function renderPlace(backend: ChosenBackend): string {
  if (backend.kind === 'local') return `→ Runs on: this machine (${backend.source})`;
  const host = URL.canParse(backend.endpoint) ? new URL(backend.endpoint).host : backend.endpoint;
  const where = backend.name === host ? host : `${backend.name}, ${host}`;
  return `→ Runs on: ${where}${backend.region === undefined ? '' : `, ${backend.region}`} (${backend.source})`;
}

/** Every value a run is made of, and where each is from. Without a value of a kind there is no line of it. */
export function renderValues(values: readonly ResolvedValue[]): readonly string[] {
  return values.map(({ name, value, source }) => `→ ${names[name]}: ${value} (${source})`);
}

/** What the backend says of the place, once it has taken the execution. */
export function renderKeptApart({
  backend: { isolation, note },
}: Pick<ExecutionStarted, 'backend'>): string | undefined {
  if (isolation === undefined) return note;
  return note === undefined ? isolation : `${isolation}: ${note}`;
}
