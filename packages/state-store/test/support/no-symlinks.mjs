// A file system without symbolic and hard links, as FAT is.
import { wrapFileSystem } from './wrap-fs.mjs';

wrapFileSystem((name) => {
  if (name !== 'symlink' && name !== 'link') return undefined;
  throw Object.assign(new Error(`EPERM: operation not permitted, ${name}`), {
    code: 'EPERM',
    errno: -1,
    syscall: name,
  });
});
