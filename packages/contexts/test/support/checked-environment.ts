/** Environment variables, as a test sets them. */
export type Environment = Readonly<Record<string, string>>;

/**
 * The environment of this process without anything of AWS but what a test sets: the SDK's chain looks nowhere else.
 */
export function checkedEnvironment(): { set(values: Environment): NodeJS.ProcessEnv; restore(): void } {
  const before = { ...process.env };
  const restore = (): void => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  };
  return {
    set(values) {
      restore();
      for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
      Object.assign(process.env, {
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_MAX_ATTEMPTS: '1',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        ...values,
      });
      return process.env;
    },
    restore,
  };
}
