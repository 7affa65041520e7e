import { isOver, sessionStates } from '../../protocol/states.js';
import type { SessionState } from '../../protocol/types.js';
import type { SessionRow } from '../../store/types.js';
import { allows } from '@hawser/api-keys';
import { earlyStates, endSession } from '../lifecycle.js';
import { neverStarted } from '../next-step.js';
import { Problem } from '../problem.js';
import { viewOf } from '../session-view.js';
import { isThere, waitFor } from '../wait.js';
import { json, numberIn, sessionOf } from './context.js';
import { readLog } from './live.js';
import type { KeyContext } from './context.js';

/** `GET /api/sessions`: newest first, a page at a time. */
export async function listSessions({ service, url, principal, base }: KeyContext): Promise<Response> {
  const limit = numberIn(url, 'limit', { least: 1, most: 100, default: 20 });
  const states = url.searchParams.getAll('state').flatMap((text) => text.split(','));
  const stranger = states.find((state) => !sessionStates.some((known) => known === state));
  if (stranger !== undefined) throw invalid('state', `${JSON.stringify(stranger)} is none`);
  const after = cursorOf(url.searchParams.get('cursor'));
  const rows = await service.store.listSessions({
    ...(!allows(principal.scopes, 'admin') && { owner: principal.keyId }),
    ...(states.length > 0 && { states: states as SessionState[] }),
    ...(url.searchParams.has('label') && { labels: labelsOf(url.searchParams.getAll('label')) }),
    ...(after && { after }),
    limit: limit + 1,
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return json({
    sessions: rows.slice(0, limit).map((row) => viewOf(row, base)),
    next: last ? Buffer.from(`${last.createdAt}/${last.id}`).toString('base64url') : null,
  });
}

/** `GET /api/sessions/{id}` */
export async function getSession(context: KeyContext): Promise<Response> {
  const row = await sessionOf(context);
  const etag = `"${row.version}"`;
  const known = (context.request.headers.get('if-none-match') ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag)) return new Response(null, { status: 304, headers: { etag } });
  return json(viewOf(row, context.base), 200, { etag });
}

/** `GET /api/sessions/{id}/wait?until=ready|exited`: 200 when it is there, 202 when the time is over first. `?pattern=` waits for output. */
export async function waitForSession(context: KeyContext): Promise<Response> {
  const { service, url, base } = context;
  if (url.searchParams.has('pattern')) return readLog(context);
  const until = url.searchParams.get('until') ?? 'exited';
  if (until !== 'ready' && until !== 'exited') throw invalid('until', 'must be ready or exited');
  const most = service.settings.maxWaitMs / 1000;
  const seconds = numberIn(url, 'timeout', { least: 0, most: 3600, default: most });
  const row = await sessionOf(context);
  const now = await waitFor(service, row, until, context.signal, Math.min(seconds, most) * 1000);
  return json(viewOf(now, base), isThere(now, until) ? 200 : 202, { etag: `"${now.version}"` });
}

/** `DELETE /api/sessions/{id}?grace=`: 202 with the session; asking again is no error while it runs. */
export async function stopSession(context: KeyContext): Promise<Response> {
  const { service, url, principal, base } = context;
  const { settings, store } = service;
  const grace = numberIn(url, 'grace', { least: 0, most: 600, default: settings.graceMs / 1000 });
  for (;;) {
    const row = await sessionOf(context);
    if (isOver(row.state)) {
      throw new Problem('already_finished', `Session ${row.id} ended with ${row.reason}.`, {
        details: { reason: row.reason },
      });
    }
    const stopped =
      row.runnerEpoch === null && earlyStates.includes(row.state)
        ? await cancelUnclaimed(context, row)
        : row.exit !== null || row.stopRequested?.reason === 'cancelled'
          ? row
          : await store.updateSession(
              row.id,
              { from: [row.state], runnerEpoch: row.runnerEpoch },
              { stopRequested: { reason: 'cancelled', graceMs: grace * 1000 } },
              { actor: principal.keyId, kind: 'stop-requested', data: { reason: 'cancelled', grace } },
            );
    if (stopped) return json(viewOf(stopped, base), 202);
  }
}

/** Nothing was executed, and the claim can no longer be had. */
async function cancelUnclaimed({ service, principal }: KeyContext, row: SessionRow): Promise<SessionRow | undefined> {
  const exit = neverStarted('cancelled', 'The session was cancelled before its command began.');
  const ended = await endSession(service, row, exit, { actor: principal.keyId, why: 'asked for' });
  if (ended && row.jobName !== null) {
    // The session is over whatever the cluster says now; what is left there is found by the next look at orphans.
    await service.ports.cluster
      .remove(row.jobName, { graceSeconds: 0 })
      .catch((error: unknown) => service.trouble(error, `removing ${row.jobName}`));
  }
  return ended;
}

/** `GET /api/sessions/{id}/receipt` */
export async function getReceipt(context: KeyContext): Promise<Response> {
  const row = await sessionOf(context);
  if (!isOver(row.state)) throw new Problem('not_found', 'There is a receipt when the session is over.');
  if (row.receipt) return json(row.receipt, 200, { 'content-type': 'application/vnd.dsse.envelope+json' });
  throw new Problem('not_found', 'There is no receipt of this session yet.', { retryAfter: 1 });
}

function cursorOf(text: string | null): { readonly createdAt: number; readonly id: string } | undefined {
  if (text === null) return undefined;
  const [, createdAt, id] = /^(\d{1,16})\/([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (createdAt === undefined || id === undefined) throw invalid('cursor', 'was not made by this service');
  return { createdAt: Number(createdAt), id };
}

function labelsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw invalid('label', 'must be name=value');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function invalid(path: string, message: string): Problem {
  return new Problem('invalid_request', `${path} ${message}.`, { details: { problems: [{ path, message }] } });
}
