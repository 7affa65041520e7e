import type { Context } from '@hawser/cli-kit';
import { detectRepository, rememberBackend, resolveExecution } from '@hawser/exec-client';
import { renderPlace, renderValues } from '../render/exec/announcement.js';
import { announceStart, sayHowToGoOn } from './announce.js';
import { dirtyTreeHere } from './dirty.js';
import type { RunFlags } from './flags.js';
import { startedOf, type Watched } from './outcome.js';
import { requestOfFlags } from './request.js';
import { openService, type ServiceContext } from './service.js';
import { sourceHere } from './source.js';
import { prepareToWatch, watchExecution } from './watch.js';
import { readWords } from './words.js';

/** The words of a run. */
export interface RunWords {
  readonly words: readonly string[];
  readonly rest: readonly string[];
  /** What has a meaning of its own behind `hawser exec`. */
  readonly verbs: readonly string[];
}

/** Starts a command where flags and files say, having said where that is and what it is made of, and watches it. */
export async function runCommand(
  { words, rest, verbs }: RunWords,
  flags: RunFlags,
  context: Context & ServiceContext,
): Promise<Watched> {
  const { out, signal } = context;
  const command = readWords(words, rest, verbs);
  const given = requestOfFlags(flags, process.env);
  const cwd = process.cwd();
  const { client, backend, project } = await openService(flags, context);
  out.say(renderPlace(backend));
  for (const note of project?.notes ?? []) out.say(`→ ${note}`);
  const repository = await detectRepository(cwd);
  const resolved = await resolveExecution({ command, given, project, repository, isDirty: flags.dirty, cwd, signal });
  for (const line of renderValues(resolved.values)) out.say(line);
  for (const warning of resolved.warnings) await out.warn(warning);
  const dirty = flags.dirty ? await dirtyTreeHere(repository, { backend, yes: flags.yes }, context) : undefined;
  const isDetached = flags.detach || resolved.detach;
  const wishes = isDetached ? undefined : await prepareToWatch(flags, context);
  const started = await client.start(
    { ...resolved.request, ...(dirty && { dirty }), source: sourceHere(context.config.version) },
    { signal: wishes?.insisted ?? signal },
  );
  if (backend.kind === 'remote') await rememberBackend(cwd, backend.name);
  await announceStart(started, out);
  const { execution_id: id, phase } = started;
  if (wishes) return watchExecution(flags, { id, isQueued: phase === 'queued', client, wishes, context });
  sayHowToGoOn(id, out);
  return startedOf(await client.get(id, { signal }));
}
