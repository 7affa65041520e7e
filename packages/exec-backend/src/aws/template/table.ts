import { type StackNames, tableAttributes } from '../names.js';
import { type Resources, sub } from './syntax.js';

const { partition, sort, expiresAt } = tableAttributes;

/** History, locks, keys and receipts. Nobody pays while nobody runs anything. */
export const table = (names: StackNames): Resources => ({
  Table: {
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      TableName: sub(names.table),
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: partition, AttributeType: 'S' },
        { AttributeName: sort, AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: expiresAt, Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    },
  },
});
