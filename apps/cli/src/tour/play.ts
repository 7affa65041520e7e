import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, Step } from '@hawser/cli-kit';
import { CliError } from '../errors.js';
import { type Act, type ActId, actIds, type PlayedAct, type TourGround } from './act.js';
import { leaveNothing } from './leave-nothing.js';

/** Each is loaded when it is its turn. */
const acts: Readonly<Record<ActId, () => Promise<Act>>> = {
  reach: async () => (await import('./reach.js')).reach,
  tunnel: async () => (await import('./tunnel.js')).tunnel,
  run: async () => (await import('./run.js')).run,
  session: async () => (await import('./session.js')).session,
  ship: async () => (await import('./ship.js')).ship,
};

const still: Step = { progress: () => {} };

/** What a tour needs. */
export type TourContext = Pick<Context, 'out' | 'signal' | 'onEnd'> & Pick<TourGround, 'root' | 'version' | 'open'>;

/**
 * Plays one act, or all in their order. One that does not hold does not keep the others from being played.
 *
 * @throws CliError HAWSER_TOUR_NOT_PROVED when one did not hold
 */
export async function playTour(only: ActId | undefined, context: TourContext): Promise<readonly PlayedAct[]> {
  const { out, signal } = context;
  const style = await out.talkStyle();
  // What a person is told to do meanwhile would be wiped away by a step that moves.
  const step: typeof out.step = context.open
    ? (title, work) => (out.say(`${title} …`), work(still))
    : out.step.bind(out);
  const ids = only === undefined ? actIds : [only];
  const played: PlayedAct[] = [];
  const failed: { readonly id: ActId; readonly title: string; readonly error: Error }[] = [];
  for (const [at, id] of ids.entries()) {
    const act = await acts[id]();
    const title = ids.length === 1 ? act.title : `${at + 1}/${ids.length} ${act.title}`;
    const began = performance.now();
    try {
      const proved = await step(title, () => playAct(act, context));
      const seconds = Math.round((performance.now() - began) / 10) / 100;
      for (const sentence of proved) out.say(`  ${style.good('✓')} ${sentence}`);
      out.say(style.faint(`  ${seconds.toFixed(1)} s · again: hawser tour ${id}`));
      played.push({ id, title: act.title, proved, seconds });
    } catch (error) {
      signal.throwIfAborted();
      out.debug(String((error as Error).stack));
      out.say(`  ${style.bad('✗')} ${(error as Error).message}`);
      failed.push({ id, title: act.title, error: error as Error });
    }
  }
  const [first] = failed;
  if (!first) return played;
  const names = failed.map(({ id }) => id).join(', ');
  throw new CliError('HAWSER_TOUR_NOT_PROVED', `The tour did not prove ${names}: ${first.error.message}`, {
    cause: first.error,
    details: { acts: names, act: first.title },
  });
}

async function playAct(act: Act, { out, root, version, open, signal, onEnd }: TourContext): Promise<readonly string[]> {
  const cleanups: (() => unknown)[] = [];
  const takeDown = async (): Promise<void> => {
    for (let one = cleanups.pop(); one; one = cleanups.pop()) {
      try {
        await one();
      } catch (error) {
        // What is next is to go all the same.
        out.debug(`clean-up of ${act.id} failed: ${String(error)}`);
      }
    }
  };
  // The end of the command, however it comes, finds nothing left of an act that has ended by itself.
  onEnd(takeDown);
  const folder = await mkdtemp(join(tmpdir(), 'hawser-tour-'));
  const after = (cleanup: () => unknown): void => void cleanups.push(cleanup);
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  after(() => leaveNothing(folder));
  const env = await ownEnvironment(folder);
  try {
    return await act.play({
      folder,
      env,
      root,
      version,
      open,
      signal,
      say: (text) => out.say(text),
      show: (value) => out.show(value),
      after,
    });
  } finally {
    await takeDown();
  }
}

/** An environment of which only the way to programs and the language are the person's. */
async function ownEnvironment(folder: string): Promise<Readonly<Record<string, string>>> {
  const home = join(folder, 'home');
  const temp = join(folder, 'tmp');
  for (const each of [home, temp]) await mkdir(each);
  const kept = ['PATH', 'LANG', 'LC_ALL'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    TMPDIR: temp,
    USER: 'tour',
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_STATE_HOME: join(home, '.local/state'),
    XDG_CACHE_HOME: join(home, '.cache'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}
