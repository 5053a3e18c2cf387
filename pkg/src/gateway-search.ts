/** A complete order number or CertifyId. Longer than an identity number, so that none can end up in a URL. */
export const WHOLE = /^[!-~]{20,256}$/;
