// The program that all projects share. Its results are compared with lib/expected.mjs.

const CARD = { certName: "张三", certNo: "11010519491231002X" };

/**
 * @param {object} edge the project's import of "cloudauth-edge"
 * @param {object} identity its import of "cloudauth-edge/identity"
 * @param {object} options of the client, with the sandbox's endpoint
 */
export async function verify(edge, identity, options) {
  const { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } = edge;
  const keys = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
  const sceneId = 1000000006;

  const client = new FaceVerifyClient({ ...keys, ...options });
  const order = {
    sceneId,
    outerOrderNo: newOuterOrderNo(),
    userId: "sandbox-sub-200",
    metaInfo: '{"zimVer":"3.0.0","appVersion":"1"}',
    ...CARD,
  };
  const { certifyId } = await client.initFaceVerify(order);
  const result = await client.describeFaceVerify({ sceneId, certifyId });

  const impostor = new FaceVerifyClient({ ...keys, accessKeySecret: "another-secret", ...options });
  const failures = {};
  for (const [name, call] of Object.entries({
    unknown: () => client.describeFaceVerify({ sceneId, certifyId: "0123456789abcdef0123456789abcdef" }),
    invalid: () => client.initFaceVerify({ ...order, outerOrderNo: "1", ip: "nowhere" }),
    unsigned: () => impostor.describeFaceVerify({ sceneId, certifyId }),
  })) {
    const error = await call().then(
      () => undefined,
      (thrown) => thrown,
    );
    failures[name] = isFaceVerifyError(error)
      ? {
          name: error.name,
          kind: error.kind,
          code: error.code,
          fields: error.fields.map(({ field }) => field),
        }
      : String(error);
  }
  return {
    certifyId,
    status: result.status,
    score: result.material?.facialPictureFront?.qualityScore,
    failures,
    birthDate: identity.checkCertNo(CARD.certNo).birthDate,
    wrongDigit: identity.checkCertNo(CARD.certNo.replace("X", "1")).rule,
  };
}
