import { randomBytes } from 'node:crypto';
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ExecBackendError } from '../../errors.js';
import type { Row, Store } from '../../ports.js';
import { tableAttributes } from '../names.js';
import { awsCode } from '../sdk-failure.js';
import { patiently, type Pause, pauseByClock } from '../patience.js';

type Item = Record<string, AttributeValue>;

const { partition: pk, sort: sk, expiresAt } = tableAttributes;

/** How the store reaches its table. */
export interface DynamoStoreOptions {
  readonly table: string;
  /** Called when the first row is asked for. */
  readonly client: () => Promise<DynamoDBClient>;
  readonly pause?: Pause;
}

/**
 * Keeps rows in one DynamoDB table, one item each: partition, key, version, the data as JSON, and who wrote it. All
 * reads are consistent, all writes conditional on the version; there are no transactions and no indexes.
 *
 * A row with its key may have 400 KB (DynamoDB's limit of an item).
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_STORE_FAILED` where the table cannot be reached or refuses.
 */
export function createDynamoStore(options: DynamoStoreOptions): Store {
  const { table, pause = pauseByClock } = options;

  const ask = async <T>(what: string, call: (client: DynamoDBClient) => Promise<T>): Promise<T> => {
    try {
      const client = await options.client();
      return await patiently(() => call(client), pause);
    } catch (error) {
      if (awsCode(error) === 'ConditionalCheckFailedException') throw error;
      throw new ExecBackendError('HAWSER_EXEC_BACKEND_STORE_FAILED', `The table ${table} could not ${what}.`, {
        hint: 'hawser exec doctor looks at the table and at what the service may do with it.',
        details: { table, awsCode: awsCode(error) },
        cause: error,
      });
    }
  };

  const load = async (partition: string, key: string): Promise<Item | undefined> => {
    const { GetItemCommand } = await import('@aws-sdk/client-dynamodb');
    const command = new GetItemCommand({ TableName: table, Key: keyOf(partition, key), ConsistentRead: true });
    return (await ask('be read', (client) => client.send(command))).Item;
  };

  /** Whether a write that failed on its condition had gone in before: then its answer was lost, and the SDK sent it again. */
  const wasSentTwice = (error: unknown): boolean =>
    ((error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1) > 1;

  return {
    get: async <T>(partition: string, key: string) => {
      const item = await load(partition, key);
      return item && rowOf<T>(item);
    },

    put: async ({ partition, key, data, expiresAtMs }, expected) => {
      const { PutItemCommand } = await import('@aws-sdk/client-dynamodb');
      const writer = randomBytes(12).toString('hex');
      const command = new PutItemCommand({
        TableName: table,
        Item: {
          ...keyOf(partition, key),
          version: { N: String(expected + 1) },
          data: { S: JSON.stringify(data) },
          writer: { S: writer },
          ...(expiresAtMs !== undefined && {
            expires_ms: { N: String(expiresAtMs) },
            [expiresAt]: { N: String(Math.ceil(expiresAtMs / 1000)) },
          }),
        },
        ...condition(expected),
      });
      try {
        await ask('be written', (client) => client.send(command));
        return expected + 1;
      } catch (error) {
        if (awsCode(error) !== 'ConditionalCheckFailedException') throw error;
        const mine = wasSentTwice(error) && (await load(partition, key))?.['writer']?.S === writer;
        return mine ? expected + 1 : undefined;
      }
    },

    remove: async (partition, key, expected) => {
      // That is no version of any row, and means `none` where something is put.
      if (expected === 0) return false;
      const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
      const command = new DeleteItemCommand({ TableName: table, Key: keyOf(partition, key), ...condition(expected) });
      try {
        await ask('be written', (client) => client.send(command));
        return true;
      } catch (error) {
        if (awsCode(error) !== 'ConditionalCheckFailedException') throw error;
        return wasSentTwice(error) && (await load(partition, key)) === undefined;
      }
    },

    list: async <T>(partition: string, query: Parameters<Store['list']>[1]) => {
      const { QueryCommand } = await import('@aws-sdk/client-dynamodb');
      const { prefix = '', after, limit, backwards = false } = query;
      const rows: Row<T>[] = [];
      // A start outside of the prefix is refused by DynamoDB: before it there is nothing to skip, behind it nothing to find.
      const outside = after !== undefined && !after.startsWith(prefix);
      if (outside && isBehind(after, prefix) !== backwards) return rows;
      let start: Item | undefined = after === undefined || outside ? undefined : keyOf(partition, after);
      do {
        const command: InstanceType<typeof QueryCommand> = new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: prefix === '' ? '#p = :p' : '#p = :p AND begins_with(#s, :s)',
          ExpressionAttributeNames: { '#p': pk, ...(prefix !== '' && { '#s': sk }) },
          ExpressionAttributeValues: { ':p': { S: partition }, ...(prefix !== '' && { ':s': { S: prefix } }) },
          ScanIndexForward: !backwards,
          Limit: limit - rows.length,
          ...(start && { ExclusiveStartKey: start }),
        });
        const page = await ask('be read', (client) => client.send(command));
        rows.push(...(page.Items ?? []).map((item) => rowOf<T>(item)));
        start = page.LastEvaluatedKey;
      } while (start && rows.length < limit);
      return rows;
    },
  };
}

function keyOf(partition: string, key: string): Item {
  return { [pk]: { S: partition }, [sk]: { S: key } };
}

function condition(expected: number): {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Item;
} {
  if (expected === 0) {
    return { ConditionExpression: 'attribute_not_exists(#p)', ExpressionAttributeNames: { '#p': pk } };
  }
  return {
    ConditionExpression: '#v = :v',
    ExpressionAttributeNames: { '#v': 'version' },
    ExpressionAttributeValues: { ':v': { N: String(expected) } },
  };
}

function rowOf<T>(item: Item): Row<T> {
  const expiresAtMs = item['expires_ms']?.N;
  return {
    partition: item[pk]?.S ?? '',
    key: item[sk]?.S ?? '',
    version: Number(item['version']?.N),
    data: JSON.parse(item['data']?.S ?? 'null') as T,
    ...(expiresAtMs !== undefined && { expiresAtMs: Number(expiresAtMs) }),
  };
}

/** Whether a key stands behind all that begin with the prefix, in the order of their bytes. */
function isBehind(key: string, prefix: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(prefix)) > 0;
}
