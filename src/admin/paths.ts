/** Where one of each kind is shown, whatever its key is. */
export const orderPath = (number: string): string =>
  // In capitals it is the same number: that page is another.
  `/admin/work-orders/${encodeURIComponent(number === 'new' ? 'NEW' : number)}`;
export const alertPath = (externalId: string): string => `/admin/alerts/${encodeURIComponent(externalId)}`;
export const technicianPath = (externalId: string): string =>
  `/admin/technicians/${encodeURIComponent(externalId)}`;
