/** The client's class as in a runtime whose `fetch` it uses: without Node's HTTP. */
export async function fetchClient() {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = undefined;
  try {
    return (await import("../../pkg/dist/bundle/client.js?fetch")).FaceVerifyClient;
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
}
