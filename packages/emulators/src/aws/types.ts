/** A container image that tasks may ask for, as the emulator has it on this machine. */
export interface EmulatedImage {
  /** Folder that becomes the container's root; this machine's own files, read-only, when missing. */
  readonly root?: string;
  readonly digest: string;
  readonly architecture?: 'X86_64' | 'ARM64';
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
}

/** How far the emulated AWS is from a calm one. All default to the calm value. */
export interface AwsFaults {
  /** Requests per second and burst of each operation, as AWS throttles them; `true` for AWS's own figures. */
  readonly throttle?: boolean | Readonly<Record<string, { readonly perSecond: number; readonly burst: number }>>;
  /** DescribeTasks says MISSING for this long after RunTask. */
  readonly taskMissingMs?: number;
  /** Lines reach CloudWatch this late. */
  readonly logDelayMs?: number;
  /** Every other GetLogEvents answers an empty page with a new token. */
  readonly emptyLogPages?: boolean;
  /** Share of task state events that are lost, doubled, or overtake each other. */
  readonly events?: { readonly lose?: number; readonly double?: number; readonly reorder?: number };
  /** The next RunTask answers 200 with these `failures` and no task. */
  readonly runTaskFailures?: readonly { readonly reason: string; readonly detail?: string }[];
  /** What a task of this image stops with instead of running. */
  readonly taskFails?: Readonly<Record<string, { readonly stopCode: string; readonly reason: string }>>;
  /** Creating this logical id of a stack fails; the stack rolls back. */
  readonly resourceFails?: Readonly<Record<string, string>>;
  /** Deleting this logical id fails; the stack ends in DELETE_FAILED. */
  readonly deleteFails?: readonly string[];
  /** Answers lost after the work was done, by operation: how many of the next. */
  readonly loseAnswers?: Readonly<Record<string, number>>;
  /** Operations that answer 5xx, by operation: how many of the next. */
  readonly serverErrors?: Readonly<Record<string, number>>;
}

/** How the emulator is started. */
export interface AwsEmulatorOptions {
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly region?: string;
  /** Default 123456789012. */
  readonly accountId?: string;
  readonly seed?: number;
  /** By the name that a task definition gives. */
  readonly images?: Readonly<Record<string, EmulatedImage>>;
  readonly faults?: AwsFaults;
  /** Where task roots, functions and logs lie; a temporary folder, removed at the end, when missing. */
  readonly folder?: string;
  /** What the emulator believes the time is. */
  readonly nowMs?: () => number;
  /** Every minute rule fires this often. Default 60,000; 0: only by {@link AwsEmulator.fireRules}. */
  readonly minuteMs?: number;
}

/** A running AWS on loopback: ECS that really runs tasks, Logs, CloudFormation that really makes things, Lambda, API Gateway, DynamoDB, SSM, STS. */
export interface AwsEmulator extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** AWS_ENDPOINT_URL, region and dummy keys. */
  readonly env: Readonly<Record<string, string>>;
  /** May be changed while it runs. */
  faults: AwsFaults;
  /** Calls received, by `service:Operation`, oldest first. */
  readonly calls: readonly { readonly operation: string; readonly input: unknown; readonly at: number }[];
  /** What is left in the account, by kind: for tests that nothing is left behind. */
  inventory(): Readonly<Record<string, readonly string[]>>;
  /** Fires the scheduled rules now, and resolves when their functions have answered. */
  fireRules(): Promise<void>;
  /** The next event whose operation is this. */
  nextCall(operation: string): Promise<unknown>;
  /** Ends a task as ECS would, with its stop code and reason. */
  stopTask(taskArn: string, stop: { readonly stopCode: string; readonly reason: string }): Promise<void>;
  close(): Promise<void>;
}
