import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { readSettings, stackNames } from '../../src/aws/names.js';
import { type Account, openAccount } from '../../src/aws/stack/account.js';
import { applyStack } from '../../src/aws/stack/apply.js';
import { findStack } from '../../src/aws/stack/find.js';
import { dropPlan, planStack } from '../../src/aws/stack/plan.js';

const name = 'second-opinion';
const options = { name, version: '1.2.3' };

describeReal('moto', (path) => {
  let moto: Program;
  let account: Account;
  beforeAll(async () => {
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    moto = new Program(path('moto'), ['-H', '127.0.0.1', '-p', '0']);
    const [endpointUrl] = await moto.until(
      () => /http:\/\/127\.0\.0\.1:\d+/.exec(moto.stderr) ?? undefined,
      'listening',
    );
    account = openAccount({ region: 'eu-central-1', endpointUrl });
  }, 60_000);
  afterAll(async () => {
    account[Symbol.dispose]();
    await moto[Symbol.asyncDispose]();
  });

  test('a plan that is dropped leaves no stack; an applied one makes what the template says', async () => {
    const dropped = await planStack(account, options);
    expect(dropped).toMatchObject({ action: 'create', region: 'eu-central-1' });
    expect(dropped.changes.length).toBeGreaterThan(30);
    await dropPlan(account, dropped);
    expect(await findStack(account, name)).toBeUndefined();

    const events = applyStack(account, await planStack(account, options), options);
    const statuses: string[] = [];
    let next = await events.next();
    for (; next.done !== true; next = await events.next()) statuses.push(next.value.status);
    expect(statuses.at(-1)).toBe('CREATE_COMPLETE');

    const made = await (await account.cloudFormation()).send(new DescribeStackResourcesCommand({ StackName: name }));
    const types = new Set((made.StackResources ?? []).map(({ ResourceType }) => ResourceType));
    // What moto implements; it tells of the rest in a warning.
    for (const type of [
      'EC2::VPC',
      'ECS::Cluster',
      'DynamoDB::Table',
      'IAM::Role',
      'Lambda::Function',
      'Events::Rule',
    ]) {
      expect(types).toContain(`AWS::${type}`);
    }
    const names = stackNames(name);
    const lambda = await (
      await account.lambda()
    ).send(new GetFunctionConfigurationCommand({ FunctionName: names.function }));
    const settings = readSettings(lambda.Environment?.Variables ?? {});
    expect(settings).toMatchObject({
      stack: name,
      table: names.table,
      cluster: names.cluster,
      logGroup: names.runLogGroup,
      executionRoleArn: `arn:aws:iam::123456789012:role/${name}-eu-central-1-execution`,
      authMode: 'api-key',
      enableAttach: false,
    });
    expect(settings.subnets).toHaveLength(2);
    expect(settings.endpoint).toMatch(/^https:\/\/[^.]+\.execute-api\.eu-central-1\.amazonaws\.com\/prod\/task$/);
    const { Table } = await (await account.dynamoDb()).send(new DescribeTableCommand({ TableName: names.table }));
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
  }, 60_000);
});
