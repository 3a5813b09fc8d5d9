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
import endpoints from './20261125090400_endpoints.ts';
import templates from './20261126090000_templates.ts';
import reminders from './20261126090100_reminders.ts';
import ways from './20261126090200_ways.ts';
import holdBack from './20261126090300_hold_back.ts';
import reminderMarks from './20261126090400_reminder_marks.ts';
import notReached from './20261126090500_not_reached.ts';
import templateQuestions from './20261126090510_template_questions.ts';
import missingOnce from './20261126090520_missing_once.ts';
import overdue from './20261126090700_overdue.ts';
import timeline from './20261126090900_timeline.ts';
import channelProgress from './20261126090901_channel_progress.ts';
import alerts from './20261127090000_alerts.ts';
import times from './20261127090200_times.ts';
import thresholds from './20261127090300_thresholds.ts';
import calls from './20261127090500_calls.ts';
import adminPanel from './20261128090000_admin_panel.ts';
import overview from './20261129010000_overview.ts';
import selfTest from './20261129020000_self_test.ts';
import enrolment from './20261129030000_enrolment.ts';
import orderLists from './20261129040000_order_lists.ts';
import resentOf from './20261129050000_resent_of.ts';
import messagesPage from './20261129050100_messages_page.ts';
import messageFallback from './20261129050200_message_fallback.ts';
import notificationChangedAt from './20261129060000_notification_changed_at.ts';
import refusedNotifications from './20261129060100_refused_notifications.ts';
import asksToGo from './20261129070000_asks_to_go.ts';
import erasures from './20261129090000_erasures.ts';
import erasuresInPieces from './20261130020000_erasures_in_pieces.ts';

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
  ['20261125090400_endpoints', endpoints],
  ['20261126090000_templates', templates],
  ['20261126090100_reminders', reminders],
  ['20261126090200_ways', ways],
  ['20261126090300_hold_back', holdBack],
  ['20261126090400_reminder_marks', reminderMarks],
  ['20261126090500_not_reached', notReached],
  ['20261126090510_template_questions', templateQuestions],
  ['20261126090520_missing_once', missingOnce],
  ['20261126090700_overdue', overdue],
  ['20261126090900_timeline', timeline],
  ['20261126090901_channel_progress', channelProgress],
  ['20261127090000_alerts', alerts],
  ['20261127090200_times', times],
  ['20261127090300_thresholds', thresholds],
  ['20261127090500_calls', calls],
  ['20261128090000_admin_panel', adminPanel],
  ['20261129010000_overview', overview],
  ['20261129020000_self_test', selfTest],
  ['20261129030000_enrolment', enrolment],
  ['20261129040000_order_lists', orderLists],
  ['20261129050000_resent_of', resentOf],
  ['20261129050100_messages_page', messagesPage],
  ['20261129050200_message_fallback', messageFallback],
  ['20261129060000_notification_changed_at', notificationChangedAt],
  ['20261129060100_refused_notifications', refusedNotifications],
  ['20261129070000_asks_to_go', asksToGo],
  ['20261129090000_erasures', erasures],
  ['20261130020000_erasures_in_pieces', erasuresInPieces],
];

/** The newest migration's name: what a running service expects to find in the database. */
export const latestMigration = migrations.at(-1)![0];

export const migrationSource: Knex.MigrationSource<[string, Migration]> = {
  getMigrations: async () => migrations,
  getMigrationName: ([name]) => name,
  getMigration: async ([, migration]) => migration,
};
