import { HfPushError } from '../errors.js';
import { explained, statusOf } from '../http/failure.js';
import type { Http } from '../http/http.js';
import { readBody } from '../http/read-body.js';
import { textOf } from '../text/text-of.js';
import type { NewSpace, SpaceInfo, SpaceRuntime } from './types.js';

interface ApiRuntime {
  readonly stage?: unknown;
  readonly hardware?: unknown;
  readonly errorMessage?: unknown;
}

interface ApiSpace {
  readonly id: string;
  readonly sha?: string;
  readonly sdk?: string;
  readonly private?: boolean;
  readonly host?: string;
  readonly subdomain?: string;
  readonly cardData?: Readonly<Record<string, unknown>> | null;
  readonly runtime?: ApiRuntime;
}

/** Only these: a whole description lists every file. */
const FIELDS = ['sha', 'sdk', 'private', 'subdomain', 'cardData', 'runtime'];

/** A Space, or undefined where the Hub shows none. */
export async function spaceInfo(http: Http, space: string, revision?: string): Promise<SpaceInfo | undefined> {
  const at = revision === undefined ? '' : `/revision/${encodeURIComponent(revision)}`;
  const fields = FIELDS.map((field) => `expand[]=${field}`).join('&');
  let found: ApiSpace;
  try {
    found = await http.json<ApiSpace>({ path: `/api/spaces/${space}${at}?${fields}` });
  } catch (error) {
    // To who may not see a Space, the Hub says 404 or 401: the token itself was proven by whoami.
    if (error instanceof HfPushError && (error.code === 'HAWSER_HF_SPACE_NOT_FOUND' || statusOf(error) === 404))
      return undefined;
    throw error;
  }
  if (typeof found.sha !== 'string')
    throw new HfPushError('HAWSER_HF_PROTOCOL', `The Hub describes the Space ${space} without naming its commit`);
  return {
    id: found.id,
    sha: found.sha,
    sdk: found.sdk,
    private: found.private === true,
    host: found.host ?? (found.subdomain ? `https://${found.subdomain}.hf.space` : undefined),
    card: found.cardData ?? {},
    runtime: found.runtime ? readRuntime(found.runtime) : undefined,
  };
}

/** The runtime in our shape; members of other shapes are left out. */
export function readRuntime(runtime: ApiRuntime): SpaceRuntime {
  const { hardware, stage, errorMessage } = runtime;
  const { current, requested } = (typeof hardware === 'object' && hardware ? hardware : { current: hardware }) as {
    readonly current?: unknown;
    readonly requested?: unknown;
  };
  return {
    stage: textOf(stage) || 'UNKNOWN',
    hardware: { current: textOf(current), requested: textOf(requested) },
    errorMessage: textOf(errorMessage),
  };
}

/**
 * Makes a Docker Space with all its settings in one request, so that its first build has them.
 *
 * The Hub answers 409 for a name that is taken, and for another creation that is under way; the latter is tried again.
 * After a lost answer the Space is looked for before the request is repeated.
 */
export async function createSpace(http: Http, space: NewSpace): Promise<void> {
  const path = '/api/repos/create';
  const [organization, name] = space.id.split('/');
  const json = {
    type: 'space',
    sdk: 'docker',
    name,
    organization,
    visibility: space.private ? 'private' : 'public',
    ...(space.hardware === undefined ? {} : { hardware: space.hardware }),
    ...(space.sleepTimeSeconds === undefined ? {} : { sleepTimeSeconds: space.sleepTimeSeconds }),
    ...listed('variables', space.variables),
    ...listed('secrets', space.secrets),
  };
  await explained(`Failed to create space ${space.id}`, 'HAWSER_HF_CREATE_FAILED', async () => {
    for (let attempt = 1; ; attempt++) {
      const answer = await http.ask(
        { method: 'POST', path, json, accept: [409], secrets: Object.values(space.secrets) },
        async (response) => ({ status: response.status, text: (await readBody(response, `POST ${path}`)).toString() }),
        async () => ((await spaceInfo(http, space.id)) ? { status: 200, text: '' } : undefined),
      );
      if (answer.status !== 409) return;
      if (!/conflicting operation/i.test(answer.text))
        throw new HfPushError('HAWSER_HF_SPACE_EXISTS', `there is a Space ${space.id} already`);
      if (attempt === 5)
        throw new HfPushError('HAWSER_HF_CREATE_FAILED', 'another creation of it is under way, and does not end');
      await http.clock.sleep(1000 * attempt, http.signal);
    }
  });
}

function listed(name: string, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const entries = Object.entries(values).map(([key, value]) => ({ key, value }));
  return entries.length > 0 ? { [name]: entries } : {};
}
