/** The acts of the tour, in their order. */
export const actIds = ['reach', 'tunnel', 'run', 'session', 'ship'] as const;

/** One of {@link actIds}. */
export type ActId = (typeof actIds)[number];

/** What every act works with. All of it is the tour's own: nothing of the person's is read or changed. */
export interface TourGround {
  /** A private folder, which is gone with the act. */
  readonly folder: string;
  /** The environment of everything that is started: PATH and language of the person, all the rest below the folder. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the command line is installed: the programs it starts lie below. */
  readonly root: string;
  readonly version: string;
  /** The person wants to see the terminal page in a browser, and to leave it by themselves. */
  readonly open: boolean;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** This value is meant for the person, though it may look like a secret. */
  readonly show: (value: string) => void;
  /** Takes something down when the act ends, however it ends; last made, first gone. */
  readonly after: (cleanup: () => unknown) => void;
}

/** An act: what is done, and what its outcome proves. */
export interface Act {
  readonly id: ActId;
  readonly title: string;
  /** Resolves with what was proved, a sentence each; rejects when something did not hold. */
  play(ground: TourGround): Promise<readonly string[]>;
}

/** What became of an act. */
export interface PlayedAct {
  readonly id: ActId;
  readonly title: string;
  /** What was proved, a sentence each. */
  readonly proved: readonly string[];
  readonly seconds: number;
}
