import type { AwsApi, FoundTarget } from '@hawser/ssm-channel/aws';

/** Where AWS calls go and as whom; what is not given, the AWS SDK finds as it always does. */
export interface AwsSettings {
  readonly profile?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
}

/** AWS, as the flags of the command say. Nothing is loaded and nobody is called before it is asked for. */
export interface Aws {
  readonly settings: AwsSettings;
  /**
   * The calls that Session Manager needs; one object per command, closed when the command ends. Give each call the
   * signal of the command: the object does not know it, because a session is ended by a call after Ctrl-C.
   */
  api(): Promise<AwsApi>;
  /** Turns what a person typed into a target; see `findTarget` of `@hawser/ssm-channel/aws` for forms and errors. */
  findTarget(text: string, options?: { readonly signal?: AbortSignal }): Promise<FoundTarget>;
}

/** Makes the AWS access of one command from its flags. */
export function createAws({
  flags,
  onEnd,
}: {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly onEnd: (cleanup: () => void) => void;
}): Aws {
  const settings = settingsOf(flags);
  let made: Promise<AwsApi> | undefined;
  const make = async (): Promise<AwsApi> => {
    const { createAwsApi } = await import('@hawser/ssm-channel/aws');
    const api = createAwsApi(settings);
    onEnd(() => api[Symbol.dispose]());
    return api;
  };
  const api = (): Promise<AwsApi> => (made ??= make());
  return {
    settings,
    api,
    findTarget: async (text, options) => {
      const { findTarget } = await import('@hawser/ssm-channel/aws');
      return findTarget(text, await api(), options);
    },
  };
}

function settingsOf(flags: Readonly<Record<string, unknown>>): AwsSettings {
  const { profile, region, 'endpoint-url': endpointUrl } = flags;
  return {
    ...(typeof profile === 'string' ? { profile } : {}),
    ...(typeof region === 'string' ? { region } : {}),
    ...(typeof endpointUrl === 'string' ? { endpointUrl } : {}),
  };
}
