import type { Input } from '../../ssm/api/operation.js';
import { textOf } from '../text.js';

/** A function. */
export interface EmulatedFunction {
  readonly name: string;
  readonly arn: string;
  runtime: string;
  handler: string;
  role: string;
  description: string;
  memory: number;
  /** Seconds. */
  timeout: number;
  environment: Readonly<Record<string, string>>;
  architectures: readonly string[];
  /** Where its code lies. */
  codeFolder: string;
  codeSha256: string;
  codeBytes: number;
  revision: string;
  modifiedMs: number;
  /** An update is seen as in progress until then, or until somebody has seen it. */
  updatingUntilMs: number;
  logGroup: string;
  /** Reserved concurrent executions; 0 stops it. */
  concurrency: number | undefined;
  readonly permissions: Map<string, Permission>;
  url: FunctionUrl | undefined;
  readonly tags: Map<string, string>;
}

/** Who may invoke a function, as one statement of its policy. */
export interface Permission {
  readonly action: string;
  readonly principal: string;
  readonly sourceArn: string | undefined;
  readonly urlAuthType: string | undefined;
  readonly viaUrl: boolean;
}

/** The address of a function. */
export interface FunctionUrl {
  readonly id: string;
  readonly authType: 'NONE' | 'AWS_IAM';
  readonly createdMs: number;
}

/** How an invocation ended. */
export interface InvokeResult {
  /** JSON, of the result or of the error. */
  readonly payload: string;
  readonly failed: boolean;
}

/** What is set of a function when it is made or changed. */
export function settingsOf(input: Input, before?: EmulatedFunction): Partial<EmulatedFunction> {
  const environment = (input['Environment'] as { readonly Variables?: Readonly<Record<string, unknown>> } | undefined)
    ?.Variables;
  return {
    runtime: textOf(input['Runtime'] ?? before?.runtime ?? 'nodejs22.x'),
    handler: textOf(input['Handler'] ?? before?.handler ?? 'index.handler'),
    role: textOf(input['Role'] ?? before?.role ?? ''),
    description: textOf(input['Description'] ?? before?.description ?? ''),
    memory: Number(input['MemorySize'] ?? before?.memory ?? 128),
    timeout: Number(input['Timeout'] ?? before?.timeout ?? 3),
    environment:
      environment === undefined
        ? (before?.environment ?? {})
        : Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)])),
  };
}
