/** Starts an order, whose first response is lost, waits for its verdict, and has a token refused. */
export async function use({ GatewayClient, isFaceVerifyError }, url, outerOrderNo) {
  const gateway = new GatewayClient({ url, token: "the-token" });
  const { certifyId } = await gateway.start({ outerOrderNo, metaInfo: "{}", sceneId: 1000000006n });
  const { status } = await gateway.waitForResult(outerOrderNo);
  let refused;
  try {
    await new GatewayClient({ url, token: "another" }).list();
  } catch (error) {
    refused = isFaceVerifyError(error) && [error.kind, error.code, error.httpStatus];
  }
  return { certifyId, status, refused };
}
