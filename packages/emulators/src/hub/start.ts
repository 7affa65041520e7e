import { join } from 'node:path';
import { EmulatorError } from '../errors.js';
import { createFaults } from '../http/faults.js';
import { createListener } from '../http/listener.js';
import { createRequestLog } from '../http/request-log.js';
import { commitRoutes } from './api/commit.js';
import { discussionRoutes } from './api/discussions.js';
import { identityRoutes } from './api/identity.js';
import { gitRoutes } from './api/git.js';
import { historyRoutes } from './api/history.js';
import { infoRoutes } from './api/info.js';
import { lfsRoutes } from './api/lfs.js';
import { logRoutes } from './api/logs.js';
import { approve, deny, oauthRoutes } from './api/oauth.js';
import { preuploadRoutes } from './api/preupload.js';
import { repoRoutes } from './api/repos.js';
import { resolveRoutes } from './api/resolve.js';
import { runtimeRoutes } from './api/runtime.js';
import { settingRoutes } from './api/settings.js';
import { treeRoutes } from './api/tree.js';
import { validateRoutes } from './api/validate-yaml.js';
import { xetRoutes } from './api/xet.js';
import { createRateLimit } from './http/rate-limit.js';
import { serve, type Door } from './http/serve.js';
import { createHub } from './state/hub.js';
import { createKeeper } from './state/keeper.js';
import { createLfsStore } from './state/lfs-store.js';
import { mainRef } from './state/spaces.js';
import { createTokens } from './state/tokens.js';
import type { HubAccount, HubEmulator, HubEmulatorOptions, HubFault, HubRequest } from './types.js';

const defaultAccounts: readonly HubAccount[] = [
  { name: 'hawser', token: 'hf_emulated_hawser_write', role: 'write', isPro: true, orgs: { 'my-org': 'admin' } },
];
const host = '127.0.0.1';

/**
 * Starts a Hugging Face Hub for Spaces on this machine, on loopback only.
 *
 * Spaces are git repositories with real object ids; regular files and git objects are held in memory, LFS objects in a
 * temporary folder, and both are gone when it is closed, unless a `folder` keeps them. An LFS file no line of `.gitattributes` speaks of gets one in
 * the same commit, as on the Hub; who wants to know the resulting tree beforehand sends those lines along.
 *
 * @throws {@link EmulatorError} `HAWSER_EMULATOR_OPTION` or `HAWSER_EMULATOR_LISTEN`
 */
export async function startHubEmulator(options: HubEmulatorOptions = {}): Promise<HubEmulator> {
  const accounts = options.accounts ?? defaultAccounts;
  checkOptions(options, accounts);
  const nowMs = (): number => Date.now();
  const { folder } = options;
  const lfs = await createLfsStore(folder && join(folder, 'lfs'));
  const hub = createHub({
    accounts,
    lfs,
    regularLimitBytes: options.regularLimitBytes ?? 10 << 20,
    multipartBytes: options.multipartBytes,
    build: options.build ?? (() => ({})),
    nowMs,
    url: (path) => `http://${host}:${listener.port}${path}`,
  });
  const keeper = folder === undefined ? undefined : createKeeper(join(folder, 'spaces'));
  keeper?.load(hub);
  const tokens = createTokens(accounts);
  const log = createRequestLog<HubRequest>('The Hub');
  const faults = createFaults<HubFault['does']>();
  const door: Door = {
    routes: [
      ...identityRoutes(hub),
      ...repoRoutes(hub),
      ...runtimeRoutes(hub),
      ...infoRoutes(hub),
      ...treeRoutes(hub),
      ...preuploadRoutes(hub),
      ...commitRoutes(hub),
      ...discussionRoutes(hub),
      ...historyRoutes(hub),
      ...settingRoutes(hub),
      ...logRoutes(hub),
      ...lfsRoutes(hub),
      ...gitRoutes(hub),
      ...resolveRoutes(hub),
      ...validateRoutes,
      ...xetRoutes(hub),
      ...oauthRoutes(hub, tokens, {
        intervalSeconds: options.device?.intervalSeconds ?? 5,
        expiresInSeconds: options.device?.expiresInSeconds ?? 900,
      }),
    ],
    faults,
    rateLimit: options.rateLimit && createRateLimit(options.rateLimit, nowMs),
    identify: (headers) => tokens.identify(headers),
    keep: () => keeper?.save(hub),
    record: (request) => log.record(request),
  };
  const listener = createListener({
    host,
    port: options.port ?? 0,
    serve: (raw, response) => void serve(door, raw, response),
  });
  try {
    await listener.start();
  } catch (error) {
    await lfs.close();
    throw error;
  }
  const endpoint = hub.url('');
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      await listener.stop();
      await lfs.close();
      log.close();
    })();
    return closed;
  };
  return {
    endpoint,
    accounts,
    env: environmentFor(endpoint, accounts[0]?.token ?? ''),
    requests: log.requests,
    fail: (fault) => faults.add(fault),
    requested: (match) => log.requested(match),
    head: (id, branch = 'main') => {
      const repository = hub.spaces.get(id)?.repository;
      const commit = repository?.resolve(branch === 'main' ? mainRef : branch);
      if (!repository || commit === undefined) return undefined;
      return { commit, tree: repository.facts(commit).tree, commits: repository.history(commit).length };
    },
    approve: (userCode, account) => approve(hub, tokens, userCode, account),
    deny: (userCode) => deny(tokens, userCode),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a client needs to talk to the emulator, and to nothing else. */
function environmentFor(endpoint: string, token: string): Readonly<Record<string, string>> {
  return {
    HF_ENDPOINT: endpoint,
    HF_TOKEN: token,
    HF_HUB_DISABLE_XET: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
    HF_HUB_DISABLE_UPDATE_CHECK: '1',
  };
}

function checkOptions(options: HubEmulatorOptions, accounts: readonly HubAccount[]): void {
  const wrong = (option: string, message: string): EmulatorError =>
    new EmulatorError('HAWSER_EMULATOR_OPTION', message, { details: { option } });
  if (accounts.length === 0) throw wrong('accounts', 'A Hub needs at least one account.');
  for (const { name, token } of accounts) {
    if (!token.startsWith('hf_')) throw wrong('accounts', `The token of ${name} does not begin with hf_.`);
  }
  if (new Set(accounts.map(({ token }) => token)).size < accounts.length)
    throw wrong('accounts', 'Two accounts have the same token.');
  for (const option of ['regularLimitBytes', 'multipartBytes'] as const) {
    const value = options[option];
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw wrong(option, `${option} is ${value}, and must be a positive whole number.`);
  }
}
