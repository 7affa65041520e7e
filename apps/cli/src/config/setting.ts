/** What a value may be, where it stands in a file of ours. */
export type SettingKind =
  | { readonly kind: 'text' }
  | { readonly kind: 'url' }
  | { readonly kind: 'port' }
  | { readonly kind: 'number' }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly options: readonly string[] };

/** Names from the top of a file to a value in it. */
export type KeyPath = readonly string[];

/** Where a setting stands in a file that is not just a list of settings. */
export interface OwnKey {
  readonly file: 'config.yaml' | 'sessions.json' | '.hawser.yaml';
  readonly key: KeyPath;
}

/** A flag of commands that a setting is the default of. */
export interface SettingFlag {
  readonly flag: string;
  /** Topics, or ids such as `hf:push`. */
  readonly commands: readonly string[];
  /** It stays as it is where one of these is given: they say something else in its place. */
  readonly unless?: readonly string[];
}

/**
 * A value that somebody may decide: by a flag, else a variable, else the project's file, else the person's, else it is
 * the default. All there are stand below `settings/`, a file a topic.
 */
export interface Setting {
  /** The topic and what it is, e.g. `aws.region`; the same in every file, and in `hawser config get`. */
  readonly name: string;
  /** What it is, to follow its name. */
  readonly summary: string;
  readonly value: SettingKind;
  /** Variables that say it; the first that is set counts. */
  readonly variables: readonly string[];
  /** Variables that say the same in another way: where one is set, no file is asked. */
  readonly yieldsTo?: readonly string[];
  readonly flags: readonly SettingFlag[];
  /** Its flags are filled from the files. Else the topic asks for it by itself. */
  readonly fills: boolean;
  /** Whether a project's file may say it: not where keys, tokens or commands would go. Default: below `settings`. */
  readonly project: boolean | OwnKey;
  /** Default: below `settings` of config.yaml. */
  readonly user: boolean | OwnKey;
  /** What `hawser setup` calls it; its answers are remembered in setup.json. */
  readonly choice?: string | undefined;
  /** What holds when nobody decides, in words. */
  readonly otherwise: string;
  /** It is shown as set or not set, and nothing more. */
  readonly secret: boolean;
}

type Given = Partial<Setting> & Pick<Setting, 'name' | 'summary' | 'otherwise'>;

/** A setting, with what most have in common. */
export function setting(given: Given): Setting {
  return {
    value: { kind: 'text' },
    variables: [],
    flags: [],
    fills: (given.flags?.length ?? 0) > 0,
    project: true,
    user: true,
    secret: false,
    ...given,
  };
}
