import { type ErrorBody, errorBody } from './rest-api.ts';

const approvalStates = [
  'unsubmitted',
  'received',
  'pending',
  'approved',
  'rejected',
  'paused',
  'disabled',
] as const;
export type ApprovalState = (typeof approvalStates)[number];

type Button = { title: string; id: string };
type ListItem = { item: string; id: string; description?: string };

/** The types of content a phone here can show. */
type ContentTypes = {
  'twilio/text'?: { body: string };
  'twilio/quick-reply'?: { body: string; actions: Button[] };
  'twilio/list-picker'?: { body: string; button: string; items: ListItem[] };
};

export type Content = {
  sid: string;
  friendlyName: string | null;
  language: string;
  /** Sample values, which stand in for what a message leaves out. */
  variables: Record<string, string>;
  types: ContentTypes;
  createdAt: Date;
  updatedAt: Date;
  approval: { name: string; category: string; state: ApprovalState; rejectionReason: string };
};

/** What the phone shows of a content once its variables are filled in. */
export type Rendered = {
  text: string;
  buttons: Button[];
  list: { button: string; items: ListItem[] } | null;
};

export type Contents = ReturnType<typeof createContents>;

/** The account's contents and where WhatsApp's approval of each stands. */
export const createContents = (
  now: () => Date,
  newSid: (prefix: string) => string,
  onChange: () => void,
  /** What WhatsApp decides about what is submitted, until somebody decides otherwise. */
  decision: 'pending' | 'approved' = 'pending',
) => {
  const contents = new Map<string, Content>();

  const keep = (fields: Pick<Content, 'sid' | 'friendlyName' | 'language' | 'variables' | 'types'>) => {
    const content: Content = {
      ...fields,
      createdAt: now(),
      updatedAt: now(),
      approval: { name: '', category: '', state: 'unsubmitted', rejectionReason: '' },
    };
    contents.set(content.sid, content);
    onChange();
    return content;
  };

  const decide = (sid: string, state: ApprovalState, rejectionReason = '') => {
    const content = contents.get(sid);
    if (!content) throw new Error(`there is no content ${sid}`);
    Object.assign(content.approval, { state, rejectionReason });
    onChange();
  };

  return {
    keep,
    decide,
    create: (request: unknown): Content | ErrorBody => {
      const fields = readContent(request);
      return 'code' in fields ? fields : keep({ sid: newSid('HX'), ...fields });
    },
    find: (sid: string) => contents.get(sid) ?? null,
    all: () => [...contents.values()],
    remove: (sid: string) => {
      const removed = contents.delete(sid);
      if (removed) onChange();
      return removed;
    },
    /** Hands a content to WhatsApp for approval; the decision comes later. */
    submit: (content: Content, request: unknown): ErrorBody | null => {
      const { name, category } = fieldsOf(request);
      if (!isText(name) || !/^[a-z0-9_]+$/.test(name))
        return invalid('name must be lower case letters, digits and _');
      if (!isOneOf(['UTILITY', 'MARKETING', 'AUTHENTICATION'], category))
        return invalid('category is unknown');
      if (content.types['twilio/list-picker']) return invalid('twilio/list-picker cannot be approved');
      if (content.approval.state !== 'unsubmitted') return errorBody(92009);

      Object.assign(content.approval, { name, category });
      decide(content.sid, decision);
      return null;
    },
  };
};

const readContent = (
  request: unknown,
): Pick<Content, 'friendlyName' | 'language' | 'variables' | 'types'> | ErrorBody => {
  const { friendly_name, language, variables = {}, types } = fieldsOf(request);
  if (!isText(language)) return invalid('language is required');
  const samples = Object.entries(fieldsOf(variables));
  if (samples.length > 100) return errorBody(92002);
  if (samples.some(([name, value]) => name.length > 16 || typeof value !== 'string'))
    return invalid('variables must be texts with names of up to 16 characters');

  const named = Object.entries(fieldsOf(types));
  if (named.length === 0) return invalid('types is required');
  for (const [type, fields] of named) {
    const check = isOneOf(Object.keys(checks), type) ? checks[type as keyof typeof checks] : null;
    if (!check) return invalid(`${type} is not simulated`);
    const fault = check(fieldsOf(fields));
    if (fault) return fault;
  }
  return {
    friendlyName: isText(friendly_name) ? friendly_name : null,
    language,
    variables: Object.fromEntries(samples) as Record<string, string>,
    types: types as ContentTypes,
  };
};

type Fields = Record<string, unknown>;

// At a template's creation the placeholders count as they are written; what they become is checked when it is sent.
const checks = {
  'twilio/text': ({ body }: Fields) => tooLong('body', body, 1600),
  'twilio/quick-reply': ({ body, actions }: Fields) =>
    tooLong('body', body, 1024) ??
    tooMany('actions', actions, 10) ??
    firstFault(actions, ({ title, id }) => tooLong('title', title, 20) ?? tooLong('id', id, 200)),
  'twilio/list-picker': ({ body, button, items }: Fields) =>
    tooLong('body', body, 1024) ??
    tooLong('button', button, 20) ??
    tooMany('items', items, 10) ??
    firstFault(
      items,
      ({ item, id, description = '-' }) =>
        tooLong('item', item, 24) ?? tooLong('id', id, 200) ?? tooLong('description', description, 72),
    ),
};

