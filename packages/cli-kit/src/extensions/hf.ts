/** An environment that is being validated. */
export interface HfRuleInput {
  /** Name of the environment. */
  readonly environment: string;
  /** Absolute path of its folder; a rule reads, and writes nothing. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** What a rule found. */
export interface HfRuleFinding {
  /** An `error` makes `hawser hf validate` end with 1. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Below the environment's folder, with `/`. */
  readonly path?: string;
  /** From 1. */
  readonly line?: number;
}

/** A rule of `hawser hf validate`. Findings name it PLUGIN/NAME, where NAME is the extension's in the manifest. */
export interface HfRule {
  /** What it asks for, as one sentence. */
  readonly asks: string;
  check(input: HfRuleInput): Promise<readonly HfRuleFinding[]>;
}

/** What a template calls things, made from the environment's name. */
export interface HfTemplateNames {
  /** `my_env` */
  readonly name: string;
  /** `My`: what classes begin with. */
  readonly prefix: string;
  /** `My Env` */
  readonly title: string;
  /** `my-env` */
  readonly dashed: string;
}

/** A template of `hawser hf init --template NAME`, where NAME is the extension's in the manifest. */
export interface HfTemplate {
  /** What it makes, as one sentence. */
  readonly summary: string;
  /** All files of the environment: paths below its folder, with `/`, and texts. */
  files(names: HfTemplateNames): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
}
