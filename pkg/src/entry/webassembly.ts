// Imported before everything else, which fails with an error that names nothing.

if (typeof WebAssembly === "undefined")
  throw new Error(
    "cloudauth-edge needs WebAssembly, which this runtime does not have (mini programs, Hermes, iOS Lockdown Mode): import it dynamically, and rely on the server's check. cloudauth-edge 需要 WebAssembly，而当前环境不支持（小程序、Hermes、iOS 锁定模式）：请动态导入，并以服务端的校验为准。",
  );
