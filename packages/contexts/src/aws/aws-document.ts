import { defineDocument, type DocumentDefinition } from '@hawser/state-store';
import { isMap, textIn } from '../files.js';
import type { AwsCheckResult } from './check.js';
import type { RecordedCluster } from './recorded-cluster.js';

/** The data of `aws.json`: what was found last. Never a key, never a token. */
export interface AwsData {
  /** UTC, ISO 8601. */
  readonly checkedAt?: string;
  readonly ok?: boolean;
  readonly profile?: string;
  readonly region?: string;
  readonly regionSource?: string;
  readonly identity?: {
    readonly account: string;
    readonly arn: string;
    readonly userId: string;
    readonly source: string;
    readonly expiresAt?: string;
  };
  readonly cluster?: RecordedCluster;
  readonly verdicts?: readonly { readonly id: string; readonly state: string; readonly found: string }[];
}

/**
 * `aws.json` in the state folder. A file of upstream's shape, with the whole DescribeCluster reply in it, is taken over
 * without the CA.
 */
export const awsDocument: DocumentDefinition<AwsData> = defineDocument<AwsData>({
  name: 'aws',
  version: 1,
  schema: awsSchema(),
  default: () => ({}),
  migrations: { 1: fromUpstream },
  sensitive: true,
});

/** What is written down of a check. */
export function awsRecord({ ok, profile, region, identity, cluster, verdicts }: AwsCheckResult, now: Date): AwsData {
  return {
    checkedAt: now.toISOString(),
    ok,
    ...(profile === undefined ? {} : { profile }),
    region: region.region,
    regionSource: region.source,
    ...(identity === undefined ? {} : { identity }),
    ...(cluster === undefined ? {} : { cluster }),
    verdicts: verdicts.map(({ id, state, found }) => ({ id, state, found })),
  };
}

function awsSchema(): Readonly<Record<string, unknown>> {
  const text = { type: 'string' };
  const texts = { type: 'array', items: text };
  const flag = { type: 'boolean' };
  const optional = ['vpcId', 'authenticationMode', 'oidcIssuer', 'upgradePolicy', 'outpostId'];
  const needed = { name: text, arn: text, version: text, platformVersion: text, status: text, endpoint: text };
  return {
    type: 'object',
    properties: {
      checkedAt: text,
      ok: flag,
      profile: text,
      region: text,
      regionSource: text,
      identity: {
        type: 'object',
        required: ['account', 'arn', 'userId', 'source'],
        properties: { account: text, arn: text, userId: text, source: text, expiresAt: text },
        additionalProperties: false,
      },
      cluster: {
        type: 'object',
        required: [
          ...Object.keys(needed),
          'endpointPublicAccess',
          'endpointPrivateAccess',
          'publicAccessCidrs',
          'healthIssues',
        ],
        properties: {
          ...needed,
          ...Object.fromEntries(optional.map((name) => [name, text])),
          endpointPublicAccess: flag,
          endpointPrivateAccess: flag,
          deletionProtection: flag,
          publicAccessCidrs: texts,
          healthIssues: {
            type: 'array',
            items: { type: 'object', required: ['code', 'message'], properties: { code: text, message: text } },
          },
          caSha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
        },
        additionalProperties: false,
      },
      verdicts: {
        type: 'array',
        items: {
          type: 'object',
          required: ['id', 'state', 'found'],
          properties: { id: text, state: { enum: ['pass', 'warn', 'fail', 'skip'] }, found: text },
          additionalProperties: false,
        },
      },
    },
    additionalProperties: false,
  };
}

/** Upstream: `{ profile, region, identity: { account, arn, user_id, source }, cluster: DescribeCluster's reply }`. */
function fromUpstream(data: unknown): AwsData {
  if (!isMap(data)) return {};
  const [profile, region] = [textIn(data, 'profile'), textIn(data, 'region')];
  const account = textIn(data, 'identity', 'account');
  const arn = textIn(data, 'identity', 'arn');
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
    ...(account === undefined || arn === undefined
      ? {}
      : {
          identity: {
            account,
            arn,
            userId: textIn(data, 'identity', 'user_id') ?? '',
            source: textIn(data, 'identity', 'source') ?? 'unknown',
          },
        }),
  };
}
