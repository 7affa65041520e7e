/** What shapes a stack. */
export interface StackOptions {
  /** Default `hawser`. Every name in the stack begins with it. */
  readonly name: string;
  readonly region: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
  /** Values of the template's parameters that differ from its defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
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