const tooLong = (name: string, value: unknown, maxLength: number) => {
  if (!isText(value)) return invalid(`${name} is required`);
  return value.length > maxLength ? errorBody(21658, `${name} exceeds ${maxLength} characters`) : null;
};

const tooMany = (name: string, value: unknown, maxCount: number) =>
  Array.isArray(value) && value.length > 0 && value.length <= maxCount
    ? null
    : invalid(`${name} must hold 1 to ${maxCount}`);

const firstFault = (values: unknown, check: (fields: Fields) => ErrorBody | null) => {
  for (const value of values as unknown[]) {
    const fault = check(fieldsOf(value));
    if (fault) return fault;
  }
  return null;
};

const invalid = (message: string) => errorBody(20001, message);

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isOneOf = (words: readonly string[], value: unknown): value is string =>
  typeof value === 'string' && words.includes(value);

export const isApprovalState = (value: unknown): value is ApprovalState => isOneOf(approvalStates, value);

/**
 * The richest type a phone shows, with the variables in place: sample values for those left out, as Twilio does. Null
 * when one is left out that has no sample.
 */
export const render = (content: Content, variables: Record<string, string>): Rendered | null => {
  const values = { ...content.variables, ...variables };
  let isComplete = true;
  const filled = (text: string) =>
    text.replace(/\{\{\s*(\w+)\s*\}\}/g, (blank, name: string) => {
      if (values[name] === undefined) isComplete = false;
      return values[name] ?? blank;
    });

  const { 'twilio/quick-reply': reply, 'twilio/list-picker': list, 'twilio/text': text } = content.types;
  const rendered: Rendered = {
    text: filled((reply ?? list ?? text)?.body ?? ''),
    buttons: (reply?.actions ?? []).map(({ title, id }) => ({ title: filled(title), id: filled(id) })),
    list:
      !reply && list
        ? {
            button: filled(list.button),
            items: list.items.map(({ item, id, description }) => ({
              item: filled(item),
              id: filled(id),
              ...(description ? { description: filled(description) } : {}),
            })),
          }
        : null,
  };
  return isComplete ? rendered : null;
};

/** Whether the filled-in content is more than WhatsApp shows: longer texts, or more buttons than go without approval. */
export const breaksLimits = ({ text, buttons, list }: Rendered, isApproved: boolean) =>
  text.length > (buttons.length > 0 || list || isApproved ? 1024 : 1600) ||
  buttons.length > (isApproved ? 10 : 3) ||
  buttons.some(({ title, id }) => title.length > 20 || id.length > 200) ||
  (list?.items ?? []).some(({ item, id }) => item.length > 24 || id.length > 200);

/** The JSON of one content; `baseUrl` stands for Twilio's host. */
export const contentResource = (accountSid: string, baseUrl: string, content: Content) => {
  const url = `${baseUrl}/v1/Content/${content.sid}`;
  return {
    account_sid: accountSid,
    date_created: iso(content.createdAt),
    date_updated: iso(content.updatedAt),
    friendly_name: content.friendlyName,
    language: content.language,
    links: {
      approval_create: `${url}/ApprovalRequests/whatsapp`,
      approval_fetch: `${url}/ApprovalRequests`,
    },
    sid: content.sid,
    types: content.types,
    url,
    variables: content.variables,
  };
};

const iso = (moment: Date) => `${moment.toISOString().slice(0, 19)}Z`;

export const approvalResource = ({ types, approval }: Content, state = approval.state) => ({
  name: approval.name,
  category: approval.category,
  content_type: Object.keys(types)[0],
  status: state,
  rejection_reason: approval.rejectionReason,
  allow_category_change: false,
});

/** One page of contents, oldest first. */
export const listContents = (
  accountSid: string,
  baseUrl: string,
  contents: Content[],
  query: URLSearchParams,
) => {
  const pageSize = Math.min(1000, Math.max(1, Number(query.get('PageSize')) || 50));
  const page = Math.max(0, Number(query.get('Page')) || 0);
  const pageUrl = (number: number) => `${baseUrl}/v1/Content?PageSize=${pageSize}&Page=${number}`;
  const hasMore = contents.length > (page + 1) * pageSize;
  return {
    meta: {
      key: 'contents',
      url: pageUrl(page),
      page,
      page_size: pageSize,
      first_page_url: pageUrl(0),
      previous_page_url: page > 0 ? pageUrl(page - 1) : null,
      next_page_url: hasMore ? pageUrl(page + 1) : null,
    },
    contents: contents
      .slice(page * pageSize, (page + 1) * pageSize)
      .map((content) => contentResource(accountSid, baseUrl, content)),
  };
};
