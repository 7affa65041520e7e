import type { Out } from './output/out.js';
import { isCi } from './output/style.js';
import { createAsk } from './prompt.js';
import type { Ask } from './prompt.js';

/** Where AWS calls go and as whom; what is not given, the AWS SDK finds as it always does. */
export interface AwsSettings {
  readonly profile?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
}

/** What every command may use besides its own words. */
export interface Context {
  readonly aws: AwsSettings;
  readonly out: Out;
  readonly ask: Ask;
  /** Aborts at the first Ctrl-C, SIGTERM or hang-up, and when nobody reads our output any more. */
  readonly signal: AbortSignal;
}

/** Makes the context of one run of a command. */
export function createContext({
  flags,
  out,
  signal,
}: {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly out: Out;
  readonly signal: AbortSignal;
}): Context {
  const interactive =
    process.stdin.isTTY === true && process.stderr.isTTY === true && !out.json && !isCi(process.env);
  return { aws: awsSettings(flags), out, ask: createAsk({ interactive, signal }), signal };
}

function awsSettings(flags: Readonly<Record<string, unknown>>): AwsSettings {
  const text = (name: string): string | undefined => {
    const value = flags[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [profile, region, endpointUrl] = [text('profile'), text('region'), text('endpoint-url')];
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
  };
}
