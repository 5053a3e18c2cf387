/**
 * Orders in memory, for tests: they are lost when the process ends. See `OrderStore` for a persistent store.
 *
 * @module cloudauth-edge/orders
 */

import { randomHex } from "./random.js";
import type { OrderStore, SettledOrder, StoredOrder } from "./types.js";

export type { OrderStore, SettledOrder, StoredOrder } from "./types.js";

/** A new, empty store. */
export function memoryOrders(): OrderStore {
  const orders = new Map<string, StoredOrder>();
  return {
    secret: randomHex(),
    async begin(order) {
      if (orders.has(order.outerOrderNo)) return false;
      orders.set(order.outerOrderNo, { ...order });
      return true;
    },
    async settle({ state, ...settled }: SettledOrder) {
      const order = orders.get(settled.outerOrderNo);
      if (order?.attempt !== settled.attempt || order.state === "started") return false;
      if (state === "failed") orders.delete(order.outerOrderNo);
      else orders.set(order.outerOrderNo, { ...settled, state });
      return true;
    },
    async read(outerOrderNo) {
      const order = orders.get(outerOrderNo);
      return order ? { ...order } : null;
    },
  };
}
