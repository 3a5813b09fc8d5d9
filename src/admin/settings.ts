import type { Files } from '../attachments/files.ts';
import type { TenantRules } from '../cmms/save-tenant.ts';
import type { ProviderOf } from '../messaging/providers.ts';
import type { Queues } from '../queue-backend.ts';
import type { WebhookRules } from '../webhooks/address.ts';

export type OpenIdSettings = { issuer: string; clientId: string; clientSecret: string };

export type PanelSettings = {
  publicBaseUrl: string;
  /** Null: nobody signs in at an OpenID provider. */
  openId: OpenIdSettings | null;
  tenantRules: TenantRules;
  /** Null: Twilio's own hosts. */
  twilioApiBaseUrl: string | null;
  /** Where webhooks may go. */
  webhookRules: WebhookRules;
};

/** What the panel works with besides the store. */
export type PanelParts = {
  queues: Queues;
  /** What technicians sent. */
  files: Files;
  providerOf: ProviderOf;
  /** Goes to our own public address only. */
  fetch: typeof fetch;
  /** Live pages end then, so that nothing waits for them. */
  stopping: AbortSignal;
};

/** Where the provider sends the browser back to. */
export const openIdCallback = '/admin/auth/callback/openid';

/** Where bull-board's pages are. */
export const boardPath = '/admin/queues/board';
