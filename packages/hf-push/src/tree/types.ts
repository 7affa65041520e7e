/** Where the bytes of a staged file are. */
export type FileContent =
  | { readonly kind: 'file'; readonly path: string }
  /** `path`: the file they were read from, where they were not made up. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly path?: string };

/** A file as the Space is to hold it. The Hub's commit API knows no modes: every file is 100644. */
export interface TreeFile {
  /** Below the root of the Space, with `/`, in Unicode as the file system gave it. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Git's SHA-1, in hex, of the blob the tree is to hold: the content, or for files larger than 10 MiB, which the Hub
   * keeps in LFS, the pointer to it.
   */
  readonly oid: string;
  /** Of files larger than 10 MiB, in hex: their name in LFS. */
  readonly sha256?: string;
  /** What such a file looked like when it was hashed. */
  readonly stamp?: string;
  readonly content: FileContent;
}

/** Something a person should know about an environment or what was made of it. */
export interface Finding {
  /** Stable id, such as `dockerfile/missing-source`. */
  readonly rule: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Below the environment's folder. */
  readonly path?: string;
  /** From 1. */
  readonly line?: number;
}

/** What is to be in the Space: made from an environment without asking anybody. */
export interface Staged {
  /** Name of the environment: that of its folder. */
  readonly name: string;
  /** Absolute path of the environment's folder. */
  readonly folder: string;
  /** `repository`: files stand below `src/` or `envs/` as in the repository. `flat`: the environment's folder is the root. */
  readonly layout: 'repository' | 'flat';
  /** Sorted by the bytes of their paths; no two differ in case only. */
  readonly files: readonly TreeFile[];
  /** Variables the manifest asks for. */
  readonly variables: Readonly<Record<string, string>>;
  /** Port the container listens on. */
  readonly appPort: number;
  /** Warnings and notes; errors are thrown as HAWSER_HF_ENV_INVALID. */
  readonly findings: readonly Finding[];
}

/** What to stage, and how. */
export interface StageOptions {
  /** Where to look for environments: `src/envs/`, `envs/` and `./` below it. */
  readonly from: string;
  /** The environment's name, or a path to its folder. */
  readonly environment: string;
  /** Name of the Space without its namespace: title, emoji and colours come from it. */
  readonly spaceName: string;
  /** README.md of the Space as it is now: its emoji and colours are kept. */
  readonly remoteReadme?: string;
  /** Replaces the base image of the final stage, and of stages that share it. */
  readonly baseImage?: string;
  /** Turn the web interface on. Default true. */
  readonly webInterface?: boolean;
  /** Patterns as in .gitignore. */
  readonly exclude?: readonly string[];
  /** Let files through in which secrets were found. Default false. */
  readonly allowSecrets?: boolean;
  /** Mend front matter that would break the Space by the smallest edit. Default false: it is reported. */
  readonly fixReadme?: boolean;
  readonly signal?: AbortSignal;
}
