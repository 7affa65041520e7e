import { homedir } from 'node:os';
import type { FilledFlag, FillRequest } from '@hawser/cli-kit';
import { SettingResolver } from './resolve.js';
import type { SettingFlag } from './setting.js';
import { allSettings } from './settings/all.js';

/** What files say of the flags of a command that neither the command line nor a variable gave. */
export async function fillFlags(
  { command, flags, isGiven }: FillRequest,
  configDir: string,
): Promise<Readonly<Record<string, FilledFlag>>> {
  const resolver = new SettingResolver({ from: process.cwd(), env: process.env, home: homedir(), configDir });
  const filled: Record<string, FilledFlag> = {};
  for (const setting of allSettings) {
    if (!setting.fills) continue;
    const ofCommand = setting.flags.find((each) => isMeant(each, command) && flags.includes(each.flag));
    if (!ofCommand || isGiven(ofCommand.flag) || ofCommand.unless?.some(isGiven)) continue;
    const decision = await resolver.ofFiles(setting);
    if (decision) filled[ofCommand.flag] = { text: decision.text, source: decision.where };
  }
  return filled;
}

/** Whether a setting is the default of a flag of this command. */
export function isMeant({ commands }: SettingFlag, command: string): boolean {
  return commands.some((each) => command === each || command.startsWith(`${each}:`));
}
