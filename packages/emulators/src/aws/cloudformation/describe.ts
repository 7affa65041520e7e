import type { ChangeSet, Stack } from './stack.js';

/** A stack as DescribeStacks shows it. */
export function describeStack(stack: Stack): Readonly<Record<string, unknown>> {
  return {
    StackId: stack.id,
    StackName: stack.name,
    Description: stack.template?.Description,
    Parameters: parametersOf(stack),
    CreationTime: new Date(stack.createdMs),
    LastUpdatedTime: dateOf(stack.updatedMs),
    DeletionTime: dateOf(stack.deletedMs),
    StackStatus: stack.status,
    StackStatusReason: stack.reason,
    DisableRollback: stack.disableRollback,
    NotificationARNs: [],
    Capabilities: stack.capabilities,
    Outputs: stack.outputs,
    Tags: stack.tags,
    EnableTerminationProtection: false,
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

/** A stack as ListStacks shows it. */
export function summarize(stack: Stack): Readonly<Record<string, unknown>> {
  return {
    StackId: stack.id,
    StackName: stack.name,
    CreationTime: new Date(stack.createdMs),
    LastUpdatedTime: dateOf(stack.updatedMs),
    DeletionTime: dateOf(stack.deletedMs),
    StackStatus: stack.status,
  };
}

/** A change set as DescribeChangeSet shows it. */
export function describeChangeSet(stack: Stack, changeSet: ChangeSet): Readonly<Record<string, unknown>> {
  return {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.id,
    StackId: stack.id,
    StackName: stack.name,
    Description: changeSet.description,
    Parameters: parametersOf(changeSet),
    CreationTime: new Date(changeSet.createdMs),
    ExecutionStatus: changeSet.status === 'FAILED' ? 'UNAVAILABLE' : 'AVAILABLE',
    Status: changeSet.status,
    StatusReason: changeSet.reason,
    Capabilities: changeSet.capabilities,
    Tags: changeSet.tags,
    Changes: changeSet.changes.map((ResourceChange) => ({ Type: 'Resource', ResourceChange })),
  };
}

function parametersOf({ template, parameters }: Pick<Stack, 'template' | 'parameters'>): readonly unknown[] {
  return Object.entries(parameters).map(([ParameterKey, value]) => ({
    ParameterKey,
    ParameterValue: String(template?.Parameters[ParameterKey]?.NoEcho ?? false) === 'true' ? '****' : value,
  }));
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
