/**
 * The identity rules alone, for forms. `identity.d.cts` describes what it gives.
 *
 * @param {() => object} core the guarded exports; throws when they are not loaded yet
 */
export function defineIdentity(core) {
  const read = ({ Ok, Err }) => (Ok ? { ok: true, ...Ok } : { ok: false, ...Err });
  return {
    checkCertNo: (text, { allowResidencePermits = false } = {}) =>
      read(core().checkCertNo(String(text), allowResidencePermits, Date.now())),
    checkCertName: (text) => read(core().checkCertName(String(text))),
    checkMobile: (text) => read(core().checkMobile(String(text))),
  };
}
