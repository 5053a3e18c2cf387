/**
 * Only the identity rules, for forms. `identity.d.cts` describes the exports.
 *
 * @param {() => object} core the guarded exports; throws if they are not loaded yet
 */
export function defineIdentity(core) {
  // An absent value is empty, not the text "undefined".
  const given = (text) => String(text ?? "");
  const read = ({ Ok, Err }) => (Ok ? { ok: true, ...Ok } : { ok: false, ...Err });
  return {
    checkCertNo: (text, { allowResidencePermits = false } = {}) =>
      read(core().checkCertNo(given(text), allowResidencePermits, Date.now())),
    checkCertName: (text) => read(core().checkCertName(given(text))),
    checkMobile: (text) => read(core().checkMobile(given(text))),
  };
}
