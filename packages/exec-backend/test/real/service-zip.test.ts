import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { startAwsEmulator } from '@hawser/emulators/aws';
import { makeServiceZip } from '../../src/aws/zip/make-zip.js';
import { unzipSync } from 'fflate';
import { describeReal } from '../../../../test/support/counterparts.js';
import { startLambdaRuntime } from '../support/lambda-runtime.js';

const app = join(import.meta.dirname, '../../../../apps/cli');

/** What the template tells the function. */
const settings = {
  HAWSER_STACK: 'hawser',
  HAWSER_TABLE: 'hawser-executions',
  HAWSER_CLUSTER: 'hawser',
  HAWSER_LOG_GROUP: '/hawser/executions',
  HAWSER_SUBNETS: 'subnet-1',
  HAWSER_SECURITY_GROUPS: 'sg-1',
  HAWSER_ASSIGN_PUBLIC_IP: 'ENABLED',
  HAWSER_EXECUTION_ROLE_ARN: 'arn:aws:iam::123456789012:role/execution',
  HAWSER_TASK_ROLE_ARN: 'arn:aws:iam::123456789012:role/task',
  HAWSER_ALLOWED_ROLE_ARNS: '',
  HAWSER_DEFAULT_IMAGE: 'debian',
  HAWSER_INIT_IMAGE: 'git',
  HAWSER_SHELL_IMAGE: 'busybox',
  HAWSER_TASK_CPU: '256',
  HAWSER_TASK_MEMORY: '512',
  HAWSER_ARCHITECTURE: 'X86_64',
  HAWSER_MAX_TIMEOUT_SECONDS: '21600',
  HAWSER_ENABLE_ATTACH: 'false',
  HAWSER_AUTH_MODE: 'api-key',
  HAWSER_ENDPOINT: 'https://service.invalid/prod/task',
  HAWSER_ENDPOINT_PARAMETER: '',
};

const get = (path: string, headers: Readonly<Record<string, string>> = {}): object => ({
  httpMethod: 'GET',
  path,
  headers,
  requestContext: { requestId: 'r-1', domainName: 'service.invalid', stage: 'prod' },
  body: null,
  isBase64Encoded: false,
});

describeReal(['aws-lambda-ric', 'node-22'], (path) => {
  test("the zip runs under Lambda's own runtime client: it answers, and its bcrypt compares", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hawser-lambda-'));
    await using aws = await startAwsEmulator();
    await using runtime = await startLambdaRuntime();
    const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
    const db = new DynamoDBClient({
      endpoint: aws.endpoint,
      region: aws.region,
      credentials: {
        accessKeyId: aws.env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: aws.env['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
    });
    await db.send(
      new CreateTableCommand({
        TableName: settings.HAWSER_TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [attribute('pk'), attribute('sk')],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    db.destroy();
    const zip = await makeServiceZip({
      program: readFileSync(join(app, 'dist/exec-lambda.cjs')),
      bcrypt: dirname(createRequire(join(app, 'package.json')).resolve('bcrypt/package.json')),
    });
    for (const [name, bytes] of Object.entries(unzipSync(zip))) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    const child = spawn(
      path('node-22'),
      ['--require', join(import.meta.dirname, '../support/rapid-client.cjs'), path('aws-lambda-ric'), 'index.handler'],
      {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...settings,
          ...aws.env,
          PATH: process.env['PATH'],
          HOME: folder,
          LAMBDA_TASK_ROOT: folder,
          _HANDLER: 'index.handler',
          AWS_LAMBDA_RUNTIME_API: runtime.address,
          AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true',
          AWS_LAMBDA_FUNCTION_NAME: 'hawser-service',
          AWS_LAMBDA_LOG_GROUP_NAME: '/hawser/service',
          AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
          AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
        },
      },
    );
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const closed = once(child, 'close');
    const died = closed.then(() => Promise.reject(new Error(`The runtime ended: ${complaints}`)));
    died.catch(() => {});
    try {
      const health = (await Promise.race([runtime.invoke(get('/health')), died])) as {
        statusCode: number;
        body: string;
      };
      expect([health.statusCode, complaints]).toEqual([200, '']);
      expect(JSON.parse(health.body)).toMatchObject({ ok: true, backend: { kind: 'aws' } });
      const key = `sk_live_${'ab'.repeat(32)}`;
      const stranger = (await Promise.race([runtime.invoke(get('/whoami', { 'X-API-Key': key })), died])) as {
        statusCode: number;
      };
      expect(stranger.statusCode).toBe(401);
    } finally {
      child.kill('SIGKILL');
      await closed;
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
