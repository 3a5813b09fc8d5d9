export type OpenIdSettings = { issuer: string; clientId: string; clientSecret: string };

export type PanelSettings = {
  publicBaseUrl: string;
  /** Null: nobody signs in at an OpenID provider. */
  openId: OpenIdSettings | null;
};

/** Where the provider sends the browser back to. */
export const openIdCallback = '/admin/auth/callback/openid';
