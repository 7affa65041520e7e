import type { Setting } from '../setting.js';
import { arcSettings } from './arc.js';
import { awsSettings } from './aws.js';
import { ctxSettings } from './ctx.js';
import { envSettings } from './env.js';
import { execSettings } from './exec.js';
import { hfSettings } from './hf.js';
import { netSettings } from './net.js';
import { placesSettings } from './places.js';
import { sessionsSettings } from './sessions.js';
import { setupSettings } from './setup.js';

/** Every setting there is, topic by topic. */
export const allSettings: readonly Setting[] = [
  ...awsSettings,
  ...netSettings,
  ...ctxSettings,
  ...envSettings,
  ...setupSettings,
  ...execSettings,
  ...sessionsSettings,
  ...hfSettings,
  ...arcSettings,
  ...placesSettings,
];
