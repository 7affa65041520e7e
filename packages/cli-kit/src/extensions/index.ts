export { dataFolder, installedPlugins } from './installed.js';
export { findExtensions } from './find.js';
export type { InstalledPlugin } from './find.js';
