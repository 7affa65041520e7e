import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ECSClient } from '@aws-sdk/client-ecs';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { STSClient } from '@aws-sdk/client-sts';
import type { AccountOptions } from '../types.js';

/** What every client of the SDK takes. */
interface ClientConfig {
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly requestHandler?: object;
}

/** The clients of one account, each loaded when it is first asked for. Close it to let their connections go. */
export interface Account extends Disposable {
  cloudFormation(): Promise<CloudFormationClient>;
  logs(): Promise<CloudWatchLogsClient>;
  dynamoDb(): Promise<DynamoDBClient>;
  ecs(): Promise<ECSClient>;
  lambda(): Promise<LambdaClient>;
  ssm(): Promise<SSMClient>;
  sts(): Promise<STSClient>;
  /** The region in force. Rejects where none is set anywhere. */
  region(): Promise<string>;
}

/** Opens an account. Nothing is loaded, and nobody called, before a client is asked for. */
export function openAccount(options: AccountOptions): Account {
  const config: ClientConfig = {
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl }),
    ...(options.requestHandler === undefined ? {} : { requestHandler: options.requestHandler }),
  };
  const made: { destroy(): void }[] = [];
  const once = <T extends { destroy(): void }>(make: () => Promise<T>): (() => Promise<T>) => {
    let client: Promise<T> | undefined;
    return () =>
      (client ??= make().then((one) => {
        made.push(one);
        return one;
      }));
  };
  // The service and the command line both have this one; whoever sends the service leaves some of the others out.
  const ecs = once(async () => {
    const { ECSClient } = await import('@aws-sdk/client-ecs');
    return new ECSClient(config);
  });
  return {
    cloudFormation: once(async () => {
      const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
      return new CloudFormationClient(config);
    }),
    ecs,
    logs: once(async () => {
      const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
      return new CloudWatchLogsClient(config);
    }),
    dynamoDb: once(async () => {
      const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
      return new DynamoDBClient(config);
    }),
    lambda: once(async () => {
      const { LambdaClient } = await import('@aws-sdk/client-lambda');
      return new LambdaClient(config);
    }),
    ssm: once(async () => {
      const { SSMClient } = await import('@aws-sdk/client-ssm');
      return new SSMClient(config);
    }),
    sts: once(async () => {
      const { STSClient } = await import('@aws-sdk/client-sts');
      return new STSClient(config);
    }),
    region: async () => (await ecs()).config.region(),
    [Symbol.dispose]: () => {
      for (const client of made) client.destroy();
    },
  };
}
