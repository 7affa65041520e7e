/** The parts of the stack, in the order in which they are started. */
export const partNames = ['ssm', 'aws', 'kube', 'hub', 'exec', 'sessions'] as const;

/** One of {@link partNames}. */
export type PartName = (typeof partNames)[number];

/** A part that answers. Session Manager and AWS share one address, as they do in AWS. */
export interface Part {
  readonly name: PartName;
  readonly url: string;
}

/** What the stack is to be made of. */
export interface StackOrder {
  readonly parts: readonly PartName[];
  /** By part; 0 takes a free one. What is not named has the port of the last time, or a free one. */
  readonly ports: Readonly<Partial<Record<PartName, number>>>;
  /** What pods of the emulated cluster can run, as `--run` of `hawser emulate kube` has it. */
  readonly images: readonly string[];
}

/** A stack that runs. */
export interface RunningStack {
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly parts: readonly Part[];
  /** Variables that point any tool at it. */
  readonly env: Readonly<Record<string, string>>;
}

/** The port that a part listens on is known by this name: where there are both, Session Manager is behind that of AWS. */
export function portNameOf(part: PartName, parts: readonly PartName[]): PartName {
  return part === 'ssm' && parts.includes('aws') ? 'aws' : part;
}
