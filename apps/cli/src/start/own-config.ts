import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Config } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import type { InstalledPlugin } from '@hawser/cli-kit/extensions';
import { hostConfig } from './host-config.js';

/** A configuration as oclif would load it, but for the commands of plugins. */
export class OwnConfig extends Config {
  /** `plugins`: those of the person, of which no more is known than what they say of themselves. */
  constructor(root: string, dataDir: string, plugins: readonly InstalledPlugin[]) {
    super({ root });
    const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Config['pjson'];
    const { name, version } = pjson;
    const { bin, dirname } = pjson.oclif;
    const { arch, platform } = process;
    const windows = platform === 'win32';
    const userAgent = `${name}/${version} ${platform}-${arch} node-${process.version}`;
    const rootPlugin = { name, root, hooks: {} };
    Object.assign(this, {
      root,
      pjson,
      dataDir,
      name,
      version,
      bin,
      dirname,
      arch,
      platform,
      windows,
      userAgent,
      rootPlugin,
    });
    this.plugins = new Map(
      plugins.map((plugin) => [plugin.name, { ...plugin, hooks: {} } as unknown as Interfaces.Plugin]),
    );
    this.home = homedir();
    this.topicSeparator = ' ';
    this.cacheDir = this.scopedEnvVar('CACHE_DIR') ?? this.dir('cache');
    this.configDir = this.scopedEnvVar('CONFIG_DIR') ?? this.dir('config');
    Object.assign(this, hostConfig(this.configDir));
  }
}
