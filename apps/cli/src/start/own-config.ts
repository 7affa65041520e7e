import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Config } from '@oclif/core';

/** A configuration as oclif would load it, but for plugins. */
export class OwnConfig extends Config {
  constructor(root: string, dataDir: string) {
    super({ root });
    const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Config['pjson'];
    Object.assign(this, {
      ...{
        root,
        pjson,
        dataDir,
        name: pjson.name,
        version: pjson.version,
        bin: pjson.oclif.bin,
        dirname: pjson.oclif.dirname,
      },
      ...{ arch: process.arch, platform: process.platform, windows: process.platform === 'win32', topicSeparator: ' ' },
      userAgent: `${pjson.name}/${pjson.version} ${process.platform}-${process.arch} node-${process.version}`,
      home: homedir(),
      rootPlugin: { name: pjson.name, root, hooks: {} },
    });
    this.cacheDir = this.scopedEnvVar('CACHE_DIR') ?? this.dir('cache');
    this.configDir = this.scopedEnvVar('CONFIG_DIR') ?? this.dir('config');
  }
}
