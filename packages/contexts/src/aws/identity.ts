import { callAws, type AwsSession, clientConfig } from './aws-call.js';

/** Who AWS takes us for. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
}

/** An identity, or why there is none; and how far our clock is from the one of STS. */
export interface IdentityAnswer {
  readonly identity?: CallerIdentity;
  readonly error?: unknown;
  /** Milliseconds; above 0 our clock is fast. Unknown when nothing answered. STS tells whole seconds. */
  readonly clockAheadMs?: number;
}

/**
 * Asks STS who we are. It takes no permission, so what is refused is wrong with the credentials or the clock. The time in
 * the answer is told also when it is a refusal: the SDK mends the clock for itself and would hide it.
 */
export async function callerIdentity(session: AwsSession): Promise<IdentityAnswer> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = new STSClient(clientConfig(session));
  let clockAheadMs: number | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = Date.now();
      const answer = await next(args);
      const { headers } = answer.response as { headers?: Record<string, string | undefined> };
      const theirsMs = Date.parse(headers?.['date'] ?? '');
      // Whole seconds are cut off, so theirs is half a second later than it says, on average.
      if (!Number.isNaN(theirsMs)) clockAheadMs ??= (sentMs + Date.now()) / 2 - (theirsMs + 500);
      return answer;
    },
    { step: 'deserialize', priority: 'low', name: 'clock' },
  );
  const clock = (): Pick<IdentityAnswer, 'clockAheadMs'> => (clockAheadMs === undefined ? {} : { clockAheadMs });
  try {
    const {
      Account = '',
      Arn = '',
      UserId = '',
    } = await callAws(session, { action: 'sts:GetCallerIdentity', resource: '*' }, (abortSignal) =>
      client.send(new GetCallerIdentityCommand({}), { abortSignal }),
    );
    return { identity: { account: Account, arn: Arn, userId: UserId }, ...clock() };
  } catch (error) {
    session.signal?.throwIfAborted();
    return { error, ...clock() };
  } finally {
    client.destroy();
  }
}
