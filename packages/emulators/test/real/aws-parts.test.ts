import { describe, expect, test } from '@jest/globals';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startAwsEmulator } from '@hawser/emulators/aws';
import { useAws } from '../support/aws.js';

const aws = useAws();

describe('the emulator', () => {
  test('starts without loading what nobody has asked for, and leaves nothing behind', async () => {
    const emulator = await startAwsEmulator();
    expect(emulator.inventory()).toEqual({});
    expect(emulator.env).toMatchObject({ AWS_ENDPOINT_URL: emulator.endpoint, AWS_REGION: 'us-east-1' });
    await emulator.close();
    await expect(fetch(emulator.endpoint)).rejects.toThrow('fetch failed');
  });

  test('refuses a port that is taken: HAWSER_EMULATOR_LISTEN', async () => {
    const port = Number(new URL(aws.aws.endpoint).port);
    await expect(startAwsEmulator({ port })).rejects.toMatchObject({ code: 'HAWSER_EMULATOR_LISTEN' });
  });

  test('knows who calls, and refuses whoever it does not know', async () => {
    expect(await aws.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/hawser',
    });
    const strange = {
      endpoint: aws.aws.endpoint,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'AKIAX', secretAccessKey: 'y' },
    };
    await expect(new STSClient(strange).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    const wrong = { ...strange, credentials: { accessKeyId: aws.aws.env['AWS_ACCESS_KEY_ID']!, secretAccessKey: 'y' } };
    await expect(new SSMClient(wrong).send(new GetParameterCommand({ Name: 'a' }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });

  test('records calls, and tells whoever waits for one', async () => {
    const next = aws.aws.nextCall('ssm:GetParameter');
    await aws.parameters.send(new GetParameterCommand({ Name: '/none' })).catch(() => undefined);
    expect(await next).toEqual({ Name: '/none' });
    expect(aws.aws.calls.at(-1)).toMatchObject({ operation: 'ssm:GetParameter', input: { Name: '/none' } });
  });

  test('answers what it does not know at once, with an error that is not retried', async () => {
    const response = await fetch(aws.aws.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Nobody.Knows' },
      body: '{}',
    });
    expect(response.status).toBe(403);
    expect((await fetch(`${aws.aws.endpoint}/nothing`)).status).toBe(404);
  });
});

describe('parameters', () => {
  const put = (Name: string, Value: string, more: object = {}) =>
    aws.parameters.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }));

  test('have versions, and secure ones are shown only to who asks for it', async () => {
    await put('/app/a', 'one', { Type: 'SecureString' });
    await expect(put('/app/a', 'two')).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
    expect(await put('/app/a', 'two', { Type: 'SecureString', Overwrite: true })).toMatchObject({ Version: 2 });
    const get = async (Name: string, WithDecryption: boolean) =>
      (await aws.parameters.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter!;
    expect(await get('/app/a', true)).toMatchObject({ Value: 'two', Version: 2, Type: 'SecureString' });
    expect(await get('/app/a:1', true)).toMatchObject({ Value: 'one', Version: 1 });
    expect((await get('/app/a', false)).Value).not.toBe('two');
    const { Parameters } = await aws.parameters.send(
      new GetParameterHistoryCommand({ Name: '/app/a', WithDecryption: true }),
    );
    expect(Parameters!.map(({ Value }) => Value)).toEqual(['one', 'two']);
  });

  test('are found by names and by path, in pages', async () => {
    for (const name of ['/tree/a', '/tree/b', '/tree/c/d']) await put(name, 'x');
    const { Parameters, InvalidParameters } = await aws.parameters.send(
      new GetParametersCommand({ Names: ['/tree/a', '/none'] }),
    );
    expect([Parameters!.map(({ Name }) => Name), InvalidParameters]).toEqual([['/tree/a'], ['/none']]);
    const below = async (more: object) => {
      const page = await aws.parameters.send(new GetParametersByPathCommand({ Path: '/tree/', ...more }));
      return [page.Parameters!.map(({ Name }) => Name), page.NextToken] as const;
    };
    expect(await below({})).toEqual([['/tree/a', '/tree/b'], undefined]);
    expect((await below({ Recursive: true }))[0]).toEqual(['/tree/a', '/tree/b', '/tree/c/d']);
    const [, NextToken] = await below({ MaxResults: 1 });
    expect((await below({ MaxResults: 1, NextToken }))[0]).toEqual(['/tree/b']);
    const described = await aws.parameters.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: ['/tree/c'] }] }),
    );
    expect(described.Parameters!.map(({ Name }) => Name)).toEqual(['/tree/c/d']);
    expect(JSON.stringify(described)).not.toContain('"Value"');
    const gone = await aws.parameters.send(new DeleteParametersCommand({ Names: ['/tree/a', '/none'] }));
    expect([gone.DeletedParameters, gone.InvalidParameters]).toEqual([['/tree/a'], ['/none']]);
  });

  test('of more than 4 KB are refused, and so are names that AWS keeps for itself', async () => {
    await expect(put('/app/large', 'x'.repeat(4097))).rejects.toMatchObject({ name: 'ValidationException' });
    await put('/app/larger', 'x'.repeat(4097), { Tier: 'Advanced' });
    await expect(put('/aws/a', 'x')).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(aws.parameters.send(new DeleteParameterCommand({ Name: '/none' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
  });
});

describe('tables', () => {
  test('take conditional writes and queries, and know of backups', async () => {
    const TableName = 'records';
    const made = await aws.tables.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    expect(made.TableDescription!.TableArn).toBe(`arn:aws:dynamodb:us-east-1:123456789012:table/${TableName}`);
    const write = (sk: string, version: string) =>
      aws.tables.send(
        new PutItemCommand({
          TableName,
          Item: { pk: { S: 'a' }, sk: { S: sk }, version: { N: version } },
          ConditionExpression: 'attribute_not_exists(pk) OR version < :v',
          ExpressionAttributeValues: { ':v': { N: version } },
        }),
      );
    await write('1', '1');
    await write('2', '1');
    await expect(write('1', '1')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const { Items } = await aws.tables.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :p AND sk > :s',
        ExpressionAttributeValues: { ':p': { S: 'a' }, ':s': { S: '1' } },
      }),
    );
    expect(Items).toEqual([{ pk: { S: 'a' }, sk: { S: '2' }, version: { N: '1' } }]);
    await aws.tables.send(
      new UpdateContinuousBackupsCommand({
        TableName,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
    const { ContinuousBackupsDescription } = await aws.tables.send(new DescribeContinuousBackupsCommand({ TableName }));
    expect(ContinuousBackupsDescription).toMatchObject({
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED' },
    });
    expect(aws.aws.inventory()['tables']).toEqual([TableName]);
    await aws.tables.send(new DeleteTableCommand({ TableName }));
    expect(aws.aws.inventory()).not.toHaveProperty('tables');
    await expect(
      aws.tables.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' }, sk: { S: '1' } } })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
