import { systemClock } from '../http/clock.js';
import { Http } from '../http/http.js';
import { commitFiles } from '../upload/commit.js';
import { uploadLfs } from '../upload/lfs.js';
import { preupload } from '../upload/preupload.js';
import { readLog } from '../space/logs.js';
import { endpointOf } from './endpoint.js';
import { readIdentity } from './identity.js';
import { listPullRequests, openPullRequest } from './pull-requests.js';
import { listCommits, listTop, listTree, readFile } from './repository.js';
import { spaceSettings } from './settings.js';
import { createSpace, spaceInfo } from './space.js';
import type { Hub, Identity, OpenHubOptions } from './types.js';

/**
 * Opens the Hub: no request is made yet.
 *
 * Every request is tried up to five times (429, 500, 502, 503, 504, timeouts, broken connections), waits as long as the
 * Hub's rate limit asks, and is never repeated where that could do a thing twice. Errors name the Hub's request id.
 *
 * @throws HfPushError HAWSER_HF_BAD_INPUT when the endpoint is no http(s) URL.
 */
export function openHub(options: OpenHubOptions = {}): Hub {
  const http = new Http({
    endpoint: endpointOf(options),
    token: options.token || undefined,
    fetch: options.fetch,
    clock: options.clock ?? systemClock,
    timeoutMs: options.timeoutMs ?? 60_000,
    tries: options.tries ?? 5,
    maxRateWaitMs: options.maxRateWaitMs ?? 330_000,
    signal: options.signal,
    onEvent: options.onEvent,
  });
  return hubOver(http, {});
}

function hubOver(http: Http, known: { identity?: Promise<Identity> }): Hub {
  return {
    endpoint: http.endpoint,
    hasToken: http.token !== undefined,
    context: { clock: http.clock, signal: http.signal, onEvent: http.onEvent },
    with: (change) => hubOver(http.with(change), known),
    whoAmI: async () => {
      // A failure is not kept: the next call asks again.
      const asked = (known.identity ??= readIdentity(http));
      try {
        return await asked;
      } catch (error) {
        if (known.identity === asked) delete known.identity;
        throw error;
      }
    },
    spaceInfo: (space, revision) => spaceInfo(http, space, revision),
    listTree: (space, revision) => listTree(http, space, revision),
    listTop: (space, revision) => listTop(http, space, revision),
    listCommits: (space, wanted = {}) => listCommits(http, space, wanted),
    readFile: (space, path, revision) => readFile(http, space, path, revision),
    createSpace: (space) => createSpace(http, space),
    ...spaceSettings(http),
    preupload: (space, revision, files) => preupload(http, space, revision, files),
    uploadLfs: (space, objects, wanted = {}) => uploadLfs(http, space, objects, wanted),
    commit: (space, commit, tookEffect) => commitFiles(http, space, commit, tookEffect),
    listPullRequests: (space) => listPullRequests(http, space),
    openPullRequest: (space, request) => openPullRequest(http, space, request),
    logs: (space, log, wanted = {}) => readLog(http, space, log, wanted),
  };
}
