/**
 * The identity rules alone, for forms. `identity.d.cts` describes what it gives.
 *
 * @param {() => object} core the guarded exports; throws when they are not loaded yet
 */
export function defineIdentity(core) {
  // A missing value is missing, and not the word "undefined".
  const given = (text) => String(text ?? "");
  const read = ({ Ok, Err }) => (Ok ? { ok: true, ...Ok } : { ok: false, ...Err });
  return {
    checkCertNo: (text, { allowResidencePermits = false } = {}) =>
      read(core().checkCertNo(given(text), allowResidencePermits, Date.now())),
    checkCertName: (text) => read(core().checkCertName(given(text))),
    checkMobile: (text) => read(core().checkMobile(given(text))),
  };
}
