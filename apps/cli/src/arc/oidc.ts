import { homedir } from 'node:os';
import type { Context } from '@hawser/cli-kit';
import { awsCheck, type Verdict } from '@hawser/contexts';
import type { OidcEvidence } from '@hawser/contexts/arc';
import { requestHandler } from '../aws/request-handler.js';

/** The flags of C12. */
export interface OidcFlags {
  readonly 'eks-cluster'?: string | undefined;
  readonly 'aws-region'?: string | undefined;
  readonly 'aws-profile'?: string | undefined;
}

/** Variables that lead to a token of this machine's. */
const tokens = [
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'ACTIONS_ID_TOKEN_REQUEST_URL',
];

/**
 * The checks of `hawser aws check --verify-oidc`. Where neither a cluster nor a token says whose issuer is meant, the
 * identity alone is checked, which is all that upstream did, and that is said.
 */
export async function verifyOidc(
  flags: OidcFlags,
  { aws, signal }: { readonly aws: Context['aws']; readonly signal: AbortSignal | undefined },
): Promise<OidcEvidence> {
  const { env } = process;
  const endpointUrl = env['HAWSER_ENDPOINT_URL'] || undefined;
  const hasIssuer = flags['eks-cluster'] !== undefined || tokens.some((name) => env[name]);
  const { verdicts, identity } = await awsCheck({
    profile: flags['aws-profile'],
    region: flags['aws-region'],
    eksCluster: flags['eks-cluster'],
    verifyOidc: hasIssuer,
    endpointUrl,
    requestHandler: await requestHandler(aws, endpointUrl ?? 'https://sts.amazonaws.com/'),
    env,
    home: homedir(),
    directory: process.cwd(),
    ...(signal ? { signal } : {}),
  }).result();
  const checks = verdicts.filter(({ id }) => /^(?:credentials|identity|oidc-)/u.test(id)).map(asCheck);
  return {
    ...(identity ? { identity: { arn: identity.arn, account: identity.account, source: identity.source } } : {}),
    checks: hasIssuer
      ? checks
      : [
          ...checks,
          {
            name: 'oidc-issuer',
            status: 'warn',
            summary: 'neither a cluster nor a token here says whose OIDC is meant.',
            advice: 'Name the cluster with --eks-cluster, or run this in a job that has a token.',
          },
        ],
  };
}

function asCheck({ id, state, found, next }: Verdict): OidcEvidence['checks'][number] {
  return {
    name: id,
    status: state === 'skip' ? 'skipped' : state,
    summary: found,
    ...(next === undefined ? {} : { advice: next }),
  };
}
