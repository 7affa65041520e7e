import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { CliError } from '../errors.js';
import type { Part, PartName } from './parts.js';

/** A part, and whether it answers. */
export interface AskedPart extends Part {
  readonly state: 'answers' | 'silent';
  /** What is in the way. */
  readonly detail?: string;
}

/** How long a part may take to answer, in milliseconds. */
const ANSWER_MS = 10_000;

/** What each answers to anybody. */
const paths: Readonly<Record<PartName, string>> = {
  ssm: '/',
  aws: '/',
  kube: '/readyz',
  hub: '/',
  exec: '/health',
  sessions: '/readyz',
};

/** Asks each part whether it is there. */
export async function lookAtParts(parts: readonly Part[], signal: AbortSignal): Promise<readonly AskedPart[]> {
  return Promise.all(
    parts.map(async (part): Promise<AskedPart> => {
      const detail = await ask(new URL(paths[part.name], part.url), signal);
      return detail === undefined ? { ...part, state: 'answers' } : { ...part, state: 'silent', detail };
    }),
  );
}

/**
 * Asks each part whether it is there, and settles when all have answered.
 *
 * @throws CliError HAWSER_LOCAL_FAILED when one does not
 */
export async function askParts(parts: readonly Part[], signal: AbortSignal): Promise<void> {
  const silent = (await lookAtParts(parts, signal)).filter(({ state }) => state === 'silent');
  if (silent.length === 0) return;
  const named = silent.map(({ name, url, detail }) => `${name} at ${url} (${detail})`);
  throw new CliError('HAWSER_LOCAL_FAILED', `The stack runs, but does not answer: ${named.join(', ')}.`, {
    hint: 'hawser local logs says more; hawser local down ends it.',
  });
}

/** What is in the way of an answer. Any answer is one: who may ask for what is the part's own business. */
async function ask(url: URL, signal: AbortSignal): Promise<string | undefined> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const asked = send(url, {
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      // Nothing is told to it, and nothing it says is believed.
      rejectUnauthorized: false,
    });
    asked.on('response', (answer) => {
      answer.resume();
      const { statusCode = 0 } = answer;
      resolve(statusCode < 500 ? undefined : `it answers ${statusCode}`);
    });
    asked.on('error', ({ message }) => resolve(message));
    asked.end();
  });
}
