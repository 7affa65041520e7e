/** Whether a Prefect server answers, in words. */
export interface PrefectProbe {
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it. */
  readonly next?: string;
}

/**
 * Asks a Prefect server how it is: `/ready` is 200, 503 when its database is down, and needs no login; anything that
 * is not JSON is not Prefect's API. Prefect Cloud has `/health` only.
 *
 * @see prefect/server/api/server.py, release 3.8
 */
export async function probePrefect(
  apiUrl: string,
  { timeoutMs = 3_000, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<PrefectProbe> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const isCloud = /\/accounts\/[^/]+\/workspaces\//.test(apiUrl);
    const answer = await fetch(`${apiUrl}/${isCloud ? 'health' : 'ready'}`, {
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      redirect: 'manual',
    });
    const type = answer.headers.get('content-type') ?? '';
    await answer.body?.cancel();
    if (answer.status === 503) return { ok: false, detail: `${apiUrl} answers, but its database is down` };
    if (!type.includes('json')) {
      const detail = `${apiUrl} answers ${answer.status} with ${type === '' ? 'nothing' : type}, which is not Prefect's API`;
      return { ok: false, detail, next: 'Check the address: it ends in /api.' };
    }
    if (answer.status === 401 || answer.status === 403) {
      return { ok: true, detail: `${apiUrl} answers, and wants a login` };
    }
    return answer.ok
      ? { ok: true, detail: `${apiUrl} is ready` }
      : { ok: false, detail: `${apiUrl} answers ${answer.status}` };
  } catch (error) {
    signal?.throwIfAborted();
    const { cause, message } = error as Error & {
      readonly cause?: { readonly message?: string; readonly code?: string };
    };
    const why = late.aborted ? `no answer within ${timeoutMs / 1000} s` : (cause?.code ?? cause?.message ?? message);
    return {
      ok: false,
      detail: `${apiUrl} cannot be reached: ${why}`,
      next: 'Open its tunnel with hawser net up, or start the server.',
    };
  }
}
