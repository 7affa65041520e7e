/** A permission of IAM that somebody lacks, and what to ask an administrator for. */
export interface MissingPermission {
  /** `eks:DescribeCluster` and the like. */
  readonly action: string;
  readonly resource: string;
  /** A statement for a policy, to be handed on as it is. */
  readonly statement: { readonly Effect: 'Allow'; readonly Action: string; readonly Resource: string };
}

/** The statement that grants one action. */
export function missingPermission(action: string, resource: string): MissingPermission {
  return { action, resource, statement: { Effect: 'Allow', Action: action, Resource: resource } };
}
