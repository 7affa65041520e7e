/** Made by build.mjs out of the files below src/commands: each command by its id, loaded when it is asked for. */
declare module 'hawser:commands' {
  export const commands: Readonly<Record<string, import('@oclif/core').Command.Class>>;
}
