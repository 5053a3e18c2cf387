/** `certifyId` is what Alibaba Cloud has for the order, or null if it has none. */
export async function reconcile(orders, outerOrderNo, certifyId) {
  const order = await orders.read(outerOrderNo);
  if (!order) return false;
  // The start may be in progress: settled as failed, it could be started a second time.
  if (order.state === "starting" && Date.now() < order.until) return false;
  return orders.settle({ ...order, state: certifyId ? "started" : "failed", certifyId });
}
