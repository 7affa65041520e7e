import { createHash } from 'node:crypto';
import { ExecBackendError } from '../../errors.js';
import type { Account } from './account.js';
import { call, pace } from './call.js';
import { awsCode } from '../sdk-failure.js';

/** The longest that a function may take to become ready, in questions: some ten minutes. */
const ROUNDS = 160;

/** How often code is sent that somebody else's update gets in the way of. */
const TRIES = 20;

/** Updates of a function are serial, and bound to the revision that was read: what happened in between is tried again. */
const RACE = /^(?:ResourceConflictException|PreconditionFailedException)/;

/** What is read of a function's configuration. */
interface FunctionState {
  readonly sha256: string;
  readonly revisionId: string | undefined;
}

/**
 * Gives the function its code, and resolves when Lambda runs it. The same code again is not sent.
 *
 * @returns whether anything was sent
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_STACK_FAILED` when Lambda does not take the code,
 * `HAWSER_EXEC_BACKEND_AWS_FAILED`
 */
export async function uploadCode(
  account: Account,
  options: {
    readonly functionName: string;
    readonly zip: Uint8Array;
    readonly architecture?: 'arm64' | 'x86_64';
    readonly signal?: AbortSignal | undefined;
  },
): Promise<boolean> {
  const { functionName, zip, architecture = 'arm64', signal } = options;
  const [client, { UpdateFunctionCodeCommand }] = await Promise.all([
    account.lambda(),
    import('@aws-sdk/client-lambda'),
  ]);
  const sha256 = createHash('sha256').update(zip).digest('base64');
  const rhythm = pace({ signal });
  for (let tries = 1; ; tries += 1) {
    const before = await ready(account, functionName, signal);
    if (before.sha256 === sha256) return false;
    try {
      await call(
        'lambda:UpdateFunctionCode',
        (cancel) =>
          client.send(
            new UpdateFunctionCodeCommand({
              FunctionName: functionName,
              ZipFile: zip,
              Architectures: [architecture],
              ...(before.revisionId !== undefined && { RevisionId: before.revisionId }),
            }),
            cancel,
          ),
        { passes: RACE, signal },
      );
      const after = await ready(account, functionName, signal);
      if (after.sha256 === sha256) return true;
    } catch (error) {
      if (!RACE.test(awsCode(error))) throw error;
    }
    if (tries === TRIES) {
      throw new ExecBackendError('HAWSER_EXEC_BACKEND_STACK_FAILED', `Somebody else keeps changing ${functionName}`, {
        hint: 'Wait until nobody else runs hawser exec init for this stack, and try again.',
        details: { function: functionName },
      });
    }
    await rhythm.next();
  }
}

/** Waits until nothing is being changed about a function. */
async function ready(account: Account, functionName: string, signal?: AbortSignal): Promise<FunctionState> {
  const [client, { GetFunctionConfigurationCommand }] = await Promise.all([
    account.lambda(),
    import('@aws-sdk/client-lambda'),
  ]);
  const rhythm = pace({ signal });
  for (let round = 1; ; round += 1) {
    const {
      State: state = 'Active',
      LastUpdateStatus: update = 'Successful',
      LastUpdateStatusReason: reason,
      CodeSha256 = '',
      RevisionId,
    } = await call(
      'lambda:GetFunctionConfiguration',
      (cancel) => client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }), cancel),
      { signal },
    );
    if (update === 'Failed' || state === 'Failed' || round === ROUNDS) {
      throw new ExecBackendError(
        'HAWSER_EXEC_BACKEND_STACK_FAILED',
        `Lambda does not take the code of ${functionName}: ${reason ?? `${state}, ${update}`}`,
        { hint: 'Run hawser exec init again; it sends the code once more.', details: { function: functionName } },
      );
    }
    if (update !== 'InProgress' && state !== 'Pending') return { sha256: CodeSha256, revisionId: RevisionId };
    await rhythm.next();
  }
}
