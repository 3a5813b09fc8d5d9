import type { Config } from './config.ts';
import type { DescribedChannel } from './sender.ts';

// Twilio keeps a queue for each number and sends from it at the pace of the carrier.
const smsPerSecond = 10;
// A connection for each mail: servers that take more at once are rare.
const mailsPerSecond = 5;

/** The senders that the environment gives tenant `default`, with a real provider. */
export const describeSenders = ({ twilio, mail, messagesPerSecond }: Config): DescribedChannel[] => [
  ...(twilio
    ? describeTwilio(twilio, { whatsapp: messagesPerSecond, sms: Math.min(messagesPerSecond, smsPerSecond) })
    : []),
  ...(mail
    ? [
        {
          way: 'email' as const,
          provider: 'smtp' as const,
          address: mail.from,
          accountSid: new URL(mail.smtpUrl).host,
          messagingServiceSid: null,
          messagesPerSecond: mailsPerSecond,
          credentials: { smtpUrl: mail.smtpUrl },
        },
      ]
    : []),
];

const describeTwilio = (
  { credentials, from, smsFrom, messagingServiceSid }: NonNullable<Config['twilio']>,
  perSecond: { whatsapp: number; sms: number },
): DescribedChannel[] => {
  const { accountSid, ...tokens } = credentials;
  const common = { provider: 'twilio', accountSid, messagingServiceSid, credentials: tokens } as const;
  return [
    { ...common, way: 'whatsapp', address: from, messagesPerSecond: perSecond.whatsapp },
    ...(smsFrom
      ? [{ ...common, way: 'sms' as const, address: smsFrom, messagesPerSecond: perSecond.sms }]
      : []),
  ];
};
