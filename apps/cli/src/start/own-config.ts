import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Config } from '@oclif/core';

/** A configuration as oclif would load it, but for plugins. */
export class OwnConfig extends Config {
  constructor(root: string, dataDir: string) {
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
    this.home = homedir();
    this.topicSeparator = ' ';
    this.cacheDir = this.scopedEnvVar('CACHE_DIR') ?? this.dir('cache');
    this.configDir = this.scopedEnvVar('CONFIG_DIR') ?? this.dir('config');
  }
}
