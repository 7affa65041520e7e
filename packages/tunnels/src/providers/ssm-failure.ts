import { SsmChannelError, type SessionEnd, type SsmChannelErrorCode } from '@hawser/ssm-channel';
import { type LinkCause, LinkError, type LinkFailure } from '../link/failure.js';
import type { SsmVia } from '../spec.js';
import { type Environment, findLogin } from './ssm-login.js';

interface Kind {
  readonly cause: LinkCause;
  readonly permanent: boolean;
}

/** What the errors of the channel and of the AWS calls mean for a link. Those not named may pass by themselves. */
const KINDS: Partial<Record<SsmChannelErrorCode, Kind>> = {
  HAWSER_SSM_BAD_INPUT: { cause: 'config', permanent: true },
  HAWSER_SSM_REGION_MISSING: { cause: 'config', permanent: true },
  HAWSER_SSM_CA_FILE: { cause: 'config', permanent: true },
  HAWSER_SSM_DOCUMENT_REFUSED: { cause: 'config', permanent: true },
  HAWSER_SSM_TARGET_NOT_FOUND: { cause: 'resolve', permanent: true },
  HAWSER_SSM_TARGET_AMBIGUOUS: { cause: 'config', permanent: true },
  HAWSER_SSM_TARGET_NOT_CONNECTED: { cause: 'not-connected', permanent: false },
  HAWSER_SSM_CREDENTIALS_MISSING: { cause: 'credentials', permanent: true },
  HAWSER_SSM_CREDENTIALS_EXPIRED: { cause: 'credentials', permanent: true },
  HAWSER_SSM_CREDENTIALS_REFUSED: { cause: 'credentials', permanent: true },
  HAWSER_SSM_ACCESS_DENIED: { cause: 'access-denied', permanent: true },
  HAWSER_SSM_KMS_DENIED: { cause: 'access-denied', permanent: true },
  HAWSER_SSM_CLOCK_SKEW: { cause: 'auth', permanent: false },
  HAWSER_SSM_THROTTLED: { cause: 'throttled', permanent: false },
  HAWSER_SSM_ENDPOINT_UNREACHABLE: { cause: 'unreachable', permanent: false },
  HAWSER_SSM_CERTIFICATE_REFUSED: { cause: 'tls', permanent: true },
  HAWSER_SSM_TOKEN_REFUSED: { cause: 'expired', permanent: false },
  HAWSER_SSM_RESUME_REFUSED: { cause: 'expired', permanent: false },
  HAWSER_SSM_SESSION_TIMED_OUT: { cause: 'expired', permanent: false },
  HAWSER_SSM_LINK_LOST: { cause: 'closed', permanent: false },
  HAWSER_SSM_CONNECT_REFUSED: { cause: 'target-refused', permanent: false },
};

/** The permission that each call takes, where it is not `ssm:` and the call's own name. */
const ACTIONS: Readonly<Record<string, string>> = {
  GenerateDataKey: 'kms:GenerateDataKey',
  ExecuteCommand: 'ecs:ExecuteCommand',
  DescribeTasks: 'ecs:DescribeTasks',
  GetCallerIdentity: 'sts:GetCallerIdentity',
};

/** Whose credentials a link is made with. */
export interface SsmFailureContext {
  readonly via: SsmVia;
  readonly env: Environment;
}

/**
 * Says why a link by Session Manager cannot be made or go on. Credentials that a person must renew come with the
 * command and the file to watch; a refused call names the permission.
 */
export async function classifySsm(error: unknown, context: SsmFailureContext): Promise<LinkFailure> {
  if (error instanceof LinkError) return error.failure;
  if (!(error instanceof SsmChannelError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { cause: 'other', message, hint: 'It is tried again by itself.', permanent: false };
  }
  const { cause, permanent } = KINDS[error.code] ?? { cause: 'other', permanent: false };
  const failure: LinkFailure = { cause, message: error.message, hint: error.hint, permanent };
  if (cause === 'credentials') {
    const { command, hint, watch } = await findLogin(context.via.profile, context.env);
    return {
      ...failure,
      hint,
      ...(command === undefined ? {} : { authCommand: command }),
      ...(watch === undefined ? {} : { watch }),
    };
  }
  if (cause === 'access-denied') {
    const operation = error.details?.['operation'];
    const named = typeof operation === 'string' ? operation : 'StartSession';
    return {
      ...failure,
      hint: `Ask for the permission ${ACTIONS[named] ?? `ssm:${named}`}, or use a profile that has it.`,
    };
  }
  return failure;
}

/** Says why a session is over that nobody here ended. */
export async function classifyEnd(end: SessionEnd, context: SsmFailureContext): Promise<LinkFailure> {
  if (end.error) return await classifySsm(end.error, context);
  const words = end.output.trim();
  return {
    cause: /time|duration|expire/i.test(words) ? 'expired' : 'closed',
    message: `The session was ended from the far side${words === '' ? '.' : `: ${words}`}`,
    hint: 'Another is opened by itself. Idle and maximum times are set in the Session Manager preferences of the account.',
    permanent: false,
  };
}
