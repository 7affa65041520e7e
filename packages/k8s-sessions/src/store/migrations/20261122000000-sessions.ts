import type { Knex } from 'knex';

/** Times and offsets are bigint: milliseconds since 1970 and bytes both pass 2^31. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('session', (table) => {
    table.text('id').primary();
    for (const name of ['owner', 'state', 'size_mode', 'egress']) table.text(name).notNullable();
    for (const name of ['labels', 'size', 'keyboard']) table.jsonb(name).notNullable();
    table.boolean('exit_on_job').notNullable();
    for (const name of ['deadline_ms', 'idle_ms', 'log_head', 'log_lines', 'created_at', 'version'])
      table.bigInteger(name).notNullable();
    table.integer('attempt').notNullable();
    table.integer('viewers').notNullable();
    for (const name of [
      'reason',
      'detail',
      'command',
      'source_revision',
      'install_command',
      'runner_epoch',
      'runner_secret_hash',
      'dial_key',
      'job_name',
      'pod_name',
      'pod_uid',
      'address',
      'image',
      'log_chain',
      'lease_owner',
    ])
      table.text(name);
    for (const name of ['exit', 'argv', 'source', 'stop_requested', 'receipt']) table.jsonb(name);
    table.integer('port');
    for (const name of ['started_at', 'exited_at', 'deadline_at', 'retain_until', 'beat_at', 'lease_until'])
      table.bigInteger(name);
    // Counts the session's events: the number of the last one.
    table.bigInteger('events').notNullable().defaultTo(0);
    table.index(['created_at', 'id']);
    table.index(['owner', 'created_at', 'id']);
    table.index(['state', 'owner']);
  });
  await knex.schema.raw('create index session_retain_until on session (retain_until) where retain_until is not null');
  await knex.schema.createTable('session_event', (table) => {
    table.text('session').notNullable();
    table.bigInteger('id').notNullable();
    table.bigInteger('at').notNullable();
    table.text('actor').notNullable();
    table.text('kind').notNullable();
    table.jsonb('data').notNullable();
    table.primary(['session', 'id']);
  });
  await knex.schema.createTable('secret_payload', (table) => {
    table.text('session').primary();
    table.binary('sealed').notNullable();
    table.bigInteger('expires_at').notNullable().index();
  });
  await knex.schema.createTable('idempotency', (table) => {
    table.text('principal').notNullable();
    table.text('key').notNullable();
    table.text('request_hash').notNullable();
    table.text('session').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.primary(['principal', 'key']);
  });
  await knex.schema.createTable('attach_ticket', (table) => {
    table.text('jti').primary();
    table.text('session').notNullable();
    table.text('role').notNullable();
    table.text('principal').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.bigInteger('used_at');
    table.text('used_by');
  });
  await knex.schema.createTable('viewer_grant', (table) => {
    table.text('id').primary();
    table.text('token_hash').notNullable().unique();
    table.text('session').notNullable().index();
    table.text('role').notNullable();
    table.text('viewer').notNullable();
    table.text('user_agent');
    for (const name of ['created_at', 'last_seen']) table.bigInteger(name).notNullable();
    for (const name of ['idle_until', 'expires_at']) table.bigInteger(name).notNullable().index();
    table.bigInteger('revoked_at');
  });
  await knex.schema.createTable('principal', (table) => {
    table.text('key_id').primary();
    table.text('name').notNullable();
    table.text('hash').notNullable();
    table.jsonb('scopes').notNullable();
    table.jsonb('quota').notNullable();
    table.bigInteger('created_at').notNullable();
    for (const name of ['expires_at', 'last_used_at', 'revoked_at']) table.bigInteger(name);
    table.text('replaced_by');
  });
  await knex.schema.createTable('signing_key', (table) => {
    table.text('kid').primary();
    table.text('purpose').notNullable();
    table.jsonb('public_jwk').notNullable();
    table.text('status').notNullable();
    table.bigInteger('not_before').notNullable();
    table.bigInteger('not_after');
  });
  await knex.schema.createTable('rate_bucket', (table) => {
    table.text('key').notNullable();
    table.bigInteger('window_start').notNullable();
    table.integer('count').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.primary(['key', 'window_start']);
  });
  await knex.schema.createTable('log_segment', (table) => {
    table.text('session').notNullable();
    table.integer('n').notNullable();
    for (const name of ['from_offset', 'to_offset', 'first_line', 'lines', 'started_at', 'bytes'])
      table.bigInteger(name).notNullable();
    for (const name of ['sha256', 'index_sha256', 'chain']) table.text(name).notNullable();
    table.boolean('dropped').notNullable();
    table.binary('body').notNullable();
    table.binary('side_index').notNullable();
    table.primary(['session', 'n']);
  });
  await knex.schema.createTable('log_keyframe', (table) => {
    table.text('session').notNullable();
    table.bigInteger('at_offset').notNullable();
    table.jsonb('size').notNullable();
    table.bigInteger('at').notNullable();
    table.binary('data').notNullable();
    table.primary(['session', 'at_offset']);
  });
  await knex.schema.createTable('service_lease', (table) => {
    table.text('name').primary();
    table.text('owner').notNullable();
    table.bigInteger('until').notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'service_lease',
    'log_keyframe',
    'log_segment',
    'rate_bucket',
    'signing_key',
    'principal',
    'viewer_grant',
    'attach_ticket',
    'idempotency',
    'secret_payload',
    'session_event',
    'session',
  ])
    await knex.schema.dropTable(table);
}
