import type { OnEvent } from '../events.js';
import type { SettingChange } from '../plan/types.js';
import type { WaitOptions } from '../space/wait.js';
import type { Finding, Staged, StageOptions } from '../tree/types.js';
import type { TargetOptions } from './target.js';

/** What a plan is made of: an environment, a Space, and its settings. */
export interface PlanOptions extends Omit<StageOptions, 'spaceName' | 'remoteReadme' | 'signal'>, TargetOptions {
  /** Default: a new Space is public, and an existing one stays what it is. */
  readonly private?: boolean;
  /** A flavor such as `cpu-basic`. Default: the Hub's, or what the Space has. */
  readonly hardware?: string;
  readonly sleepTimeSeconds?: number;
  /** Over those of the manifest. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** A Space that exists is an error. */
  readonly createOnly?: boolean;
  /** Propose the change instead of making it. */
  readonly pr?: boolean;
  /** Where journals are kept; without it nothing is remembered between runs. */
  readonly stateFolder?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: OnEvent;
  /** Stages the environment. Default: {@link stageEnvironment}. */
  readonly stage?: (options: StageOptions) => Promise<Staged>;
}

/** What happens after the commit. */
export interface AfterPushOptions {
  /** Wait until the Space runs. */
  readonly wait?: boolean | Omit<WaitOptions, 'commit'>;
  /** Looks at the app once it runs, which implies `wait`; findings that are errors fail the push. */
  readonly liveCheck?: (app: LiveApp) => Promise<readonly Finding[]>;
  /** Go back to the commit before when the new one does not build, run or pass the check. Implies `wait`. */
  readonly rollbackOnFailure?: boolean;
  /** First line of the commit. Default: `Push NAME with hawser`. */
  readonly message?: string;
  /** Where the staged files are written to when the push fails. Default: nowhere. */
  readonly stagingFolder?: string;
}

/** The app of a Space that runs. */
export interface LiveApp {
  readonly space: string;
  readonly url: string;
  readonly signal: AbortSignal | undefined;
}

/** How to push. */
export interface PushOptions extends PlanOptions, AfterPushOptions {}

/** What a push did. */
export interface PushResult {
  readonly space: string;
  /** The Space's page. */
  readonly url: string;
  /** Where the app answers, when the Hub said so. */
  readonly appUrl: string | undefined;
  /** Head of the Space, or of the pull request. */
  readonly commit: string;
  /** Git's name of the tree there, proven from a listing. */
  readonly treeId: string;
  /** The Space had it all: no commit was made. */
  readonly unchanged: boolean;
  /** The Space was made. */
  readonly created: boolean;
  /** The commit had been made by a push that was killed, or whose answer was lost before that. */
  readonly resumed: boolean;
  readonly pullRequest?: { readonly number: number; readonly url: string };
  readonly changes: {
    readonly added: readonly string[];
    readonly updated: readonly string[];
    readonly deleted: readonly string[];
    readonly ignored: readonly string[];
    /** Number of files that were there already. */
    readonly same: number;
  };
  readonly settings: readonly SettingChange[];
  /** The Space's stage, when it was waited for. */
  readonly stage?: string;
  readonly findings: readonly Finding[];
  /** Digest of what was pushed. */
  readonly contents: string;
}
