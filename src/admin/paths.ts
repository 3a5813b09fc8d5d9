/**
 * Where one of each kind is shown. Its key may be any text: what the panel itself has beside a list, like the form for a
 * new one, stands under `-`, one part deeper than a key's page.
 */
export const orderPath = (number: string): string => `/admin/work-orders/${encodeURIComponent(number)}`;
export const alertPath = (externalId: string): string => `/admin/alerts/${encodeURIComponent(externalId)}`;
export const technicianPath = (externalId: string): string =>
  `/admin/technicians/${encodeURIComponent(externalId)}`;
