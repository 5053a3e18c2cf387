/** Calls of Durable Objects, which a deployment can reset at any time. */

/**
 * @template Stub
 * @typedef {{ get(id: unknown): Stub, idFromName(name: string): unknown }} Namespace
 */

/** A deployment resets an instance once; more resets cover coinciding failures. */
const RESETS_MAX = 3;

/**
 * Calls the object with this name. If the platform resets it meanwhile, calls its successor, which has the same rows.
 *
 * @template Stub, T
 * @param {Namespace<Stub>} namespace
 * @param {string} name
 * @param {(stub: Stub, resets: number) => Promise<T> | T} call
 * @returns {Promise<T>}
 */
export async function inObject(namespace, name, call) {
  for (let resets = 0; ; resets += 1) {
    try {
      // A reset instance no longer responds; a new stub connects to its successor.
      return await call(namespace.get(namespace.idFromName(name)), resets);
    } catch (/** @type {any} */ error) {
      if (!isReset(error) || resets === RESETS_MAX) throw error;
    }
  }
}

/** @param {{ retryable?: boolean, durableObjectReset?: boolean, overloaded?: boolean }} error of the platform */
const isReset = ({ retryable, durableObjectReset, overloaded }) =>
  !overloaded && Boolean(retryable || durableObjectReset);
