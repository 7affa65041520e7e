import { SessionsError } from '../errors.js';
import type { Engine } from './engine.js';

/** The error of a driver, as one of ours where the engine knows what it means. */
export function explain(engine: Pick<Engine, 'meaningOf' | 'place'>, error: unknown): unknown {
  if (error instanceof SessionsError) return error;
  const meaning = engine.meaningOf(error);
  if (meaning === 'unavailable')
    return new SessionsError('HAWSER_SESSIONS_STORE_UNAVAILABLE', `The store at ${engine.place} does not answer.`, {
      cause: error,
    });
  if (meaning === 'outdated')
    return new SessionsError(
      'HAWSER_SESSIONS_STORE_OUTDATED',
      `The store at ${engine.place} has not the schema that this release needs.`,
      { cause: error },
    );
  if (meaning === 'duplicate')
    return new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'What was to be added is there already.', { cause: error });
  return error;
}

/** The same methods, each throwing what {@link explain} makes of its errors. */
export function explained<Methods extends object>(engine: Engine, methods: Methods): Methods {
  const wrapped = Object.entries(methods as Record<string, (...input: unknown[]) => Promise<unknown>>).map(
    ([name, method]) => {
      const call = async (...input: unknown[]): Promise<unknown> => {
        try {
          return await method(...input);
        } catch (error) {
          throw explain(engine, error);
        }
      };
      return [name, call] as const;
    },
  );
  return Object.fromEntries(wrapped) as Methods;
}
