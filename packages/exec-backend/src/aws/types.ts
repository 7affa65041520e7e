import type { ParameterName } from './template/parameters.js';

/** Where an account is, and who asks. What is missing, the SDK finds as the AWS CLI does. */
export interface AccountOptions {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly endpointUrl?: string | undefined;
  /** Carries the SDK's requests, past a proxy for example. */
  readonly requestHandler?: object | undefined;
}

/** What shapes a stack. */
export interface StackOptions extends AccountOptions {
  /** Every name in the stack begins with it: a letter, then letters, digits and hyphens, 32 in all. */
  readonly name: string;
  /** Values of the template's parameters that differ from its defaults, or from what the stack has. */
  readonly parameters?: Readonly<Partial<Record<ParameterName, string>>>;
}

/** What a stack says of itself. */
export interface StackOutputs {
  readonly apiEndpoint: string;
  readonly region: string;
  readonly stackVersion: string;
  readonly clusterName: string;
  readonly logGroup: string;
  readonly tableName: string;
  readonly functionName: string;
}

/** One line of what CloudFormation is doing. */
export interface StackEvent {
  readonly at: string;
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

/** One thing that a plan would do. */
export interface StackChange {
  readonly action: 'add' | 'modify' | 'remove' | 'import' | 'dynamic';
  readonly logicalId: string;
  readonly type: string;
  /** The thing is made anew, and what was in it is lost. */
  readonly replaced?: boolean;
}

/** A stack as CloudFormation has it. */
export interface FoundStack {
  readonly name: string;
  readonly stackId: string;
  readonly status: string;
  readonly statusReason?: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Missing until the stack was made once. */
  readonly outputs?: StackOutputs;
}
