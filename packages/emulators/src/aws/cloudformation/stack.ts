import type { Made, Properties } from './kind.js';
import type { ParameterValues } from './parameters.js';
import type { Template } from './template.js';

/** A resource of a stack. */
export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly deletionPolicy: string;
  readonly properties: Properties;
  readonly made: Made;
  readonly status: string;
  readonly changedMs: number;
}

/** One event, as DescribeStackEvents tells it. */
export interface StackEvent {
  readonly EventId: string;
  readonly StackId: string;
  readonly StackName: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId: string;
  readonly ResourceType: string;
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
  readonly ResourceProperties?: string;
  readonly ClientRequestToken?: string;
  readonly Timestamp: Date;
}

/** What a change set would do to one resource. */
export interface ResourceChange {
  readonly Action: 'Add' | 'Modify' | 'Remove';
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  readonly Replacement?: 'True' | 'False';
  readonly Scope: readonly string[];
  readonly Details: readonly unknown[];
}

/** A change set. */
export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly createdMs: number;
  readonly template: Template;
  readonly parameters: ParameterValues;
  readonly tags: readonly unknown[];
  readonly capabilities: readonly string[];
  readonly changes: readonly ResourceChange[];
  readonly status: 'CREATE_COMPLETE' | 'FAILED';
  readonly reason: string | undefined;
}

/** A stack, until long after it was deleted. */
export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
  updatedMs: number | undefined;
  deletedMs: number | undefined;
  status: string;
  reason: string | undefined;
  template: Template | undefined;
  parameters: ParameterValues;
  tags: readonly unknown[];
  capabilities: readonly string[];
  outputs: readonly { readonly OutputKey: string; readonly OutputValue: string; readonly Description?: string }[];
  disableRollback: boolean;
  /** In the order in which they were made. */
  readonly resources: Map<string, StackResource>;
  readonly changeSets: Map<string, ChangeSet>;
  /** Oldest first. */
  readonly events: StackEvent[];
  /** What is being done to it; settled when nothing is. */
  work: Promise<void>;
}
