import { homedir } from 'node:os';
import { configFolder } from '../config/config-folder.js';
import { SettingResolver } from '../config/resolve.js';
import { allSettings } from '../config/settings/all.js';
import type { ChoiceDecisions, ChoiceName, Choices } from './choices.js';

/** What everybody but flags, memory and preset says of the choices, by the rules of all settings. */
export async function decisionsHere(remembered: Choices): Promise<{
  readonly environment: ChoiceDecisions;
  readonly files: ChoiceDecisions;
  /** What was chosen last time, as far as no variable says the same in another way. */
  readonly remembered: Choices;
}> {
  const env = process.env;
  const home = homedir();
  const resolver = new SettingResolver({ from: process.cwd(), env, home, configDir: configFolder({ env, home }) });
  const environment: Record<string, ChoiceDecisions[ChoiceName]> = {};
  const files: Record<string, ChoiceDecisions[ChoiceName]> = {};
  const kept: Record<string, string | undefined> = { ...remembered };
  for (const setting of allSettings) {
    if (setting.choice === undefined) continue;
    if (setting.yieldsTo?.some((variable) => env[variable])) delete kept[setting.choice];
    const { decision, over } = await resolver.resolve({ ...setting, choice: undefined });
    for (const { text, source, variable, where } of decision ? [decision, ...over] : []) {
      if (source === 'environment') environment[setting.choice] ??= { value: text, variable };
      else files[setting.choice] ??= { value: text, where };
    }
  }
  return { environment, files, remembered: kept };
}
