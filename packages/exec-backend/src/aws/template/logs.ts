import type { StackNames } from '../names.js';
import { ref, type Resources, sub } from './syntax.js';

/**
 * The output of commands outlives the stack, so that a console's delete button destroys no audit trail; `destroy` removes
 * it afterwards unless it is to be kept. A creation that is rolled back leaves no group behind.
 */
export const logs = (names: StackNames): Resources => ({
  RunLogs: {
    Type: 'AWS::Logs::LogGroup',
    Condition: 'MakeRunLogs',
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: { LogGroupName: sub(names.runLogGroup), RetentionInDays: ref('LogRetentionDays') },
  },
  ServiceLogs: {
    Type: 'AWS::Logs::LogGroup',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: { LogGroupName: sub(names.serviceLogGroup), RetentionInDays: ref('LogRetentionDays') },
  },
});
