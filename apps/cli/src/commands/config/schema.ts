import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SchemaFacts } from '../../config/show-schema.js';

export default class ConfigSchema extends HawserCommand<typeof ConfigSchema, SchemaFacts> {
  static override summary = 'Print the JSON Schema of a file that Hawser reads; without a name, which there are.';
  static override description =
    'Editors find it by the first line of a YAML file, # yaml-language-server: $schema=ADDRESS, or by $schema in JSON. Where the address cannot be reached, print the schema into a file and name that.';
  static override args = { name: Args.string({ description: 'Schema, such as tunnels, or its file.' }) };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> tunnels'];

  protected async work({ args }: Work<typeof ConfigSchema>): Promise<Result<SchemaFacts>> {
    const { renderSchema, schemaFacts } = await import('../../config/show-schema.js');
    const data = await schemaFacts(args.name, this.config.root);
    return { data, text: renderSchema(data) };
  }
}
