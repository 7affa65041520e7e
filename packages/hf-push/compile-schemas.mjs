// Compiles the schemas of this package ahead of time, so that a push loads no compiler of schemas:
//   node compile-schemas.mjs [--print]
// writes src/schema/compiled.generated.ts, or shows what it would write. Built sources are read: build first.
import { precompileSchemas } from '../../scripts/precompile-schemas.mjs';
import { legacyManifestSchema, manifestSchema } from './dist/env/manifest.js';
import { planSchema } from './dist/plan/schema.js';
import { frontMatterSchema } from './dist/readme/schema.js';

await precompileSchemas({
  schemas: {
    frontMatter: frontMatterSchema,
    legacyManifest: legacyManifestSchema,
    manifest: manifestSchema,
    plan: planSchema,
  },
  // A person wants all complaints, not the first.
  options: { allErrors: true, strict: false },
  file: new URL('src/schema/compiled.generated.ts', import.meta.url),
});
