const edge = require("cloudauth-edge");
const identity = require("cloudauth-edge/identity");

async function main() {
  const { verify } = await import("./verify.mjs");
  const result = await verify(edge, identity, { endpoint: process.env.SANDBOX });

  // A program can load the package twice, with import and with require.
  const other = await import("cloudauth-edge");
  try {
    new edge.FaceVerifyClient({});
  } catch (error) {
    result.acrossCopies = {
      guard: other.isFaceVerifyError(error),
      instanceOf: error instanceof other.FaceVerifyError,
    };
  }
  console.log(JSON.stringify(result));
}

main();
