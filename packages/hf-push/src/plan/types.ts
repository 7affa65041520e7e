import type { FileAction } from '../diff/compare.js';
import type { Finding, StageOptions } from '../tree/types.js';

/** What a Space is to have besides files. What is not named stays as it is. */
export interface SpaceSettings {
  readonly private?: boolean;
  /** A flavor, such as `cpu-basic` or `t4-small`. */
  readonly hardware?: string;
  /** Until an idle Space on paid hardware goes to sleep; -1 for never. */
  readonly sleepTimeSeconds?: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** A setting that is about to change. Values of secrets are never in it. */
export type SettingChange =
  | { readonly kind: 'visibility'; readonly to: 'public' | 'private' }
  | { readonly kind: 'hardware'; readonly from: string | undefined; readonly to: string }
  | { readonly kind: 'variable'; readonly key: string; readonly to: string }
  | { readonly kind: 'secret'; readonly key: string };

/** A file of a plan. */
export interface PlannedFile {
  readonly path: string;
  /** Git's SHA-1 of the content. */
  readonly oid: string;
  /** In bytes. */
  readonly size: number;
  /** Only where the Space was looked at. */
  readonly action?: FileAction;
  /** SHA-256 of the content, where it goes to LFS or is there. */
  readonly sha256?: string;
}

/** What the Space is now, and what the plan makes of it. */
export interface PlannedChange {
  /** False: the Space is made. Its tree can be told only then, as the Hub puts files of its own into it. */
  readonly exists: boolean;
  /** The commit the plan was made for. */
  readonly parent?: string;
  /** Git's name of the tree at that commit. */
  readonly parentTree?: string;
  /** Git's name of the tree the Space will have. */
  readonly treeId?: string;
  readonly deletes: readonly string[];
  /** Files of the Space that are not ours and stay. */
  readonly keeps: readonly string[];
  readonly settings: readonly SettingChange[];
}

/** All that a push will do, as a document that can be kept, read and applied later. */
export interface Plan {
  readonly kind: 'hawser-hf-plan';
  readonly version: 1;
  /** `sha256:` over everything else in this document. */
  readonly digest: string;
  /** `sha256:` over path, oid and size of every file, and the settings: what is pushed, wherever it comes from. */
  readonly contents: string;
  /** Only where the Hub was asked. */
  readonly endpoint?: string;
  /** `namespace/name`; the name alone where nobody was asked whose token it is. */
  readonly space: string;
  readonly environment: { readonly name: string; readonly layout: 'repository' | 'flat'; readonly appPort: number };
  /** How to stage it again. */
  readonly staging: Omit<StageOptions, 'signal'>;
  readonly files: readonly PlannedFile[];
  readonly settings: SpaceSettings & {
    /** Names only. */
    readonly secrets: readonly string[];
  };
  /** Only where the Hub was asked. */
  readonly change?: PlannedChange;
  readonly findings: readonly Finding[];
}
