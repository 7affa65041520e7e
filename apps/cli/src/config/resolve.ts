import { CliError } from '../errors.js';
import { faultOf } from './check-value.js';
import { ConfigFiles, type ConfigPlaces, type FoundFile } from './files.js';
import type { KeyPath, OwnKey, Setting } from './setting.js';
import { allSettings } from './settings/all.js';

/** Who decided: what is named first wins. Flags are known to a command alone. */
export type SettingSource = 'environment' | 'project' | 'user' | 'default';

/** Where a value stands. */
export interface Decision {
  readonly source: Exclude<SettingSource, 'default'>;
  readonly text: string;
  /** In words that can follow `from`: a variable, or file, line and key. */
  readonly where: string;
  readonly variable?: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** Names from the top of the file, between dots. */
  readonly key?: string;
}

/** A setting, and who decided it. */
export interface Resolved {
  readonly setting: Setting;
  /** Nobody did: the default holds. */
  readonly decision: Decision | undefined;
  /** What it was preferred to. */
  readonly over: readonly Decision[];
}

/**
 * The one place that says what a setting is: a variable before the project's file, that before the person's. In a
 * project, what you answered to `hawser setup` there goes before what its committed file says to everybody.
 *
 * Files are read when the first setting that may stand in them is asked for, each once.
 */
export class SettingResolver {
  readonly #env: ConfigPlaces['env'];
  readonly #files: ConfigFiles;

  constructor(places: ConfigPlaces) {
    this.#env = places.env;
    this.#files = new ConfigFiles(places);
  }

  /**
   * Resolves one setting.
   *
   * @throws CliError HAWSER_CONFIG_INVALID, _UNKNOWN; ExecError HAWSER_EXEC_CONFIG_INVALID for a file that cannot be read
   */
  async resolve(setting: Setting): Promise<Resolved> {
    const found = [...this.#ofVariables(setting), ...(await this.#ofFiles(setting))];
    const [decision, ...over] = found;
    return { setting, decision, over };
  }

  /** The text of a setting that somebody decided. */
  async text(name: string): Promise<string | undefined> {
    return (await this.resolve(settingOf(name))).decision?.text;
  }

  /** What files say of a setting, where no variable says it: a variable may be read by somebody else already. */
  async ofFiles(setting: Setting): Promise<Decision | undefined> {
    return this.#ofVariables(setting).length > 0 ? undefined : (await this.#ofFiles(setting))[0];
  }

  #ofVariables({ variables }: Setting): readonly Decision[] {
    return variables.flatMap((variable): Decision[] => {
      const text = this.#env[variable];
      return text ? [{ source: 'environment', text, where: variable, variable }] : [];
    });
  }

  async #ofFiles(setting: Setting): Promise<readonly Decision[]> {
    if (setting.yieldsTo?.some((variable) => this.#env[variable])) return [];
    const found = [await this.#ofChoices(setting), await this.#ofProject(setting), await this.#ofUser(setting)];
    return found.filter((each) => each !== undefined);
  }

  async #ofChoices({ choice }: Setting): Promise<Decision | undefined> {
    if (choice === undefined) return undefined;
    const remembered = await this.#files.remembered();
    const text = (remembered?.choices as Readonly<Record<string, string>> | undefined)?.[choice];
    if (!remembered || text === undefined) return undefined;
    const key = `choices.${remembered.preset}.${choice}`;
    return { source: 'project', text, where: `${remembered.shown} (${key})`, file: remembered.path, key };
  }

  async #ofProject(setting: Setting): Promise<Decision | undefined> {
    const file = await this.#files.project();
    if (!file) return undefined;
    checkNames(file, 'project');
    return setting.project === false ? undefined : decisionOf(setting, file, setting.project, 'project');
  }

  async #ofUser(setting: Setting): Promise<Decision | undefined> {
    if (setting.user === false) return undefined;
    const isSessions = typeof setting.user === 'object' && setting.user.file === 'sessions.json';
    const file = await (isSessions ? this.#files.sessions() : this.#files.user());
    if (!file) return undefined;
    if (!isSessions) checkNames(file, 'user');
    return decisionOf(setting, file, setting.user, 'user');
  }
}

/**
 * The setting of a name.
 *
 * @throws CliError HAWSER_CONFIG_UNKNOWN
 */
export function settingOf(name: string): Setting {
  const found = allSettings.find((each) => each.name === name);
  if (!found) throw new CliError('HAWSER_CONFIG_UNKNOWN', `There is no setting '${name}'.`);
  return found;
}

/** Where a setting stands in a file. */
export function keyOf(setting: Setting, place: true | OwnKey): KeyPath {
  return place === true ? ['settings', setting.name] : place.key;
}

function decisionOf(
  setting: Setting,
  { path, shown, yaml }: FoundFile,
  place: true | OwnKey,
  source: 'project' | 'user',
): Decision | undefined {
  const key = keyOf(setting, place);
  const value = key.reduce<unknown>((at, name) => asMap(at)[name], yaml.value);
  if (value === undefined || (value === null && place !== true)) return undefined;
  const line = yaml.lineOf(key);
  const said = value === null ? 'has no value' : faultOf(value, setting.value);
  const fault = place === true ? said : undefined;
  const shownKey = key.join('.');
  if (fault !== undefined) {
    throw new CliError('HAWSER_CONFIG_INVALID', `${shown}:${line}: ${shownKey} ${fault}.`, {
      details: { file: path, line },
    });
  }
  return {
    source,
    text: typeof value === 'string' ? value : JSON.stringify(value),
    where: `${shown}:${line} (${shownKey})`,
    file: path,
    line,
    key: shownKey,
  };
}

/** Refuses names below `settings` that mean nothing, or that this file may not say. */
function checkNames({ path, shown, yaml }: FoundFile, source: 'project' | 'user'): void {
  const said = yaml.value['settings'];
  if (said === undefined || said === null) return;
  const fail = (key: KeyPath, message: string, hint?: string): never => {
    const line = yaml.lineOf(key);
    throw new CliError('HAWSER_CONFIG_INVALID', `${shown}:${line}: ${message}`, {
      details: { file: path, line },
      ...(hint === undefined ? {} : { hint }),
    });
  };
  if (typeof said !== 'object' || Array.isArray(said)) fail(['settings'], 'settings must be a map of names.');
  for (const name of Object.keys(said)) {
    const setting = allSettings.find((each) => each.name === name);
    if (!setting) fail(['settings', name], `there is no setting ${name}.`, 'hawser config list names those there are.');
    else if (setting[source] !== true) {
      fail(['settings', name], `${name} cannot stand here.`, `hawser config get ${name} --explain says where it can.`);
    }
  }
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
