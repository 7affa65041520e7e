import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DoctorCheck, DoctorInput, Finding } from '@hawser/cli-kit';
import { requestHandler } from '../../aws/request-handler.js';
import { failing, inTime } from '../checked.js';
import { homeOf } from '../home-of.js';

/** Variables of the AWS SDK that say where credentials come from. */
const sources = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/** Who AWS takes us for. STS GetCallerIdentity needs no permission, so what it refuses is wrong with the credentials. */
export const awsIdentity: DoctorCheck = {
  id: 'aws-identity',
  title: 'AWS identity',
  topic: 'ssm',
  neededFor: 'ssm, ecs, aws, tunnels through Session Manager, and exec on AWS',
  look: async (input) => {
    if (!isConfigured(input)) {
      return { state: 'skip', found: 'AWS is not configured here', next: 'aws configure sso', facts: {} };
    }
    const identity = async (signal: AbortSignal): Promise<Finding> => {
      try {
        const facts = await callerIdentity(input, signal);
        return { state: 'ok', found: `${facts.arn} in ${facts.region}`, facts };
      } catch (error) {
        signal.throwIfAborted();
        const { explainSdkError } = await import('@hawser/ssm-channel/aws');
        const profile = input.aws.settings.profile ?? input.environment['AWS_PROFILE'];
        return failing(explainSdkError(error, { operation: 'GetCallerIdentity', profile }));
      }
    };
    return inTime(input, identity, {
      next: 'Check the network, the endpoint URL and the proxy settings (HTTPS_PROXY, NO_PROXY).',
      facts: { code: 'HAWSER_SSM_ENDPOINT_UNREACHABLE' },
    });
  },
};

/** Whether anything here speaks of AWS: whoever does not use it misses nothing. */
function isConfigured({ aws, environment }: DoctorInput): boolean {
  if (Object.keys(aws.settings).length > 0 || sources.some((name) => environment[name])) return true;
  const home = homeOf({ environment });
  const files = [
    environment['AWS_CONFIG_FILE'] ?? join(home, '.aws/config'),
    environment['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, '.aws/credentials'),
  ];
  return files.some((file) => existsSync(file));
}

async function callerIdentity(
  { aws }: DoctorInput,
  abortSignal: AbortSignal,
): Promise<{ account: string; arn: string; region: string }> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { profile, endpointUrl } = aws.settings;
  const region = await (await aws.api()).region();
  // The same way out as every other call takes: through the proxy, if there is one.
  const handler = await requestHandler(aws, endpointUrl ?? `https://sts.${region}.amazonaws.com/`);
  const client = new STSClient({
    region,
    maxAttempts: 1,
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    ...(handler === undefined ? {} : { requestHandler: handler }),
  });
  try {
    const { Account = 'unknown', Arn = 'unknown' } = await client.send(new GetCallerIdentityCommand({}), {
      abortSignal,
    });
    return { account: Account, arn: Arn, region };
  } finally {
    client.destroy();
  }
}
