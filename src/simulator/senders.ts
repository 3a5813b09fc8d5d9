import { rfc2822 } from './rest-api.ts';
import type { Account } from './webhooks.ts';

// What an account says of itself and of its senders, in the forms of three of Twilio's APIs.

const since = new Date('2026-01-14T09:00:00Z');

/** The JSON of an account; Twilio's holds the token, too. */
export const accountResource = ({ accountSid, authToken }: Account) => {
  const uri = `/2010-04-01/Accounts/${accountSid}`;
  return {
    auth_token: authToken,
    date_created: rfc2822(since),
    date_updated: rfc2822(since),
    friendly_name: 'Simulated account',
    owner_account_sid: accountSid,
    sid: accountSid,
    status: 'active',
    subresource_uris: { messages: `${uri}/Messages.json` },
    type: 'Full',
    uri: `${uri}.json`,
  };
};

const idOf = (prefix: string, address: string) =>
  prefix + Buffer.from(address.replace(/\D/g, '')).toString('hex').padEnd(32, '0').slice(0, 32);

/** The JSON of a WhatsApp sender, as the Senders API has it. */
export const whatsappSender = (baseUrl: string, senderId: string, incomingUrl: string) => {
  const sid = idOf('XE', senderId);
  return {
    sid,
    status: 'ONLINE',
    sender_id: senderId,
    configuration: { waba_id: '100000000000000', verification_method: null, voice_application_sid: null },
    webhook: {
      callback_url: incomingUrl,
      callback_method: 'POST',
      fallback_url: null,
      fallback_method: null,
      status_callback_url: null,
      status_callback_method: null,
    },
    profile: { name: 'Simulated plant' },
    properties: { quality_rating: 'HIGH', messaging_limit: '10K Customers/24hr' },
    offline_reasons: null,
    compliance: null,
    url: `${baseUrl}/v2/Channels/Senders/${sid}`,
  };
};

export const listSenders = (baseUrl: string, sender: object) => ({
  meta: onlyPage(`${baseUrl}/v2/Channels/Senders?Channel=whatsapp`),
  senders: [sender],
});

/** The one messaging service of an account. */
export const serviceOf = (accountSid: string) => `MG${accountSid.slice(2)}`;

export const serviceResource = (accountSid: string, baseUrl: string, sid: string) => ({
  sid,
  account_sid: accountSid,
  friendly_name: 'Simulated service',
  date_created: since.toISOString(),
  date_updated: since.toISOString(),
  inbound_request_url: null,
  inbound_method: 'POST',
  fallback_url: null,
  fallback_method: 'POST',
  status_callback: null,
  sticky_sender: true,
  mms_converter: true,
  smart_encoding: true,
  scan_message_content: 'inherit',
  fallback_to_long_code: false,
  area_code_geomatch: true,
  synchronous_validation: false,
  validity_period: 36_000,
  usecase: 'undeclared',
  us_app_to_person_registered: false,
  use_inbound_webhook_on_number: true,
  url: `${baseUrl}/v1/Services/${sid}`,
  links: { channel_senders: `${baseUrl}/v1/Services/${sid}/ChannelSenders` },
});

export const listServiceSenders = (
  accountSid: string,
  baseUrl: string,
  serviceSid: string,
  sender: string,
) => {
  const url = `${baseUrl}/v1/Services/${serviceSid}/ChannelSenders`;
  const sid = idOf('XE', sender);
  return {
    meta: onlyPage(url),
    senders: [
      {
        account_sid: accountSid,
        messaging_service_sid: serviceSid,
        sid,
        sender,
        sender_type: 'WhatsApp',
        country_code: 'US',
        date_created: since.toISOString(),
        date_updated: since.toISOString(),
        url: `${url}/${sid}`,
      },
    ],
  };
};

const onlyPage = (url: string) => ({
  key: 'senders',
  url,
  page: 0,
  page_size: 50,
  first_page_url: url,
  previous_page_url: null,
  next_page_url: null,
});
