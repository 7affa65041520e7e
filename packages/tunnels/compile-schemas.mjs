// Compiles the schemas of tunnels.yaml and net.json ahead of time, so that no compiler of schemas is loaded when tunnels are opened,
// and writes the first down for editors:
//   node compile-schemas.mjs [--print]
// writes src/config/compiled.generated.ts and schemas/tunnels.schema.json. Built sources are read: build first.
import { mkdirSync, writeFileSync } from 'node:fs';
import { precompileSchemas } from '../../scripts/precompile-schemas.mjs';
import { trustSchema, tunnelsSchema } from './dist/config/schema.js';
import { netSchema } from './dist/supervisor/net-schema.js';

await precompileSchemas({
  schemas: { tunnels: tunnelsSchema, trust: trustSchema, net: netSchema },
  // All complaints, because a person mends several lines at once.
  options: { allErrors: true, strict: false, inlineRefs: false },
  file: new URL('src/config/compiled.generated.ts', import.meta.url),
});
if (!process.argv.includes('--print')) {
  mkdirSync(new URL('schemas/', import.meta.url), { recursive: true });
  writeFileSync(new URL('schemas/tunnels.schema.json', import.meta.url), `${JSON.stringify(tunnelsSchema, null, 2)}\n`);
}
