import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Answers = Record<string, { content?: Record<string, unknown> }>;
type Document = { paths: Record<string, Record<string, { responses: Answers }>> };

/** Throws unless an answer is one that the OpenAPI document knows, with nothing more and nothing less in it. */
export const documentedBy = (document: object) => {
  const { paths } = document as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
  const compiled = new Map<string, ValidateFunction>();
  const templates = Object.keys(paths).map((path) => ({
    path,
    matches: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
  }));

  return (method: string, address: string, status: number, contentType: string | null, body: string) => {
    const { pathname } = new URL(address, 'http://localhost');
    const template = templates.find(({ matches }) => matches.test(pathname))?.path ?? '';
    const place = ['paths', template, method.toLowerCase(), 'responses', String(status)];
    const answers = paths[template]?.[method.toLowerCase()]?.responses;
    const type = contentType?.split(';')[0] ?? '';
    const told = `${method} ${template || address} answered ${status} ${type}`;
    // What no route answers for, and what is a fault of ours, is a problem like all others.
    const isOurs = answers === undefined || status === 500;
    const known = isOurs ? null : answers[status];
    if (isOurs ? type !== 'application/problem+json' : !known) throw new Error(`${told}: undocumented`);
    if (known && !known.content) {
      if (body !== '') throw new Error(`${told}: with a body`);
      return;
    }
    if (known && !known.content![type]) {
      if (known.content!['application/octet-stream']) return;
      throw new Error(`${told}: undocumented`);
    }
    const pointer = known ? [...place, 'content', type, 'schema'] : ['components', 'schemas', 'Problem'];
    const ref = `api#/${pointer
      .map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent)
      .join('/')}`;
    const check = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, check);
    if (!check(JSON.parse(body)))
      throw new Error(`${told}, not as documented: ${ajv.errorsText(check.errors)}`);
  };
};
