import type { Knex } from 'knex';
import tenants from './20261122090000_tenants.ts';
import people from './20261122090100_people_and_work_orders.ts';
import messages from './20261122090200_messages.ts';
import gate from './20261122090300_gate.ts';
import conversation from './20261123090000_conversation.ts';
import attachmentWork from './20261123090100_attachment_work.ts';
import identity from './20261123090200_identity.ts';
import phoneBeforeUserId from './20261123090300_phone_before_user_id.ts';
import attemptContent from './20261124090000_attempt_content.ts';
import retiredChannels from './20261124090100_retired_channels.ts';
import attemptAcceptedAt from './20261124090200_attempt_accepted_at.ts';
import idempotency from './20261125090000_idempotency.ts';
import notificationId from './20261125090050_notification_id.ts';
import settings from './20261125090100_settings.ts';
import webhooks from './20261125090200_webhooks.ts';

type Migration = { up(knex: Knex): Promise<void>; down(knex: Knex): Promise<void> };

// A static list instead of a directory: the names stay the same from dist/, from tsx and in tests.
const migrations: [name: string, migration: Migration][] = [
  ['20261122090000_tenants', tenants],
  ['20261122090100_people_and_work_orders', people],
  ['20261122090200_messages', messages],
  ['20261122090300_gate', gate],
  ['20261123090000_conversation', conversation],
  ['20261123090100_attachment_work', attachmentWork],
  ['20261123090200_identity', identity],
  ['20261123090300_phone_before_user_id', phoneBeforeUserId],
  ['20261124090000_attempt_content', attemptContent],
  ['20261124090100_retired_channels', retiredChannels],
  ['20261124090200_attempt_accepted_at', attemptAcceptedAt],
  ['20261125090000_idempotency', idempotency],
  ['20261125090050_notification_id', notificationId],
  ['20261125090100_settings', settings],
  ['20261125090200_webhooks', webhooks],
];

/** The newest migration's name: what a running service expects to find in the database. */
export const latestMigration = migrations.at(-1)![0];

export const migrationSource: Knex.MigrationSource<[string, Migration]> = {
  getMigrations: async () => migrations,
  getMigrationName: ([name]) => name,
  getMigration: async ([, migration]) => migration,
};
