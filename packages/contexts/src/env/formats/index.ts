import { docker } from './docker.js';
import { dotenv } from './dotenv.js';
import { fish } from './fish.js';
import type { EnvFormat, EnvFormatName } from './format.js';
import { github } from './github.js';
import { json } from './json.js';
import { portable } from './portable.js';
import { posix } from './posix.js';
import { powershell } from './powershell.js';
import { systemd } from './systemd.js';

/** Every format by its name. */
export const envFormats: Readonly<Record<EnvFormatName, EnvFormat>> = {
  portable,
  posix,
  dotenv,
  docker,
  json,
  github,
  systemd,
  fish,
  powershell,
};

/** The names of the formats, the default first. */
export const ENV_FORMATS: readonly EnvFormatName[] = Object.keys(envFormats) as EnvFormatName[];
